"""What an entry is asked beside its members: statements about the work, and a track's own questions."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.season.rules.parts import Titled
from shared.season.text import Text

StatementField = Literal["description", "link", "video"]
"""What a work may state of itself, for its judges."""
MOST_FIELDS = 20
"""Of a track: each is one more thing to read and to fill in."""
BETWEEN = ";"
"""What separates the choices of an answer that may have several."""
LONGEST_ANSWER = 5000
"""Characters of an answer, whatever its field allows."""
Ending = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,10}$")]
"""What the name of a file ends in, without the dot; capitals are as good."""


class Asked(Titled):
    """A field 自定义字段 of the entry form that a track asks for beside what every entry says."""

    help: Annotated[Text | None, Field(description="Shown below its title.")] = None
    required: Annotated[bool, Field(description="An entry is not handed in without it; a draft may lack it.")] = False
    public: Annotated[bool, Field(description="Shown to everybody, where the work is shown.")] = False
    judges: Annotated[bool, Field(description="Shown to judges, with names masked.")] = False


class TextField(Asked):
    """A text; longer than a line where it may be."""

    type: Literal["text"]
    max_length: Annotated[int, Field(ge=1, le=LONGEST_ANSWER, description="In Unicode code points.")] = 2000


class NumberField(Asked):
    """A plain decimal number."""

    type: Literal["number"]
    min: Decimal = Decimal(0)
    max: Decimal = Decimal(999999)
    decimals: Annotated[int, Field(ge=0, le=2)] = 0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max < self.min:
            raise ValueError("max is below min")
        return self


class DateField(Asked):
    """A day."""

    type: Literal["date"]
    min: date | None = None
    max: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min and self.max and self.max < self.min:
            raise ValueError("max is before min")
        return self

    @staticmethod
    def day(answer: str) -> date:
        """The day that was answered."""
        return date.fromisoformat(answer)


class ChoiceField(Asked):
    """One of some choices, or some of them."""

    type: Literal["choice"]
    choices: Annotated[tuple[Titled, ...], Field(min_length=2, max_length=50)]
    many: Annotated[bool, Field(description="Several, their ids separated by `;`.")] = False

    def titles(self, answer: str, language: str) -> list[str]:
        """What was chosen, as people call it."""
        named = {choice.id: choice.title.best(language) for choice in self.choices}
        return [named.get(part, part) for part in answer.split(BETWEEN)]


class UrlField(Asked):
    """An address on the web."""

    type: Literal["url"]


class YesNoField(Asked):
    """Yes or no."""

    type: Literal["yes-no"]
    must: Annotated[bool, Field(description="An undertaking: only yes will do.")] = False


class FileField(Asked):
    """The name of a file that comes with the entry."""

    type: Literal["file"]
    types: Annotated[tuple[Ending, ...], Field(min_length=1, description="What the name ends in.")]


CustomField = Annotated[
    TextField | NumberField | DateField | ChoiceField | UrlField | YesNoField | FileField, Field(discriminator="type")
]
