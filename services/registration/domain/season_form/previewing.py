"""The entry form as entrants will see it, as far as the file can be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from services.registration.domain.season_form.tree import Tree, items_at, value_at
from shared.season.rules import CustomField
from shared.season.text import Text

CUSTOM_FIELD: TypeAdapter[CustomField] = TypeAdapter(CustomField)


@dataclass(frozen=True, slots=True)
class PreviewedTrack:
    """A track with the custom fields that its entry form will show; `left_out` have something to change first."""

    number: int
    title: Text | None
    fields: tuple[CustomField, ...]
    left_out: int


def preview_tracks(tree: Tree) -> list[PreviewedTrack]:
    """The tracks that ask fields of their own, in order."""
    previewed = []
    for number, track in enumerate(items_at(tree, ("tracks",)), 1):
        listed = items_at(track, ("fields",))
        fields = tuple(_readable(listed))
        if listed:
            previewed.append(
                PreviewedTrack(number, _text(value_at(track, ("title",))), fields, len(listed) - len(fields))
            )
    return previewed


def _readable(listed: list[Any]) -> Iterator[CustomField]:
    for item in listed:
        try:
            yield CUSTOM_FIELD.validate_python(item)
        except ValidationError:
            continue


def _text(value: Any) -> Text | None:
    try:
        return Text.model_validate(value)
    except ValidationError:
        return None
