"""What a service holds of the person who asks: one list of kinds of records a service, and a copy that is always written.

Each collection of a service stands either in its list, or beside it with the reason why it holds nothing of a person; a
contract test finds the one that stands in neither.
"""

import base64
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, time
from enum import Enum
from math import isfinite
from typing import Any, Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel

from shared.mongo import Database, Document

Asked = TypeVar("Asked")
MOST = 10_000
"""Records of one kind in one copy."""
Otherwise = Mapping[str, str]
"""Collections that hold nothing of a person, or nothing that is theirs alone, each with the reason."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[Asked]):
    """One kind of records that may be somebody's: its name in the copy, where it lies, and how it is read."""

    name: str
    collections: tuple[str, ...]
    read: Callable[[Asked], Awaitable[Any]]


async def list_documents(
    database: Database, collection: str, wanted: Document | None, shown: Sequence[str]
) -> list[Document]:
    """These fields of these documents, the newest first; none where nothing is asked for."""
    if wanted is None:
        return []
    async_io_motor_cursor = database[collection].find(wanted, {"_id": 0, **dict.fromkeys(shown, 1)}).limit(MOST)
    documents = [document async for document in async_io_motor_cursor]
    return sorted(documents, key=lambda document: document.get("at", 0), reverse=True)


async def personal_data(kept: Iterable[Kept[Asked]], asked: Asked) -> dict[str, Any]:
    """Everything of the one who asks, by kind."""
    return {each_kept.name: plain(await each_kept.read(asked)) for each_kept in kept}


def as_file(name: str, data: Mapping[str, Any]) -> Response:
    """The copy, to be saved under this name."""
    return Response(
        json.dumps(plain(data), ensure_ascii=False, allow_nan=False),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def plain(value: Any) -> Any:
    """The value as JSON has it. Whatever it is, there is an answer: a kind that JSON lacks becomes a text."""
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return _writable(value) if isinstance(value, str) else value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, int | float):
        return value if isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {_writable(str(plain(name))): plain(item) for name, item in value.items()}
    if isinstance(value, BaseModel):
        return plain(dict(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, date | time):
        return value.isoformat()
    return _writable(str(value))


def _writable(text: str) -> str:
    """The text without halves of signs, which no encoding can write."""
    return text.encode("utf-8", "replace").decode()
