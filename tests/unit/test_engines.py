"""Engines of earlier releases: kept whole, and used for what they drew."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.certificates.adapters.engines import Engines, current
from services.certificates.adapters.typst_worker import TypstWorker
from shared.errors import Unavailable
from shared.season.glyphs import font_folders
from tests.support.templates import BuiltIn
from tests.unit.test_certificate_documents import certificate, renderer_in

pytestmark = pytest.mark.programs
EARLIER = "typst 0.0.1, fonts 0.0.1"
TELLS = """
_compile = compile
def compile(*arguments, **options):
    with open({file!r}, "a") as drawn:
        drawn.write(arguments[0] + "\\n")
    return _compile(*arguments, **options)
"""


class Before(BuiltIn):
    """Templates of an earlier release."""

    async def engine(self, template: str) -> str:
        return EARLIER


async def test_what_an_earlier_engine_drew_it_draws_again(tmp_path: Path) -> None:
    engines, now = Engines(tmp_path / "engines"), renderer_in(tmp_path)
    engines.keep()
    engines.keep()
    (kept,) = (tmp_path / "engines").iterdir()
    assert engines.is_there(current())
    assert not engines.is_there(EARLIER)
    each_certificate, other = certificate(), replace(certificate("unit"), id="other")
    alone = await now.pdf(each_certificate)
    assert await renderer_in(tmp_path, templates=Before()).pdf(each_certificate) == alone, (
        "if it is lost, the present one draws"
    )

    told = kept / "typst" / "__init__.py"
    source, drawn = told.read_text(), tmp_path / "drawn"
    told.unlink()  # a link: the installed file stays as it is
    told.write_text(source + TELLS.format(file=str(drawn)))
    kept.rename(tmp_path / "engines" / "typst-0.0.1-fonts-0.0.1")
    before = renderer_in(tmp_path, templates=Before())

    assert engines.is_there(EARLIER)
    assert await before.pdf(each_certificate) == alone
    assert await before.many([each_certificate, other]) == [alone, await now.pdf(other)]
    assert await before.book([each_certificate], crop=True) == await now.book([each_certificate], crop=True)
    mains = [Path(line).name for line in drawn.read_text().splitlines()]
    assert mains == ["certificate.typ", "certificate.typ", "certificate.typ", "book.typ"]


async def test_an_engine_that_stops_is_asked_again_later(tmp_path: Path) -> None:
    Engines(tmp_path / "engines").keep()
    (kept,) = (tmp_path / "engines").iterdir()
    told = kept / "typst" / "__init__.py"
    source = told.read_text()
    told.unlink()
    told.write_text("raise SystemExit\n")
    kept.rename(tmp_path / "engines" / "typst-0.0.1-fonts-0.0.1")
    before, each_certificate = renderer_in(tmp_path, templates=Before()), certificate()

    with pytest.raises(Unavailable, match="engine-stopped"):
        await before.pdf(each_certificate)
    (tmp_path / "engines" / "typst-0.0.1-fonts-0.0.1" / "typst" / "__init__.py").write_text(source)
    assert (await before.pdf(each_certificate)).startswith(b"%PDF")


async def test_nobody_gets_the_answer_that_another_stopped_waiting_for(tmp_path: Path) -> None:
    (tmp_path / "main.typ").write_text("#json(bytes(sys.inputs.data)).name")
    options = {"format": "svg"}

    def drawn(drawing: TypstWorker, name: str) -> Coroutine[Any, Any, bytes]:
        return drawing.drawn(tmp_path / "main.typ", {"name": name}, options)

    drawing = TypstWorker(font_folders())
    first, alone = await drawn(drawing, "first"), await drawn(drawing, "second")
    waiting = asyncio.create_task(drawn(drawing, "first"))
    for _ in range(5):
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert first != alone
    assert await drawn(drawing, "second") == alone
    await drawing.end()
