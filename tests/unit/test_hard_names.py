"""Names of forty languages and every block of Han: taken in, printed, or waiting for a picture, as docs/evidence/hard-inputs.md says."""

from pathlib import Path

import pytest

from services.certificates.adapters.renderer import GlyphMissing
from services.registration.adapters.sheets import read_table, wording
from services.registration.domain.entry_sheet import PRINTED
from shared.season.glyphs import SYSTEM, system_folders
from shared.season.printing import rows_without_glyph
from shared.season.text import Text
from shared.web.translation import Catalog
from tests.conftest import missing_here
from tests.support.evidence import HARD_INPUTS, agrees
from tests.support.extremes import RARE, with_pictures
from tests.support.glyphs import han_table, name_table
from tests.support.scripts import LANGUAGES
from tests.unit.test_certificate_documents import certificate, page, renderer_in

pytestmark = pytest.mark.programs
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True, scope="module")
def fonts() -> None:
    if len(system_folders()) != len(SYSTEM):
        missing_here("the fonts of the images: fonts-noto-core, fonts-babelstone-han, fonts-hanazono")


async def test_a_class_of_many_languages_needs_no_picture() -> None:
    """Keeps away: a child who is sent away by a sheet because of how its name is written."""
    folders = [ROOT / "shared" / "web" / "locales", ROOT / "services" / "registration" / "entrypoints" / "locales"]
    content = (ROOT / "tests" / "data" / "sheets" / "latin2.xlsx").read_bytes()
    sheet = await read_table("latin2.xlsx", content, wording(Catalog(folders)), "")

    names = [row["m1_name_zh"] or row["m1_name_en"] for row in sheet.rows]
    assert (len(names), sheet.fallen, rows_without_glyph(sheet, PRINTED, ())) == (6, (), ())
    assert "Test Yıldız Şahin" in names


def test_how_many_signs_of_each_block_have_a_glyph() -> None:
    assert agrees(HARD_INPUTS, "Signs that have a glyph", han_table()), "LAUREL_EVIDENCE=1 writes it anew"


async def test_a_name_of_every_language_is_drawn(tmp_path: Path) -> None:
    """Keeps away: a name that is taken in and stops its certificate."""
    renderer = renderer_in(tmp_path)
    documents = await renderer.many([certificate(name=Text(zh=name)) for name in LANGUAGES.values()])

    assert [len(document) > 0 for document in documents] == [True] * len(LANGUAGES)
    assert agrees(HARD_INPUTS, "Names of forty languages", name_table()), "LAUREL_EVIDENCE=1 writes it anew"


async def test_a_sign_without_a_glyph_waits_alone_and_is_drawn_by_its_picture(tmp_path: Path) -> None:
    """Keeps away: a blank or a box on a certificate where a child's name has a rare sign."""
    renderer = renderer_in(tmp_path)
    rare = certificate(name=Text(zh=f"王{RARE}"))
    with pytest.raises(GlyphMissing):
        await renderer.pdf(rare)

    assert "王" in page(await with_pictures(renderer).pdf(rare))
