"""A programme as it is handed in: its rules, its files, its later actions, and the seasons below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.programme.rules import ProgrammeRules
from shared.programme.seasons import SeasonFacts
from shared.season.csv_rows import Rejection, Sheet

SESSION_COLUMNS = ("entry", "session", "starts", "ends")
"""Of `sessions.csv`, a file of a season."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "units": ("unit", "parent", "level", "name_zh", "name_en"),
    "students": ("student", "unit", "from", "until", "grade", "name_zh", "name_en", "birth"),
    "attendance": ("checkin", "season", "entry", "session", "student", "at", "method", "reason"),
    "consents": ("season", "entry", "member", "purpose", "state", "at"),
    "designations": (
        *("record", "designation", "kind", "unit", "type", "outcome", "until", "document", "reason", "at"),
    ),
    "appointments": (
        *(
            "appointment",
            "kind",
            "person",
            "name_zh",
            "name_en",
            "employer",
            "unit",
            "from",
            "until",
            "ended_on",
            "reason",
        ),
    ),
    "agreements": (
        *("agreement", "party_a", "party_b", "title_zh", "title_en", "signed_on", "from", "until", "ended_on"),
    ),
    "representatives": ("unit", "name_zh", "name_en", "title_zh", "title_en", "named_at"),
    "ceremony": ("recipient", "state", "handed", "to", "at"),
    "showcase": (
        *("item", "kind", "season", "entry", "unit", "title_zh", "title_en", "tags", "place"),
        *("proposed_at", "approved_at", "embargo_until", "withdrawn_at"),
    ),
    "comments": ("item", "expert", "text_zh", "text_en", "public", "at"),
    "programme_events": (
        *("event", "kind", "level", "unit", "title_zh", "title_en", "starts", "ends", "place", "items"),
    ),
    "tasks": ("task", "unit", "title_zh", "title_en", "due"),
    "task_reports": ("task", "unit", "state", "evidence", "at"),
    "populations": ("unit", "year", "pupils"),
}
"""The files of a programme folder, in the order in which rejected rows are listed, with their columns in any order."""
Table = tuple[tuple[str, ...], Sequence[tuple[str, ...]]]
"""A header and its rows."""


@dataclass(frozen=True, slots=True)
class ProgrammeRecords:
    """Everything that hosts hand in of a programme. Times are microseconds."""

    rules: ProgrammeRules
    sheets: Mapping[str, Sheet]
    """By the name of the file; a file that is not there is a sheet without rows."""
    seasons: Mapping[str, SeasonFacts]
    sessions: Mapping[str, Sheet] = field(default_factory=dict)
    """The `sessions.csv` of each season that has one."""
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
