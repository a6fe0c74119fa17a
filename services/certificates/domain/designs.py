"""The design of a kind of certificate as data: what stands in its slots, and typst made of it.

A design says which words stand where; that number, code, QR code, approval and statement are printed is not for it to say.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.certificates.domain.documents import Kind
from shared.season.glyphs import unprintable
from shared.season.printing import NAME, TEXT, TITLE, Printed, find_fault

Paper = Literal["landscape", "portrait"]
Border = Literal["laurel", "lines", "corners", "none"]
Colours = Literal["navy", "red", "green", "ink"]
Align = Literal["center", "left"]
Side = Literal["left", "right"]
Word = Literal[
    "recipient",
    "award",
    "work",
    "school",
    "instructors",
    "date",
    "number",
    "season",
    "track",
    "division",
    "round",
    "best",
]
WORDS: tuple[Word, ...] = get_args(Word)
OF_ALL: tuple[Word, ...] = ("season", "round", "award", "recipient", "date", "number")
WORDS_OF: Mapping[Kind, tuple[Word, ...]] = {
    "student": (*OF_ALL, "work", "school", "instructors", "track", "division"),
    "instructor": (*OF_ALL, "work", "school", "track", "division", "best"),
    "unit": OF_ALL,
    "finalist": (*OF_ALL, "school"),
    "judge": (*OF_ALL, "school"),
    "appointment": (*OF_ALL, "school"),
    "plaque": (*OF_ALL, "school"),
}
"""The words that a certificate of this kind can fill in."""
MOST_SEALS, MOST_SIGNATURES = 2, 2
LONGEST_BODY = 400
Points = Literal[0, 11, 12, 13, 14, 16]
SIZES: tuple[Points, ...] = get_args(Points)
"""Of the body in points; 0 is as large as fits."""
SEAL_MM = (24, 45)
POINTS = 72 / 25.4
"""In a millimetre."""
OWN = re.compile(r"design-[a-z]+")
"""Names of templates that hold the designs of a kind."""

PictureName = Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]{0,40}\.(png|jpg|svg))?$")]


class Writing(BaseModel):
    """A text in one or both languages, or none at all: then what is usual stands there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str = ""
    en: str = ""


class Seal(BaseModel):
    """A picture of a seal, over the issuer's name and the date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    picture: PictureName
    size: Annotated[int, Field(ge=SEAL_MM[0], le=SEAL_MM[1], description="Its width in millimetres.")] = 38


class Signature(BaseModel):
    """Who signs: a title, a name, and a picture of the signature, each if there is one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Writing = Writing()
    name: Writing = Writing()
    picture: PictureName = ""


