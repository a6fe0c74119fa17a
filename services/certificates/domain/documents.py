"""What a certificate states, frozen when it is issued; what changes later is a new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.season.rules import SeasonRules
from shared.season.text import Text

ERASED = "*"
"""What stands where a name was that has been erased."""
Kind = Literal["student", "instructor", "unit"]
State = Literal["valid", "corrected", "revoked"]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is printed except the recipient's name, in both languages."""

    season_title: Text
    award_title: Text
    round_title: Text
    track_title: Text | None
    division_title: Text | None
    work: str
    unit_name: Text | None
    sponsors: tuple[Text, ...]
    approval_number: str
    statement: Text
    best: Text | None
    """For instructors: the tier of their best entry."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a certificate: the printed name, since when, and why."""

    number: int
    name: Text
    name_version: int
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with all its versions. Number, token and code never change."""

    id: str
    season: str
    kind: Kind
    award: str
    recipient: str
    serial: str
    token: str
    code: str
    entry: str
    unit: str
    track: str
    division: str
    granted_at: int
    time_zone: str
    facts: Facts
    versions: tuple[Version, ...]
    revision: int = 1
    results: int = 0
    """The revision of the results that changed or took back the award last; 0 while none has."""
    revoked_at: int | None = None
    revoked_for: str = ""
    """Why the award was taken back, as everybody may read it."""

    @property
    def erased(self) -> bool:
        """Whether its recipient's name was erased: it still verifies, but there is no document any more."""
        return self.kind != "unit" and ERASED in (self.current.name.zh, self.current.name.en)

    @property
    def current(self) -> Version:
        return self.versions[-1]

    @property
    def state(self) -> State:
        if self.revoked_at is not None:
            return "revoked"
        return "corrected" if self.current.number > 1 else "valid"


class MissingStatement(ValueError):
    """A certificate without the approval number and the statement must not exist."""


def facts_of(
    rules: SeasonRules, kind: Kind, award: Mapping[str, Any], unit_name: Text | None, titles: Mapping[Kind, Text]
) -> Facts:
    """What the certificate of an award states.

    Args:
        rules: of the season.
        kind: of the recipient.
        award: with `round`, and for entries and instructors `track`, `division`, `title` and `tier_title`. A unit may
            have won it with an entry of its own.
        unit_name: of the school, or of the unit itself.
        titles: what the awards of instructors and units are called.

    Raises:
        MissingStatement: the season states no approval number or statement.
    """
    if not rules.approval.number.strip() or not (rules.approval.statement.zh or rules.approval.statement.en):
        raise MissingStatement(rules.id)
    entry_based = "track" in award
    return Facts(
        season_title=rules.season.title,
        award_title=titles[kind] if kind == "instructor" or not entry_based else award["tier_title"],
        round_title=rules.round(award["round"]).title,
        track_title=rules.track(award["track"]).title if entry_based else None,
        division_title=rules.division(award["division"]).title if entry_based else None,
        work=award["title"] if entry_based else "",
        unit_name=unit_name,
        sponsors=rules.sponsors,
        approval_number=rules.approval.number,
        statement=rules.approval.statement,
        best=award["tier_title"] if kind == "instructor" else None,
    )
