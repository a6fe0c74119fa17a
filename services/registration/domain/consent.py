"""Consent: at which age who decides, for which purposes, and what holds now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

Purpose = Literal["take-part", "publish-name", "publish-work", "check-page"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
TAKE_PART: Purpose = "take-part"
SHOWCASE = tuple(purpose for purpose in PURPOSES if purpose != TAKE_PART)
"""What may be refused without any effect on taking part."""
Method = Literal["link", "paper", "own"]


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
    method: str
    purposes: tuple[str, ...] = PURPOSES
    """What is agreed to; nothing is a refusal."""


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
    return next((one for one in reversed(consents) if one.member == member), None)


def agreed(consents: Sequence[Consent], member: int, purpose: str, text_version: str = "") -> bool:
    """Whether this is agreed to now; with a version, to this version of the text."""
    found = current(consents, member)
    return found is not None and purpose in found.purposes and text_version in ("", found.text_version)


def not_agreed(consents: Sequence[Consent], member: int) -> tuple[str, ...]:
    """The purposes that do not hold, once somebody has decided. Before that nothing is known and nothing is shown."""
    found = current(consents, member)
    if found is not None and len(found.purposes) == len(PURPOSES):
        return ()
    return tuple(purpose for purpose in PURPOSES if found is None or purpose not in found.purposes)


def ordered(purposes: Sequence[str]) -> tuple[str, ...]:
    """The known ones of these, in their order."""
    return tuple(purpose for purpose in PURPOSES if purpose in purposes)


def carried_over(consents: Sequence[Consent], places: Mapping[int, int]) -> tuple[Consent, ...]:
    """The decisions of members who stay, at their new places (old place → new place)."""
    return tuple(replace(one, member=places[one.member]) for one in consents if one.member in places)
