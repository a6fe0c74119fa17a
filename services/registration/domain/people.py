"""People: how two are told apart, how a name is shown in public, and when a guardian decides."""

import unicodedata
from dataclasses import dataclass

CONSENT_AGE = 14
"""Below this age a guardian decides: Personal Information Protection Law of the PRC, articles 28 and 31."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Chinese, in Latin letters, or both."""

    zh: str
    en: str

    @property
    def best(self) -> str:
        return self.zh or self.en


def student_key(unit: str, name: Name, birth: str) -> str:
    """What tells students of a season apart: school, name and birth month.

    The name is compared as NFKC, without blanks and case; the grade is not part of it (season folder, section 6).
    """
    plain = "".join(unicodedata.normalize("NFKC", name.best).split()).casefold()
    return f"{unit}\x1f{plain}\x1f{birth}"


def guardian_needed(birth: str, month: str) -> bool:
    """Whether somebody born in `birth` is under 14 in `month` (both YYYY-MM).

    In the month of the fourteenth birthday the day is unknown, so the guardian still decides.
    """
    age_in_months = (int(month[:4]) - int(birth[:4])) * 12 + int(month[5:7]) - int(birth[5:7])
    return age_in_months <= CONSENT_AGE * 12


def birth_of(key: str) -> str:
    """The birth month in a student's key."""
    return key.rsplit("\x1f", 1)[-1]
