"""People: how two are told apart, and when two may be one."""

import re
from dataclasses import dataclass
from hashlib import sha256

from shared.names import clean_name, comparable

BORN = r"^(199\d|20\d\d|2100)-(0[1-9]|1[0-2])$"
"""Months in which a student may be born, for schemas."""
PART, APART = "\x1f", "\x1e"


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Chinese, in Latin letters, or both; cleaned of what nobody sees, whatever way it came in."""

    zh: str
    en: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "zh", clean_name(self.zh))
        object.__setattr__(self, "en", clean_name(self.en))

    @classmethod
    def written(cls, text: str) -> "Name":
        """The name of somebody who wrote it in one of the two writings."""
        return cls("", text) if text.isascii() else cls(text, "")

    @property
    def best(self) -> str:
        return self.zh or self.en


def is_birth_month(text: str) -> bool:
    """Whether a student may be born in this month, `YYYY-MM`."""
    return re.fullmatch(BORN, text, re.ASCII) is not None


def student_key(unit: str, name: Name, birth: str, stated_by: str = "") -> str:
    """What tells students of a season apart: school, name and birth month.

    The name is compared without blanks, unseen signs and case; the grade is not part of it (season folder, section 6).
    The school and the organizers state who their students are. What anybody else states of a child, `stated_by` them,
    is somebody of its own until the school says that it is the same child: so nobody becomes a child, or learns that
    it is here, by knowing a name and a month.
    """
    return f"{unit}{PART}{comparable(name.best)}{f'{APART}{stated_by}' if stated_by else ''}{PART}{birth}"


def alike(key: str) -> str:
    """What a student's key has in common with those of everybody who may be the same child."""
    return re.sub(f"{APART}[^{PART}]*", "", key)


def stated_by(key: str) -> str:
    """Whose word a student's key rests on; empty: the school's or an organizer's."""
    return key.partition(APART)[2].partition(PART)[0]


def key_at(key: str, unit: str, stated_by: str = "") -> str:
    """The key of the same student at another school; `stated_by` keeps it apart from somebody there who is told apart alike."""
    _, name, birth = key.split(PART)
    plain, _, before = name.partition(APART)
    word = before or stated_by
    return f"{unit}{PART}{plain}{f'{APART}{word}' if word else ''}{PART}{birth}"


def joined_key(person: str, into: str) -> str:
    """The key of somebody who turned out to be another: nobody is found by it."""
    return f"joined{PART}{person}{PART}{into}"


def joined_into(key: str) -> str:
    """Who somebody turned out to be; empty: nobody else."""
    kind, _, rest = key.partition(PART)
    return rest.partition(PART)[2] if kind == "joined" else ""


def instructor_id(unit: str, name: str) -> str:
    """The id of an instructor of a school who is only named: named twice, they stay one."""
    digest = sha256(f"{unit}\x1f{student_key(unit, Name(name, ''), '')}".encode()).hexdigest()
    return f"{unit}-I{digest[:8]}"


def unit_of(key: str) -> str:
    """The school in a student's key."""
    return key.partition(PART)[0]


def birth_of(key: str) -> str:
    """The birth month in a student's key."""
    return key.rsplit("\x1f", 1)[-1]
