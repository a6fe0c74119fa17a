"""What the parts of a programme tell each other: who was where, who is who, who was erased."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MemberKey = tuple[str, str, int]
"""A member of an entry: season, entry, number."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A check-in 签到 that was accepted, with the school and grade of the student on that day, and the unit of the activity."""

    season: str
    entry: str
    session: str
    student: str
    at: int
    school: str
    grade: int
    base: str


@dataclass(frozen=True, slots=True)
class People:
    """The students of a programme: in the order of their first rows, which members they are, and when they were erased."""

    students: tuple[str, ...] = ()
    links: Mapping[MemberKey, str] = field(default_factory=dict)
    erased_at: Mapping[str, int] = field(default_factory=dict)
    _places: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {student: place for place, student in enumerate(self.students)})

    def place(self, student: str) -> int:
        """Where a student stands in every list."""
        return self._places.get(student, len(self.students))

    def is_erased(self, key: MemberKey, moment: int) -> bool:
        """Whether a member's student was erased up to a moment."""
        student = self.links.get(key, "")
        return student in self.erased_at and self.erased_at[student] <= moment
