"""People: how two are told apart."""

from dataclasses import dataclass
from hashlib import sha256

from shared.names import cleaned, comparable

NAMESAKE = "\x1e"
MOST_NAMESAKES = 9


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Chinese, in Latin letters, or both; cleaned of what nobody sees, whatever way it came in."""

    zh: str
    en: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "zh", cleaned(self.zh))
        object.__setattr__(self, "en", cleaned(self.en))

    @property
    def best(self) -> str:
        return self.zh or self.en


def student_key(unit: str, name: Name, birth: str, namesake: int = 1) -> str:
    """What tells students of a season apart: school, name and birth month.

    The name is compared without blanks, unseen signs and case; the grade is not part of it (season folder, section 6).
    Children who agree in all three are told apart by a number that whoever signs up second gets.
    """
    return f"{unit}\x1f{comparable(name.best)}{'' if namesake == 1 else f'{NAMESAKE}{namesake}'}\x1f{birth}"


def instructor_id(unit: str, name: str) -> str:
    """The id of an instructor of a school who is only named: named twice, they stay one."""
    digest = sha256(f"{unit}\x1f{student_key(unit, Name(name, ''), '')}".encode()).hexdigest()
    return f"{unit}-I{digest[:8]}"


def birth_of(key: str) -> str:
    """The birth month in a student's key."""
    return key.rsplit("\x1f", 1)[-1]
