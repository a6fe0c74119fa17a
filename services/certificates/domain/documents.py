"""What a certificate states, frozen when it is issued; what changes later is a new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict, get_args

from services.certificates.domain.serials import rules_of
from shared.season.rules import SeasonRules
from shared.season.text import Text
from shared.states import CertificateState, State

ERASED = "*"
"""What stands where a name was that has been erased."""
STANDARD = "standard"
"""The template that everybody has."""
Kind = Literal["student", "instructor", "unit", "finalist", "judge", "appointment", "plaque"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Revoked = Literal["certificate", "award"]
AWARDED: tuple[Kind, ...] = ("student", "instructor", "unit")
"""Kinds that follow from results; the others come by a list that an organizer answers for."""
BY_LIST: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in AWARDED)


def kind_of(text: str) -> Kind | Literal[""]:
    """The kind of this name; empty for any other text."""
    return next((kind for kind in KINDS if kind == text), "")


@dataclass(frozen=True, slots=True)
class Credited:
    """An instructor whom a student's certificate names."""

    person: str
    name: Text


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
    body: Text | None = None
    """A text of its own, for kinds that come by a list."""
    offline: bool = False
    """Whether the QR code holds what is printed, signed."""
    instructors: tuple[Credited, ...] = ()
    """Whom a student's certificate names, where the season wants it."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a certificate: what is printed, since when, and why; it never changes."""

    number: int
    name: Text
    name_version: int
    at: int
    reason: str
    facts: Facts
    template: str = STANDARD
    """The template that it is printed by."""
    by: str = ""
    """The login of who decided it; empty when results or a corrected name did."""


class ChangeKind(State):
    """Whether a certificate was taken back or given back."""

    REVOKED = "revoked"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Change:
    """A certificate taken back or given back, with what everybody may read of it."""

    kind: ChangeKind
    at: int
    reason: str
    by: str = ""
    """The login of who decided it; empty when the results did."""

    @property
    def word(self) -> str:
        """What it is called: results revoke an award, an organizer a certificate alone."""
        return "award-revoked" if self.kind == ChangeKind.REVOKED and not self.by else self.kind.value


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
    versions: tuple[Version, ...]
    changes: tuple[Change, ...] = ()
    revision: int = 1
    results: int = 0
    """The newest revision of the results that granted, changed or took back the award."""

    @property
    def facts(self) -> Facts:
        """What the current version states."""
        return self.current.facts

    @property
    def revocation(self) -> Change | None:
        """The change that took it back, while it stands."""
        return self.changes[-1] if self.changes and self.changes[-1].kind == ChangeKind.REVOKED else None

    def next_version(
        self,
        at: int,
        reason: str,
        *,
        name: Text | None = None,
        name_version: int | None = None,
        facts: Facts | None = None,
        template: str | None = None,
        by: str = "",
    ) -> Version:
        """The version that follows, with what is to be different from the current one."""
        current = self.current
        return Version(
            number=current.number + 1,
            name=name or current.name,
            name_version=current.name_version if name_version is None else name_version,
            at=at,
            reason=reason,
            facts=facts or current.facts,
            template=template or current.template,
            by=by,
        )

    @property
    def withdrawn_alone(self) -> Change | None:
        """The organizer's decision that withdrew the certificate alone and was never undone; results may have followed."""
        last = next(
            (change for change in reversed(self.changes) if change.by or change.kind != ChangeKind.REVOKED), None
        )
        return last if last and last.kind == ChangeKind.REVOKED else None

    @property
    def standing(self) -> str:
        """The state as people read it, which tells a revoked award from a certificate that was withdrawn alone."""
        return self.revocation.word if self.revocation else self.state.value

    @property
    def revoked(self) -> Revoked | None:
        """What was taken back: the award by the results, and with it the certificate; or the certificate alone."""
        if self.revocation is None:
            return None
        return "certificate" if self.revocation.by else "award"

    @property
    def erased(self) -> bool:
        """Whether its recipient's name was erased: it still verifies, but there is no document any more."""
        return self.kind != "unit" and ERASED in (self.current.name.zh, self.current.name.en)

    @property
    def current(self) -> Version:
        return self.versions[-1]

    @property
    def state(self) -> CertificateState:
        if self.revocation:
            return CertificateState.REVOKED
        return CertificateState.CORRECTED if self.current.number > 1 else CertificateState.VALID


class MissingStatement(ValueError):
    """A certificate without the approval number and the statement must not exist."""


def check_statement(name: str, number: str, statement: Text) -> None:
    """Whether a document of this name would state on which approval it rests, and how; blanks state nothing.

    Raises:
        MissingStatement: it would not.
    """
    if not number.strip() or not (statement.zh.strip() or statement.en.strip()):
        raise MissingStatement(name)


class Award(TypedDict):
    """What a certificate is given for: a round, and of an entry or an instructor the entry, its group and its tier."""

    round: str
    entry: NotRequired[str]
    track: NotRequired[str]
    division: NotRequired[str]
    title: NotRequired[str]
    tier_title: NotRequired[Text]
    instructors: NotRequired[tuple[str, ...]]


def facts_of(
    rules: SeasonRules,
    kind: Kind,
    award: Award,
    unit_name: Text | None,
    titles: Mapping[Kind, Text],
    names: Mapping[str, Text] | None = None,
) -> Facts:
    """What the certificate of an award states.

    Args:
        rules: of the season.
        kind: of the recipient.
        award: a unit may have won it with an entry of its own.
        unit_name: of the school, or of the unit itself.
        titles: what the awards of instructors and units are called.
        names: of the instructors whom the award names.

    Raises:
        MissingStatement: the season states no approval number or statement.
    """
    entry_based = "track" in award
    return Facts(
        **_of_season(rules),
        award_title=titles[kind] if kind == "instructor" or not entry_based else award["tier_title"],
        round_title=rules.round(award["round"]).title,
        track_title=rules.track(award["track"]).title if entry_based else None,
        division_title=rules.division(award["division"]).title if entry_based else None,
        work=award["title"] if entry_based else "",
        unit_name=unit_name,
        best=award["tier_title"] if kind == "instructor" else None,
        instructors=tuple(
            Credited(person, (names or {})[person]) for person in award.get("instructors", ()) if kind == "student"
        ),
    )


def facts_by_list(rules: SeasonRules, title: Text, body: Text | None, unit_name: Text | None) -> Facts:
    """What a certificate states that follows from no result.

    Raises:
        MissingStatement: the season states no approval number or statement.
    """
    return Facts(
        **_of_season(rules),
        award_title=title,
        round_title=rules.rounds[-1].title,
        track_title=None,
        division_title=None,
        work="",
        unit_name=unit_name,
        best=None,
        body=body,
    )


class _SeasonFacts(TypedDict):
    season_title: Text
    sponsors: tuple[Text, ...]
    approval_number: str
    statement: Text
    offline: bool


def _of_season(rules: SeasonRules) -> _SeasonFacts:
    """What every certificate of a season states."""
    check_statement(rules.id, rules.approval.number, rules.approval.statement)
    return {
        "season_title": rules.season.title,
        "sponsors": rules.sponsors,
        "approval_number": rules.approval.number,
        "statement": rules.approval.statement,
        "offline": rules_of(rules).offline,
    }