class Design(BaseModel):
    """What stands in the slots of a kind of certificate. Without anything it is the usual certificate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    paper: Paper = "landscape"
    border: Border = "lines"
    colours: Colours = "navy"
    logo: PictureName = Field(default="mark.svg", description="A picture of the season's; empty: none.")
    heading: Writing = Field(default=Writing(), description="Empty: what is usual for the kind.")
    body: Writing = Field(
        default=Writing(), description="With words such as `{work}`; empty: what is usual for the kind."
    )
    align: Align = "center"
    size: Annotated[
        Literal[0, 11, 12, 13, 14, 16], Field(description="Of the body in points; 0: as large as fits.")
    ] = 0
    school: bool = Field(default=True, description="Whether the recipient's school is printed below the name.")
    instructors: bool = Field(default=True, description="Whether instructors are named, where the season names them.")
    second: bool = Field(default=True, description="Whether the second language is printed beside the first.")
    issuer: Writing = Field(
        default=Writing(), description="Who signs off above the date; empty: the hosts of the season."
    )
    seals: Annotated[tuple[Seal, ...], Field(max_length=MOST_SEALS)] = ()
    signatures: Annotated[tuple[Signature, ...], Field(max_length=MOST_SIGNATURES)] = ()
    code: Side = Field(default="left", description="On which side QR code and number stand.")

    @property
    def pictures(self) -> frozenset[str]:
        """The files that it shows."""
        named = [self.logo, *(seal.picture for seal in self.seals), *(item.picture for item in self.signatures)]
        return frozenset(name for name in named if name)


def template_name(kind: Kind) -> str:
    """The template whose versions are the designs of this kind."""
    return f"design-{kind}"


Part = str | tuple[Literal["word"], str]
"""A stretch of text, or a word to fill in."""
BRACED = re.compile(r"\{([^{}]*)\}")


def parts_of(text: str) -> list[Part]:
    """The text apart: stretches as they are, and words to fill in. A brace without its fellow stays as it is."""
    parts: list[Part] = []
    for number, piece in enumerate(BRACED.split(text)):
        if number % 2:
            parts.append(("word", piece))
        elif piece:
            parts.append(piece)
    return parts


@dataclass(frozen=True, slots=True)
class DesignFault:
    """What is wrong with a design, at the path of the value; `slot` is where it shows. `code` is a key of the catalogs."""

    slot: str
    path: tuple[str | int, ...]
    code: str
    values: Mapping[str, str] = field(default_factory=dict)


def find_faults(design: Design, kind: Kind, pictures: frozenset[str]) -> list[DesignFault]:
    """Everything that can be said of a design before it is drawn, each at its value; `pictures` are those that there are."""
    faults = [*_text_faults(design), *_word_faults(design, kind), *_picture_faults(design, pictures)]
    if design.border == "laurel" and design.paper == "portrait":
        faults.append(DesignFault("paper", ("border",), "design-laurel-upright"))
    return faults


def _texts(design: Design) -> Iterator[tuple[str, tuple[str | int, ...], str, Printed, int]]:
    """Every text with its slot and path, what may stand in it, and how long it may be."""
    written: list[tuple[str, tuple[str | int, ...], Writing, Printed, int]] = [
        ("heading", ("heading",), design.heading, TITLE, 40),
        ("body", ("body",), design.body, TEXT, LONGEST_BODY),
        ("issuer", ("issuer",), design.issuer, TITLE, 120),
    ]
    for number, item in enumerate(design.signatures):
        written.append(("signatures", ("signatures", number, "title"), item.title, TITLE, 40))
        written.append(("signatures", ("signatures", number, "name"), item.name, NAME, 40))
    for slot, path, writing, printed, most in written:
        yield slot, (*path, "zh"), writing.zh, printed, most
        yield slot, (*path, "en"), writing.en, printed, most


def _text_faults(design: Design) -> Iterator[DesignFault]:
    for slot, path, text, printed, most in _texts(design):
        strange = find_fault(text, printed)
        if len(text) > most:
            yield DesignFault(slot, path, "design-text-long", {"most": str(most)})
        elif strange:
            yield DesignFault(slot, path, "design-text-sign", {"characters": strange.characters})
        elif missing := unprintable(text):
            yield DesignFault(slot, path, "design-no-font", {"characters": missing})


def _word_faults(design: Design, kind: Kind) -> Iterator[DesignFault]:
    for language in ("zh", "en"):
        text = getattr(design.body, language)
        for part in parts_of(text):
            if isinstance(part, tuple) and part[1] not in WORDS_OF[kind]:
                yield DesignFault("body", ("body", language), "design-word-unknown", {"word": part[1]})
        if "{" in BRACED.sub("", text) or "}" in BRACED.sub("", text):
            yield DesignFault("body", ("body", language), "design-brace")


def _picture_faults(design: Design, pictures: frozenset[str]) -> Iterator[DesignFault]:
    shown: list[tuple[str, tuple[str | int, ...], str]] = [("logo", ("logo",), design.logo)]
    shown += [("seals", ("seals", number, "picture"), seal.picture) for number, seal in enumerate(design.seals)]
    shown += [("signatures", ("signatures", n, "picture"), item.picture) for n, item in enumerate(design.signatures)]
    for slot, path, name in shown:
        if name and name not in pictures:
            yield DesignFault(slot, path, "design-no-picture", {"file": name})
        elif not name and slot == "seals":
            yield DesignFault(slot, path, "design-seal-picture")


SMALLEST = 7.0
"""In points: what is smaller cannot be read on paper."""
UNDER_SEALS = frozenset({"issuer"})
"""Where a seal belongs over the text, as is the custom."""
LEAST_SHARED = 2.0
"""In points: two slots that share less than this only touch."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a slot was drawn, in points from the top left corner of the sheet."""

    slot: str
    left: float
    top: float
    width: float
    height: float

    def shares(self, other: "Placed") -> bool:
        """Whether the two lie upon one another."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        return across > LEAST_SHARED and down > LEAST_SHARED


@dataclass(frozen=True, slots=True)
class Layout:
    """What a drawn design looks like: where its slots are, and the smallest letters of each in points."""

    sheet: tuple[float, float]
    placed: tuple[Placed, ...]
    sizes: Mapping[str, float]

    def third_of(self, slot: str) -> str:
        """In which ninth of the sheet the middle of a slot lies, as `top-left`; empty where it was not drawn."""
        item = next((item for item in self.placed if item.slot == slot), None)
        if item is None:
            return ""
        across = (item.left + item.width / 2) / self.sheet[0]
        down = (item.top + item.height / 2) / self.sheet[1]
        return f"{_third(down, ('top', 'middle', 'bottom'))}-{_third(across, ('left', 'center', 'right'))}"


def _third(part: float, names: tuple[str, str, str]) -> str:
    return names[min(max(int(part * 3), 0), 2)]


def find_layout_faults(layout: Layout) -> list[DesignFault]:
    """What the eye would see: letters too small to read, a seal or a signature over text, something beyond the sheet."""
    faults = [
        DesignFault(slot, (), "design-too-small", {"points": f"{size:.1f}", "least": f"{SMALLEST:.0f}"})
        for slot, size in sorted(layout.sizes.items())
        if round(size, 2) < SMALLEST
    ]
    marks = [item for item in layout.placed if item.slot == "seals"]
    texts = [item for item in layout.placed if item.slot != "seals"]
    for mark in marks:
        covered = sorted({item.slot for item in texts if item.slot not in UNDER_SEALS and mark.shares(item)})
        faults += [DesignFault("seals", (), f"design-seal-over-{slot}") for slot in covered]
    width, height = layout.sheet
    for item in layout.placed:
        if item.left < 0 or item.top < 0 or item.left + item.width > width or item.top + item.height > height:
            faults.append(DesignFault(item.slot, (), "design-beyond"))
    return _each_once(faults)


def _each_once(faults: list[DesignFault]) -> list[DesignFault]:
    """The first of each slot and code."""
    kept: dict[tuple[str, str], DesignFault] = {}
    for fault in faults:
        kept.setdefault((fault.slot, fault.code), fault)
    return list(kept.values())


def source_of(design: Design, kind: Kind, layout: str) -> str:
    """The design as a typst template: its values, all text in quotes, and the layout that draws them."""
    values = {
        **design.model_dump(),
        "kind": kind,
        "body": {"zh": parts_of(design.body.zh), "en": parts_of(design.body.en)},
        "seals": [{"picture": seal.picture, "size": seal.size * POINTS} for seal in design.seals],
    }
    return f"#let design = {as_typst(values)}\n{layout}"


def as_typst(value: Any) -> str:
    """A value as typst writes it. Nothing that a text holds ends its quotes or means anything outside of them.

    Raises:
        TypeError: typst has no such value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(_escaped(sign) for sign in value) + '"'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, Mapping):
        return (
            "("
            + "".join(f"{as_typst(str(key))}: {as_typst(item)}, " for key, item in value.items())
            + (")" if value else ":)")
        )
    if isinstance(value, list | tuple):
        return "(" + "".join(f"{as_typst(item)}, " for item in value) + ")"
    raise TypeError(type(value).__name__)


def _escaped(sign: str) -> str:
    """A sign of a text in quotes: itself where it means nothing there, else by its number."""
    if sign.isalnum() or sign in " -_.,:;·—、，。《》〈〉（）()":
        return sign
    return f"\\u{{{ord(sign):x}}}"
