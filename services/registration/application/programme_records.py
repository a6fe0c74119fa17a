"""The records of a programme that registration owns, settled at once: who was where, what is shown, what was done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from services.registration.domain.attendance import check_attendance, check_sessions
from services.registration.domain.enrolments import Roll, check_enrolments
from services.registration.domain.indicators import Figures, check_populations, compute_figures
from services.registration.domain.programme_consents import ProgrammeConsents, check_consents
from services.registration.domain.programme_events import check_events
from services.registration.domain.showcase import Gallery, Shown, check_comments, check_items
from services.registration.domain.tasks import check_reports, check_tasks, task_state
from services.registration.domain.units import check_units
from shared.programme.amounts import KEPT_DECIMALS, fixed, half_up, kept
from shared.programme.facts import CheckIn, MemberKey, People
from shared.programme.records import ProgrammeRecords, Settled, Table
from shared.programme.rules import Indicators, Showcase, Tasks
from shared.programme.units import TreeUnit, UnitTree
from shared.season.csv_rows import Rejection
from shared.season.days import day_of, written
from shared.season.fields import NO, YES

SHOWCASE_HEADER = ("at", "item", "shown", "reason", "names", "media", "comments")
EVENTS_HEADER = ("event", "starts", "ends", "place", "kind", "level", "unit")
TASKS_HEADER = ("at", "task", "unit", "due", "state")
INDICATORS_HEADER = (
    "season",
    "level",
    "unit",
    "entries",
    "students",
    "pupils",
    "participation",
    "awards",
    "award_share",
    "award_share_shrunk",
    "funnel_low",
    "funnel_high",
    "mean",
    "calibrated",
    "low",
    "high",
    "band",
    "suppressed",
)
PERCENT_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class RegistrationRecords:
    """What registration made of the records, and what certificates need of it."""

    settled: Settled
    tree: UnitTree
    people: People
    check_ins: tuple[CheckIn, ...]
    may_be_named: Callable[[MemberKey, int], bool]
    """Whether the name of a member may be published at a moment."""


def settle_registration(records: ProgrammeRecords) -> RegistrationRecords:
    """Check the files that registration owns and state their results at the moments that the rules list."""
    rules, sheets, zone = records.rules, records.sheets, records.rules.zone
    seasons = {
        name: replace(season, sessions=tuple(check_sessions(records.sessions[name], season)[0]))
        if name in records.sessions
        else season
        for name, season in records.seasons.items()
    }
    rejected: dict[str, list[Rejection]] = {}
    units, rejected["units"] = check_units(sheets["units"], rules)
    tree = UnitTree(tuple(TreeUnit(each.unit, each.parent, each.level, each.name_zh, each.name_en) for each in units))
    roll, rejected["students"] = check_enrolments(sheets["students"], tree, rules.unit_levels[-1])
    check_ins, rejected["attendance"] = check_attendance(sheets["attendance"], seasons, roll, zone)
    consents, rejected["consents"] = check_consents(sheets["consents"], seasons, zone)
    people = People(roll.students, _links(records, roll), records.erased_at)
    tables: dict[str, Table] = {}
    if rules.showcase:
        tables["showcase"] = _showcase(records, rules.showcase, tree, consents, people, rejected)
    if "programme_events" in records.present:
        tables["programme_events"] = _events(records, tree, rejected)
    if rules.tasks:
        tables["tasks"] = _tasks(records, rules.tasks, tree, rejected)
    if rules.indicators:
        tables["indicators"] = _indicators(records, rules.indicators, tree, rejected)

    def may_be_named(key: MemberKey, moment: int) -> bool:
        return consents.holds(*key, "publish-name", moment)

    return RegistrationRecords(Settled(tables, rejected), tree, people, tuple(check_ins), may_be_named)


def _links(records: ProgrammeRecords, roll: Roll) -> dict[MemberKey, str]:
    """Which student each member of an entry is, by the enrolment on the day on which the entry was registered."""
    links = {}
    for season in records.seasons.values():
        for entry in season.entries:
            day = day_of(entry.registered_at, records.rules.zone)
            for member in entry.members:
                student = roll.student_named(entry.unit, member.name_zh, member.name_en, member.birth, day)
                if student:
                    links[season.folder, entry.entry, member.number] = student
    return links


def _showcase(
    records: ProgrammeRecords,
    rules: Showcase,
    tree: UnitTree,
    consents: ProgrammeConsents,
    people: People,
    rejected: dict[str, list[Rejection]],
) -> Table:
    zone = records.rules.zone
    items, rejected["showcase"] = check_items(records.sheets["showcase"], rules, records.seasons, tree, zone)
    comments, rejected["comments"] = check_comments(records.sheets["comments"], items, zone)
    gallery = Gallery(tuple(items), tuple(comments), records.seasons, consents, people, records.taken_down)
    rows = [_shown(moment, shown) for moment in rules.moments for shown in gallery.at(moment)]
    return SHOWCASE_HEADER, rows


def _shown(moment: int, shown: Shown) -> tuple[str, ...]:
    counts = (shown.names, shown.media, shown.comments)
    return (
        written(moment),
        shown.item,
        NO if shown.reason else YES,
        shown.reason or "",
        *("" if count is None else str(count) for count in counts),
    )


def _events(records: ProgrammeRecords, tree: UnitTree, rejected: dict[str, list[Rejection]]) -> Table:
    events, rejected["programme_events"] = check_events(records.sheets["programme_events"], tree, records.rules.zone)
    rows = [
        (each.event, written(each.starts), written(each.ends), each.place, each.kind, each.level, each.unit)
        for each in events
    ]
    return EVENTS_HEADER, rows


def _tasks(records: ProgrammeRecords, rules: Tasks, tree: UnitTree, rejected: dict[str, list[Rejection]]) -> Table:
    zone = records.rules.zone
    tasks, rejected["tasks"] = check_tasks(records.sheets["tasks"], tree)
    reports, rejected["task_reports"] = check_reports(records.sheets["task_reports"], tasks, zone)
    rows = [
        (written(moment), task.task, task.unit, task.due.isoformat(), task_state(task, reports, moment, zone))
        for moment in rules.moments
        for task in tasks
    ]
    return TASKS_HEADER, rows


def _indicators(
    records: ProgrammeRecords, rules: Indicators, tree: UnitTree, rejected: dict[str, list[Rejection]]
) -> Table:
    school_level = records.rules.unit_levels[-1]
    pupils, rejected["populations"] = check_populations(records.sheets["populations"], tree, school_level)
    rows = [
        (listed.folder, figures.level, figures.unit, *_figures(figures))
        for listed in rules.seasons
        for figures in compute_figures(rules, listed, records.seasons[listed.folder], tree, pupils, school_level)
    ]
    return INDICATORS_HEADER, rows


def _figures(figures: Figures) -> tuple[str, ...]:
    """The cells behind the keys; of hidden figures all are empty."""
    if figures.hidden:
        return (*("" for _ in INDICATORS_HEADER[3:-1]), YES)
    chance, calibrated = figures.chance, figures.calibrated
    return (
        str(figures.entries),
        str(figures.students),
        "" if figures.pupils is None else str(figures.pupils),
        _percent(figures.participation),
        str(figures.awards),
        *(
            _percent(value)
            for value in ((chance.share, chance.shrunk, chance.low, chance.high) if chance else 4 * [None])
        ),
        _value(figures.mean),
        *(
            _value(value)
            for value in ((calibrated.mean, calibrated.low, calibrated.high) if calibrated else 3 * [None])
        ),
        calibrated.band if calibrated else "",
        NO,
    )


def _percent(share: Fraction | None) -> str:
    return "" if share is None else fixed(half_up(100 * share, PERCENT_DECIMALS), PERCENT_DECIMALS)


def _value(value: Fraction | None) -> str:
    return "" if value is None else fixed(kept(value), KEPT_DECIMALS)
