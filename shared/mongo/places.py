"""Reading a list on from a place in it."""

from collections.abc import Sequence

from shared.mongo.connection import Document


def beyond(after: Sequence[str | int], *fields: str, newest_first: bool = False) -> Document:
    """What comes after the document whose fields are `after`, in the order of these fields; everything where it is empty."""
    further = "$lt" if newest_first else "$gt"
    ways: list[Document] = [
        {**dict(zip(fields, after[:number], strict=False)), field: {further: after[number]}}
        for number, field in enumerate(fields if after else ())
    ]
    return {"$or": ways} if len(ways) > 1 else ways[0] if ways else {}
