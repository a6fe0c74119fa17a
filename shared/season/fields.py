"""What the custom fields 自定义字段 of a track ask, and whether an answer will do: the same for every way in."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from shared.season.days import parse_day
from shared.season.rules import (
    BETWEEN,
    ChoiceField,
    CustomField,
    DateField,
    FileField,
    NumberField,
    SeasonRules,
    TextField,
    UrlField,
    YesNoField,
)

PREFIX = "f_"
"""What stands before a field's id where it is a column of a sheet or an input of a form."""
LONGEST_ADDRESS = 500
LONGEST_FILE_NAME = 120
LONGEST_LINE = 100
"""A text of at most so many characters is written in one line."""
YES, NO = "yes", "no"
TEXT = "text"
"""The type of an answer in people's own words."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.(\d{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an entry answers to a field, as written. Who was to read it when it was given stands with it: rules that are
    amended later open no answer to others.
    """

    field: str
    value: str
    type: str
    judges: bool = False
    public: bool = False


def column_of_field(field: str) -> str:
    """The column of a sheet, and the input of a form, in which a field is answered."""
    return f"{PREFIX}{field}"


def columns_of(rules: SeasonRules) -> tuple[str, ...]:
    """The columns of all fields of a season; tracks may share one."""
    return tuple(dict.fromkeys(column_of_field(field.id) for track in rules.tracks for field in track.fields))


def trimmed(values: Mapping[str, str]) -> dict[str, str]:
    """Answers without blanks around them, and without those that say nothing; lines end as in a text."""
    plain = {name: value.replace("\r\n", "\n").strip() for name, value in values.items()}
    return {name: value for name, value in plain.items() if value}


def find_faults(fields: Sequence[CustomField], values: Mapping[str, str], *, whole: bool) -> Iterator[tuple[str, str]]:
    """The fields whose answers will not do, each with the code of why: those of the track in their order, then what it
    does not ask. Of an entry that is handed in `whole` what is required must be there.
    """
    for field in fields:
        value = values.get(field.id, "")
        if not value:
            if whole and field.required:
                yield field.id, "REQUIRED"
        elif code := _fault(field, value):
            yield field.id, code
    asked = {field.id for field in fields}
    yield from ((name, "NOT_ASKED") for name, value in values.items() if value and name not in asked)


def lacking(fields: Iterable[CustomField], answers: Iterable[Answer]) -> tuple[CustomField, ...]:
    """The required fields that are not answered."""
    answered = {answer.field for answer in answers}
    return tuple(field for field in fields if field.required and field.id not in answered)


def answers_to(fields: Iterable[CustomField], values: Mapping[str, str]) -> tuple[Answer, ...]:
    """What was answered, in the order of the fields."""
    return tuple(
        Answer(field.id, values[field.id], field.type, judges=field.judges, public=field.public)
        for field in fields
        if values.get(field.id)
    )


def values_of(answers: Iterable[Answer]) -> dict[str, str]:
    """The answers by field."""
    return {answer.field: answer.value for answer in answers}


def read_by(fields: Iterable[CustomField], values: Mapping[str, str]) -> list[tuple[CustomField, str]]:
    """Each field with its answer, for whoever reads them; without those that are not answered."""
    return [(field, values[field.id]) for field in fields if values.get(field.id)]


