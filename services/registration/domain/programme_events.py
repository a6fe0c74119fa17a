"""The programme of events 活动日程: exhibitions, visits, talks and comments. A place holds one event at a time."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.row_checks import moment_in, read_rows, require, require_cells, require_word

REQUIRED = ("event", "kind", "level", "unit", "starts", "ends", "place")
KINDS = ("exhibition", "visit", "talk", "comment")
LEVELS = ("region", "research", "school")


@dataclass(frozen=True, slots=True)
class ProgrammeEvent:
    """An event. Times are microseconds."""

    event: str
    kind: str
    level: str
    unit: str
    starts: int
    ends: int
    place: str


def check_events(sheet: Sheet, tree: UnitTree, zone: ZoneInfo) -> tuple[list[ProgrammeEvent], list[Rejection]]:
    """The events of `programme_events.csv` in order of time, and the rows that fall. One event may end where another begins."""
    accepted: dict[str, ProgrammeEvent] = {}

    def read(row: Row) -> ProgrammeEvent:
        require_cells(row, REQUIRED, named="title")
        require(row["event"] not in accepted, "event", "DUPLICATE_ID")
        require_word(row, "kind", KINDS)
        require_word(row, "level", LEVELS)
        require(row["unit"] in tree, "unit", "UNKNOWN_UNIT")
        starts, ends = moment_in(row, "starts", zone), moment_in(row, "ends", zone)
        require(starts < ends, "ends", "TIME_ORDER")
        at_place = [each for each in accepted.values() if each.place == row["place"]]
        require(not any(each.starts < ends and starts < each.ends for each in at_place), "place", "PLACE_TAKEN")
        event = ProgrammeEvent(row["event"], row["kind"], row["level"], row["unit"], starts, ends, row["place"])
        accepted[event.event] = event
        return event

    rejected = read_rows(sheet, read)[1]
    return sorted(accepted.values(), key=lambda event: (event.starts, event.event)), rejected
