"""The form of a design: its fields by the paths of the values, words in the language of the page."""

from collections.abc import Mapping
from typing import Any, get_args

from services.certificates.domain.designs import (
    BRACED,
    MOST_SEALS,
    MOST_SIGNATURES,
    SEAL_MM,
    SIZES,
    WORDS,
    Align,
    Border,
    Colours,
    Design,
    Paper,
    Seal,
    Side,
    Signature,
    Writing,
)
from shared.season.text import LANGUAGES
from shared.web.forms import FormData
from shared.web.translation import Catalog, Translator

CHOICES: Mapping[str, tuple[str, ...]] = {
    "paper": get_args(Paper),
    "border": get_args(Border),
    "colours": get_args(Colours),
    "align": get_args(Align),
    "code": get_args(Side),
}
TICKS = ("school", "instructors", "second")
UPLOADS = ("logo", *(f"seals.{n}" for n in range(MOST_SEALS)), *(f"signatures.{n}" for n in range(MOST_SIGNATURES)))
"""Where a picture may be uploaded; the field of the file is this and `.file`."""


def form_of(design: Design, t: Translator) -> dict[str, str]:
    """The design as the fields of its form show it."""
    values: dict[str, str] = {name: str(getattr(design, name)) for name in (*CHOICES, "logo", "size")}
    values |= {name: "1" if getattr(design, name) else "" for name in TICKS}
    values |= _writing("heading", design.heading) | _writing("issuer", design.issuer)
    values |= {f"body.{language}": in_words_of(getattr(design.body, language), t) for language in LANGUAGES}
    for number, seal in enumerate(design.seals):
        values |= {f"seals.{number}.picture": seal.picture, f"seals.{number}.size": str(seal.size)}
    for number, item in enumerate(design.signatures):
        path = f"signatures.{number}"
        values |= _writing(f"{path}.title", item.title) | _writing(f"{path}.name", item.name)
        values[f"{path}.picture"] = item.picture
    return values


def design_of(sent: FormData, catalog: Catalog) -> Design:
    """The design that a form states. A seal without a picture and a signature without anything are none."""
    values: dict[str, Any] = {name: _choice(sent[name], choices) for name, choices in CHOICES.items()}
    values |= {name: sent[name] == "1" for name in TICKS}
    body = {language: from_words(sent[f"body.{language}"], catalog) for language in LANGUAGES}
    size = next((points for points in SIZES if str(points) == sent["size"]), SIZES[0])
    seals = [
        Seal.model_construct(picture=sent[f"seals.{number}.picture"], size=_millimetres(sent[f"seals.{number}.size"]))
        for number in range(MOST_SEALS)
        if sent[f"seals.{number}.picture"]
    ]
    signatures = [
        Signature.model_construct(
            title=_written(sent, f"signatures.{number}.title"),
            name=_written(sent, f"signatures.{number}.name"),
            picture=sent[f"signatures.{number}.picture"],
        )
        for number in range(MOST_SIGNATURES)
    ]
    return Design.model_construct(
        **values,
        size=size,
        logo=sent["logo"],
        heading=_written(sent, "heading"),
        issuer=_written(sent, "issuer"),
        body=Writing(**body),
        seals=tuple(seals),
        signatures=tuple(item for item in signatures if item != Signature()),
    )


def _writing(path: str, writing: Writing) -> dict[str, str]:
    return {f"{path}.{language}": getattr(writing, language) for language in LANGUAGES}


def _written(sent: FormData, path: str) -> Writing:
    return Writing(**{language: sent[f"{path}.{language}"] for language in LANGUAGES})


def _choice(text: str, choices: tuple[str, ...]) -> str:
    return text if text in choices else choices[0]


def _millimetres(text: str) -> int:
    """Within what a seal may measure; what is no number is the usual width."""
    low, high = SEAL_MM
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 38
    return min(high, max(low, number))


def in_words_of(text: str, t: Translator) -> str:
    """The text with its words as this language calls them."""
    return BRACED.sub(lambda match: f"{{{t(f'word-{match[1]}') if match[1] in WORDS else match[1]}}}", text)


def from_words(text: str, catalog: Catalog) -> str:
    """The text with its words as a design calls them, whichever language they were typed in."""
    names = {catalog.both(f"word-{word}")[language]: word for word in WORDS for language in LANGUAGES}
    return BRACED.sub(lambda match: f"{{{names.get(match[1].strip(), match[1].strip())}}}", text.replace("\r\n", "\n"))
