"""A table that somebody hands in on a page, and the question in which encoding it is, where that is not certain."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import Request
from starlette.datastructures import UploadFile

from shared.errors import LaurelError, NotFound
from shared.sheets.encodings import Reading, readings
from shared.sheets.reading import as_stated
from shared.web.forms import FormData
from shared.web.translation import Translator

UNCERTAIN = frozenset({"NOT_UTF8", "WRONG_ENCODING"})


@dataclass(frozen=True, slots=True)
class SentTable:
    """A file as it was chosen, with the encoding that was stated of it, if one was."""

    name: str
    sent: bytes
    encoding: str = ""

    async def content(self) -> bytes:
        """What is to be read.

        Raises:
            NotFound: no file was chosen.
            UnreadableSheet: it is not in the encoding that was stated.
        """
        if not self.name:
            raise NotFound("file-missing")
        return await as_stated(self.name, self.sent, self.encoding)


async def sent_table(request: Request) -> SentTable:
    """The file of a form."""
    form = await request.form()
    file, encoding = form.get("file"), form.get("encoding")
    if not isinstance(file, UploadFile) or not file.filename:
        return SentTable("", b"")
    content = await file.read()
    await file.close()
    return SentTable(file.filename, content, encoding if isinstance(encoding, str) else "")


async def refused_table(
    form: FormData, table: SentTable, error: LaurelError, t: Translator
) -> tuple[FormData, Sequence[Reading]]:
    """The form with what the refusal says; where only an encoding has to be stated, with those that the file may be in."""
    refused = form.with_errors(error, t)
    choices: Sequence[Reading] = ()
    if error.code == "file-unreadable" and error.values["reason"] in UNCERTAIN:
        choices = await asyncio.to_thread(readings, table.sent)
    if not choices:
        return refused, ()
    return replace(refused, errors={"encoding": refused.message}, message=""), choices
