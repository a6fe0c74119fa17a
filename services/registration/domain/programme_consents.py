"""Consents of a programme 项目中的同意: what families agreed to for each member of an entry, and when they took it back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from shared.programme.seasons import Entry, SeasonFacts
from shared.season.csv_rows import Rejection, Row, Sheet, whole_number
from shared.season.row_checks import RowFell, moment_in, read_rows, require, require_cells, require_word

REQUIRED = ("season", "entry", "member", "purpose", "state", "at")
Purpose = Literal["take-part", "publish-name", "publish-work", "check-page"]
STATES = ("granted", "withdrawn")


@dataclass(frozen=True, slots=True)
class ProgrammeConsent:
    """What a family said about one purpose for one member, and when."""

    season: str
    entry: str
    member: int
    purpose: str
    granted: bool
    at: int


@dataclass(frozen=True, slots=True)
class ProgrammeConsents:
    """All consents. The last one up to a moment holds (equal times: the later row); none is no consent."""

    consents: tuple[ProgrammeConsent, ...]
    _by_purpose: Mapping[tuple[str, str, int, str], list[ProgrammeConsent]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        by_purpose: dict[tuple[str, str, int, str], list[ProgrammeConsent]] = {}
        for each in sorted(self.consents, key=lambda consent: consent.at):
            by_purpose.setdefault((each.season, each.entry, each.member, each.purpose), []).append(each)
        object.__setattr__(self, "_by_purpose", by_purpose)

    def holds(self, season: str, entry: str, member: int, purpose: Purpose, moment: int) -> bool:
        """Whether there is consent for this at a moment."""
        stated = self._by_purpose.get((season, entry, member, purpose), ())
        in_time = [consent for consent in stated if consent.at <= moment]
        return bool(in_time) and in_time[-1].granted


def check_consents(
    sheet: Sheet, seasons: Mapping[str, SeasonFacts], zone: ZoneInfo
) -> tuple[ProgrammeConsents, list[Rejection]]:
    """The consents of `consents.csv`, and the rows that fall."""

    def read(row: Row) -> ProgrammeConsent:
        require_cells(row, REQUIRED)
        entry = known_entry(row, seasons)
        numbers = [member.number for member in entry.members]
        member = whole_number(row["member"], digits=2)
        require(member in numbers, "member", "UNKNOWN_MEMBER")
        require_word(row, "purpose", get_args(Purpose))
        require_word(row, "state", STATES)
        at = moment_in(row, "at", zone)
        return ProgrammeConsent(row["season"], entry.entry, member or 0, row["purpose"], row["state"] == "granted", at)

    accepted, rejected = read_rows(sheet, read)
    return ProgrammeConsents(tuple(consent for _, consent in accepted)), rejected


def known_entry(row: Row, seasons: Mapping[str, SeasonFacts]) -> Entry:
    """The entry of a season that a row names.

    Raises:
        RowFell: UNKNOWN_SEASON, UNKNOWN_ENTRY.
    """
    require(row["season"] in seasons, "season", "UNKNOWN_SEASON")
    entry = seasons[row["season"]].entry(row["entry"])
    if entry is None:
        raise RowFell("entry", "UNKNOWN_ENTRY")
    return entry
