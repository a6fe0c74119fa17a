"""A programme as it is handed in: its rules, its files, its later actions, and the seasons below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.programme.rules import ProgrammeRules
from shared.programme.seasons import SeasonFacts
from shared.season.csv_rows import Rejection, Sheet

FILES = (
    "units",
    "students",
    "attendance",
    "consents",
    "designations",
    "appointments",
    "agreements",
    "representatives",
    "ceremony",
    "showcase",
    "comments",
    "programme_events",
    "tasks",
    "task_reports",
    "populations",
)
"""In the order in which rejected rows are listed."""
Table = tuple[tuple[str, ...], Sequence[tuple[str, ...]]]
"""A header and its rows."""


@dataclass(frozen=True, slots=True)
class ProgrammeRecords:
    """Everything that hosts hand in of a programme. Times are microseconds."""

    rules: ProgrammeRules
    sheets: Mapping[str, Sheet]
    """By the name of the file; a file that is not there is a sheet without rows."""
    seasons: Mapping[str, SeasonFacts]
    present: frozenset[str] = frozenset()
    """The files that are there."""
    erased_at: Mapping[str, int] = field(default_factory=dict)
    """Students who were erased."""
    taken_down: Mapping[str, int] = field(default_factory=dict)
    """Items of the showcase that were taken down."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the records that one service owns: its tables by name, and the rows of each file that fell."""

    tables: Mapping[str, Table]
    rejected: Mapping[str, list[Rejection]]
