"""Who may enter what: divisions, tracks, limits, nominations, files of works."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from shared.season.rules.parts import Id, Rule, Titled
from shared.season.rules.questions import MOST_FIELDS, CustomField, StatementField


class Division(Titled):
    """A division 组别 of students by grade, or of units by level."""

    grades: tuple[int, int] | None = None
    unit_levels: tuple[Id, ...] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.grades is None) == (self.unit_levels is None):
            raise ValueError("a division has either grades or unit_levels")
        if self.grades and not 1 <= self.grades[0] <= self.grades[1] <= 12:
            raise ValueError("grades are two of 1 to 12, the lower first")
        return self


class Limits(Rule):
    """How many entries a person may have; absent means no limit."""

    entries_per_student: Annotated[int, Field(ge=1)] | None = None
    entries_per_student_and_track: Annotated[int, Field(ge=1)] | None = None
    entries_per_instructor: Annotated[int, Field(ge=1)] | None = None


class Track(Titled):
    """A track 赛道: what is done, by whom."""

    divisions: Annotated[tuple[Id, ...], Field(min_length=1)]
    members: tuple[int, int] = (1, 1)
    instructors: tuple[int, int] = (0, 0)
    entrant: Literal["students", "unit"] = "students"
    asks: Annotated[
        dict[StatementField, Literal["optional", "needed"]],
        Field(description="What an entry states of its work, and whether it is handed in without."),
    ] = {}
    fields: Annotated[
        tuple[CustomField, ...],
        Field(max_length=MOST_FIELDS, description="What an entry is asked beside that, in order."),
    ] = ()

    @model_validator(mode="after")
    def _counts(self) -> Self:
        for name, (low, high), most in (("members", self.members, 3), ("instructors", self.instructors, 2)):
            if not 0 <= low <= high <= most:
                raise ValueError(f"{name} is a range within 0 to {most}")
        return self


class Nominations(Rule):
    """How many entries a unit of `level` may send on, by track and division. A group that is not named has no cap.

    `except` states other numbers for some units.
    """

    level: Id
    places: Annotated[dict[Id, dict[Id, Annotated[int, Field(ge=0)]]], Field(min_length=1)]
    exceptions: Annotated[dict[Id, dict[Id, dict[Id, Annotated[int, Field(ge=0)]]]], Field(alias="except")] = {}

    def places_of(self, unit: str, track: str, division: str) -> int | None:
        """The places of a unit in one group; None is no cap."""
        usual = self.places.get(track, {}).get(division)
        return self.exceptions.get(unit, {}).get(track, {}).get(division, usual)


FileType = Literal["pdf", "image", "video", "audio", "archive", "office", "text"]


class Works(Rule):
    """The files of a work 作品: how many, how large, of which kinds."""

    files: tuple[int, int] = (1, 1)
    types: Annotated[tuple[FileType, ...], Field(min_length=1)] = ("pdf", "image", "video", "archive")
    max_mib: Annotated[int, Field(ge=1, le=4096, description="Of one file.")] = 200

    @field_validator("files")
    @classmethod
    def _range(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 0 <= value[0] <= value[1] <= 20 or value[1] == 0:
            raise ValueError("files is a range within 0 to 20")
        return value
