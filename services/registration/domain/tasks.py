"""The task list 任务清单: what each unit is to do until when, and how far it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.days import after
from shared.season.row_checks import day_in, moment_in, read_rows, require, require_cells, require_word
from shared.states import State


class TaskState(State):
    """How far a task is."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"
    DONE_LATE = "done_late"
    OVERDUE = "overdue"


REPORTED = (TaskState.IN_PROGRESS, TaskState.BLOCKED, TaskState.DONE)
"""What a unit may report."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a unit is to do, to the end of a day."""

    task: str
    unit: str
    due: date


@dataclass(frozen=True, slots=True)
class TaskReport:
    """How far a unit said that it is with a task, and when."""

    task: str
    unit: str
    state: TaskState
    at: int


def task_state(task: Task, reports: Iterable[TaskReport], moment: int, zone: ZoneInfo) -> TaskState:
    """How far a task is at a moment.

    Done, when the last report says so: in time if the first of the last unbroken run of such reports came by the end of the due
    day, else late. Otherwise overdue after that day; otherwise what was last reported.
    """
    own = [each for each in reports if (each.task, each.unit) == (task.task, task.unit) and each.at <= moment]
    own.sort(key=lambda report: report.at)
    overdue = after(task.due, zone)
    if own and own[-1].state is TaskState.DONE:
        since = own[-1].at
        for report in reversed(own):
            if report.state is not TaskState.DONE:
                break
            since = report.at
        return TaskState.DONE if since < overdue else TaskState.DONE_LATE
    if moment >= overdue:
        return TaskState.OVERDUE
    return own[-1].state if own else TaskState.NOT_STARTED


def check_tasks(sheet: Sheet, tree: UnitTree) -> tuple[list[Task], list[Rejection]]:
    """The tasks of `tasks.csv` in file order, and the rows that fall. A task stands once a unit."""
    accepted: dict[tuple[str, str], Task] = {}

    def read(row: Row) -> Task:
        require_cells(row, ("task", "unit", "due"), named="title")
        require(row["unit"] in tree, "unit", "UNKNOWN_UNIT")
        task = Task(row["task"], row["unit"], day_in(row, "due"))
        key = (task.task, task.unit)
        require(key not in accepted, "task", "DUPLICATE_ID")
        accepted[key] = task
        return task

    rejected = read_rows(sheet, read)[1]
    return list(accepted.values()), rejected


def check_reports(sheet: Sheet, tasks: Iterable[Task], zone: ZoneInfo) -> tuple[list[TaskReport], list[Rejection]]:
    """The reports of `task_reports.csv` in file order, and the rows that fall. What is done needs evidence."""
    known = {(task.task, task.unit) for task in tasks}

    def read(row: Row) -> TaskReport:
        require_cells(row, ("task", "unit", "state", "at"))
        require((row["task"], row["unit"]) in known, "task", "UNKNOWN_TASK")
        require_word(row, "state", REPORTED)
        state = TaskState(row["state"])
        require(state is not TaskState.DONE or row["evidence"], "evidence", "EVIDENCE_MISSING")
        return TaskReport(row["task"], row["unit"], state, moment_in(row, "at", zone))

    accepted, rejected = read_rows(sheet, read)
    return [report for _, report in accepted], rejected
