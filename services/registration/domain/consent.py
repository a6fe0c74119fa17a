"""Consent: at which age who decides, for which purposes, and what holds now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from shared.states import State

Purpose = Literal["take-part", "publish-name", "publish-work", "check-page"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
TAKE_PART: Purpose = "take-part"
PUBLISH_WORK: Purpose = "publish-work"
SHOWCASE = tuple(purpose for purpose in PURPOSES if purpose != TAKE_PART)
"""What may be refused without any effect on taking part."""
Channel = Literal["child", "keeper", "school", "guardian"]
"""Who saw the link by which a decision came: the child, whoever keeps the entry, the guardian alone from the school's
hand, or a guardian who has decided before and has a link of their own."""


class Method(State):
    """How a decision came."""

    LINK = "link"
    PAPER = "paper"
    OWN = "own"


LAPSED = "lapsed"
"""What stands for the version of the text where a decision fits no longer: it is asked for again."""
ON_PAPER = "paper"
"""What tells the guardian who signed on paper from others."""
CERTAIN = frozenset({Method.PAPER, Method.OWN})
"""Ways by which nobody but whom it is up to can have decided."""


@dataclass(frozen=True, slots=True)
class Ages:
    """Below `guardian_decides` a guardian consents; from then to `guardian_told` the student does and the guardian is told."""

    guardian_decides: int
    guardian_told: int
    source: str


AGES: Mapping[str, Ages] = {
    "CN": Ages(14, 18, "Personal Information Protection Law of the PRC, articles 28 and 31"),
    "EU": Ages(16, 18, "Regulation (EU) 2016/679, article 8"),
    "US": Ages(13, 18, "COPPA Rule, 16 CFR 312.2 and 312.5"),
}
"""By jurisdiction of the season. Where the law leaves a choice, the older age stands."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody decided for one member: never changed, only followed by a newer one."""

    member: int
    guardian: str
    relation: str
    at: int
    text_version: str
    method: Method
    purposes: tuple[str, ...] = PURPOSES
    """What is agreed to; nothing is a refusal."""
    channel: str = ""
    by: str = ""
    """Tells this guardian of the child from others; empty: not by link."""
    confirmed: str = ""
    """Who stands for its being the guardian: an account of the school's, `slip`, or `guardian`; empty: nobody yet."""

    @property
    def certain(self) -> bool:
        """Whether it is known to be the guardian's own, or the student's where they decide for themselves.

        What was decided before channels were written down is left as it was.
        """
        return self.method in CERTAIN or bool(self.confirmed) or not self.channel

    @property
    def whose(self) -> str:
        """What tells the guardian who decided this from others; empty where it was none."""
        return self.by or (ON_PAPER if self.method is Method.PAPER else "")

    @property
    def lapsed(self) -> bool:
        """Whether what was decided about is no longer so."""
        return self.text_version == LAPSED

    def holds(self, purpose: str) -> bool:
        """Whether this purpose is agreed to. What shows the child to others waits until it is certain who agreed."""
        return purpose in self.purposes and (purpose == TAKE_PART or self.certain)


def months_old(birth: str, month: str) -> int:
    """Age in full months of somebody born in `birth`, in `month` (both YYYY-MM)."""
    return (int(month[:4]) - int(birth[:4])) * 12 + int(month[5:7]) - int(birth[5:7])


def guardian_needed(birth: str, month: str, jurisdiction: str = "CN") -> bool:
    """Whether a guardian decides for somebody born in `birth`, in `month`.

    In the month of the birthday the day is unknown, so the guardian still decides.
    """
    return months_old(birth, month) <= AGES[jurisdiction].guardian_decides * 12


def guardian_to_be_told(birth: str, month: str, jurisdiction: str = "CN") -> bool:
    """Whether the student decides and the guardian is told."""
    old = months_old(birth, month)
    return AGES[jurisdiction].guardian_decides * 12 < old <= AGES[jurisdiction].guardian_told * 12


def current(consents: Sequence[Consent], member: int) -> Consent | None:
    """The newest decision for this member."""
    return next((consent for consent in reversed(consents) if consent.member == member), None)


def has_agreed(consents: Sequence[Consent], member: int, purpose: str, text_version: str = "") -> bool:
    """Whether this is agreed to now; with a version, to this version of the text."""
    consent = current(consents, member)
    return consent is not None and consent.holds(purpose) and text_version in ("", consent.text_version)


def not_agreed(consents: Sequence[Consent], member: int) -> tuple[str, ...]:
    """The purposes that do not hold, once somebody has decided. Before that nothing is known and nothing is shown."""
    consent = current(consents, member)
    return tuple(purpose for purpose in PURPOSES if consent is None or not consent.holds(purpose))


def to_confirm(consents: Sequence[Consent], members: int) -> tuple[int, ...]:
    """The members for whom somebody agreed of whom nobody knows that it was the guardian."""
    newest = ((number, current(consents, number)) for number in range(1, members + 1))
    return tuple(
        number
        for number, consent in newest
        if consent and consent.purposes and not consent.certain and not consent.lapsed
    )


class ConsentState(State):
    """What the newest decision for a member comes to, and if it is certain, by what."""

    MISSING = "missing"
    REFUSED = "refused"
    LAPSED = "lapsed"
    UNCONFIRMED = "unconfirmed"
    PAPER = "paper"
    OWN = "own"
    CONFIRMED = "confirmed"


def state_of(consents: Sequence[Consent], member: int) -> ConsentState:
    """What holds for this member now."""
    newest = current(consents, member)
    if newest is None:
        return ConsentState.MISSING
    if TAKE_PART not in newest.purposes:
        return ConsentState.REFUSED
    if newest.lapsed:
        return ConsentState.LAPSED
    if not newest.certain:
        return ConsentState.UNCONFIRMED
    return ConsentState(newest.method.value) if newest.method in CERTAIN else ConsentState.CONFIRMED


def may_follow(consents: Sequence[Consent], decided: Consent) -> bool:
    """Whether this may be decided after what was: a guardian's certain refusal is only undone as certainly."""
    certain = current([consent for consent in consents if consent.certain], decided.member)
    refused = certain is not None and TAKE_PART not in certain.purposes
    return decided.certain or not refused or TAKE_PART not in decided.purposes


def in_order(purposes: Sequence[str]) -> tuple[str, ...]:
    """The known ones of these, in their order."""
    return tuple(purpose for purpose in PURPOSES if purpose in purposes)


def lapse(consents: Sequence[Consent], members: int, at: int) -> tuple[Consent, ...]:
    """What follows on the agreements of these members, so that they are asked again; a refusal needs no repetition."""
    newest = (current(consents, number) for number in range(1, members + 1))
    agreed = (consent for consent in newest if consent and TAKE_PART in consent.purposes and not consent.lapsed)
    return tuple(replace(consent, at=at, text_version=LAPSED) for consent in agreed)


def carried_over(consents: Sequence[Consent], places: Mapping[int, int]) -> tuple[Consent, ...]:
    """The decisions of members who stay, at their new places (old place → new place)."""
    return tuple(replace(consent, member=places[consent.member]) for consent in consents if consent.member in places)