def is_web_address(text: str) -> bool:
    """Whether a browser would open it as a page: http or https, a host, and nothing that hides where it leads."""
    if len(text) > LONGEST_ADDRESS or re.search(r"[\s\\<>\"\x00-\x20\x7f]", text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and port != 0


def is_public_address(text: str) -> bool:
    """Whether it is a web address of a host that has a name on the internet."""
    return is_web_address(text) and "." in (urlsplit(text).hostname or "")


def has_file_type(name: str, types: Iterable[str]) -> bool:
    """Whether it is the name of a file, without folders and control signs, that ends in one of these types."""
    stem, dot, ending = name.rpartition(".")
    plain = bool(stem and dot) and not re.search(r"[/\\\x00-\x1f\x7f]", name)
    return plain and ending.casefold() in {kind.casefold() for kind in types}


def _fault(field: CustomField, value: str) -> str:
    """The code of why this answer will not do; empty: it does."""
    match field:
        case TextField():
            return "TOO_LONG" if len(value) > field.max_length else "BAD_SIGN" if _CONTROL.search(value) else ""
        case NumberField():
            return _fault_of_number(field, value)
        case DateField():
            return _fault_of_day(field, value)
        case ChoiceField():
            chosen, known = value.split(BETWEEN), {choice.id for choice in field.choices}
            too_many = len(chosen) > 1 and not field.many
            return "BAD_VALUE" if too_many or len(set(chosen)) < len(chosen) or set(chosen) - known else ""
        case UrlField():
            return "" if is_public_address(value) else "BAD_URL"
        case YesNoField():
            return "BAD_VALUE" if value not in (YES, NO) else "MUST_AGREE" if field.must and value != YES else ""
        case FileField():
            return (
                "TOO_LONG"
                if len(value) > LONGEST_FILE_NAME
                else ""
                if has_file_type(value, field.types)
                else "FILE_TYPE"
            )


def _fault_of_number(field: NumberField, value: str) -> str:
    written = _NUMBER.fullmatch(value)
    if written is None or len(written[1] or "") > field.decimals:
        return "BAD_NUMBER"
    return "" if field.min <= Decimal(value) <= field.max else "OUT_OF_RANGE"


def _fault_of_day(field: DateField, value: str) -> str:
    day = parse_day(value)
    if day is None:
        return "BAD_DATE"
    early, late = field.min and day < field.min, field.max and day > field.max
    return "OUT_OF_RANGE" if early or late else ""


def json_schema(fields: Iterable[CustomField]) -> dict[str, Any]:
    """What the `fields` of an entry of this track may hold, as a JSON Schema (2020-12): every value is a text."""
    listed = list(fields)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {field.id: {**_described(field), **_schema(field)} for field in listed},
        "required": [field.id for field in listed if field.required],
        "additionalProperties": False,
    }


def _described(field: CustomField) -> dict[str, Any]:
    """What people read of it, and who reads the answer."""
    texts = {"title": field.title.best("en"), "x-title": field.title.model_dump()}
    help_texts = {"description": field.help.best("en"), "x-help": field.help.model_dump()} if field.help else {}
    return {**texts, **help_texts, "x-type": field.type, "x-judges": field.judges, "x-public": field.public}


def _schema(field: CustomField) -> dict[str, Any]:
    match field:
        case TextField():
            return {"type": "string", "maxLength": field.max_length}
        case NumberField():
            fraction = rf"(\.\d{{1,{field.decimals}}})?" if field.decimals else ""
            limits = {"x-minimum": str(field.min), "x-maximum": str(field.max)}
            return {"type": "string", "pattern": rf"^-?\d{{1,9}}{fraction}$", **limits}
        case DateField():
            limits = {f"x-{name}": f"{day}" for name, day in (("minimum", field.min), ("maximum", field.max)) if day}
            return {"type": "string", "format": "date", **limits}
        case ChoiceField():
            titles = {choice.id: choice.title.model_dump() for choice in field.choices}
            if not field.many:
                return {"type": "string", "enum": list(titles), "x-choices": titles}
            any_ = "|".join(titles)
            return {"type": "string", "pattern": f"^({any_})({BETWEEN}({any_}))*$", "x-choices": titles}
        case UrlField():
            return {"type": "string", "format": "uri", "maxLength": LONGEST_ADDRESS}
        case YesNoField():
            return {"type": "string", "enum": [YES] if field.must else [YES, NO]}
        case FileField():
            return {"type": "string", "maxLength": LONGEST_FILE_NAME, "x-types": list(field.types)}
