"""What a template must make before documents are printed by it."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from zxingcpp import BarcodeFormat, create_barcode, write_barcode_to_image

from services.certificates import entrypoints
from services.certificates.adapters.preview import NO_PACKAGES, render_preview
from services.certificates.adapters.typst_worker import BrokenTemplate
from services.certificates.application.designing import CASES, check_code, check_document, check_template, sample
from services.certificates.domain.documents import KINDS, Certificate, Kind
from services.certificates.domain.serials import rules_of, serial, well_formed
from shared.limited import Exceeded
from shared.season.text import Text
from shared.web.pages import Pages
from tests.support.refusals import refused
from tests.support.rules import season_rules

RULES = season_rules()
CATALOG = Pages("certificates", Path(entrypoints.__file__).parent, "http://test").catalog


def in_letters() -> Certificate:
    """A certificate that prints no sign beyond ASCII, for a document made by hand."""
    certificate = sample(RULES, "student", CATALOG, 5)
    facts = replace(
        certificate.facts, season_title=Text(en="Cup"), approval_number="No 3", statement=Text(en="A basis for nothing")
    )
    return replace(certificate, versions=(replace(certificate.current, name=Text(en="Anna Lin"), facts=facts),))


WHOLE = ("No 3", "A basis for", "nothing", "Anna  Lin", in_letters().serial, in_letters().code)


def document(*lines: str, pages: int = 1) -> bytes:
    """The smallest PDF with these lines on each page."""
    text = "".join(f"({line}) Tj T* " for line in lines)
    content = f"BT /F 9 Tf 12 TL 9 700 Td {text}ET"
    kids = " ".join(f"{number} 0 R" for number in range(5, 5 + pages))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {pages}/Kids[{kids}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        *["<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents 4 0 R>>"] * pages,
    ]
    out, offsets = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{item}\nendobj\n".encode()
    rows = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF\n".encode()


def test_a_document_with_everything_is_taken() -> None:
    check_template(document(*WHOLE), in_letters())
    check_template(document("some more", *WHOLE, "and more"), in_letters())


@pytest.mark.parametrize(("missing", "code", "words"), [
    (0, "template-without-statement", "No 3"),
    (1, "template-without-statement", "A basis for nothing"),
    (3, "template-without", "Anna Lin"),
    (4, "template-without", in_letters().serial),
    (5, "template-without", in_letters().code),
])  # fmt: skip
def test_what_must_stand_on_a_document_is_named_where_it_is_missing(missing: int, code: str, words: str) -> None:
    lines = [line for number, line in enumerate(WHOLE) if number != missing]
    with refused(code, words=words):
        check_template(document(*lines), in_letters())


def seen(text: str, *, size: int = 300, covered: bool = False) -> bytes:
    """A page with a QR code of this text, as a picture."""
    page = Image.new("RGB", (1000, 1400), "white")
    if text:
        symbol = create_barcode(text, BarcodeFormat.QRCode, ec_level="M")
        page.paste(Image.fromarray(write_barcode_to_image(symbol, scale=8)).resize((size, size)), (80, 1000))
    if covered:
        page.paste("red", (80, 1000, 80 + size, 1000 + size // 2))
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_document_shows_a_code_that_can_be_read() -> None:
    address = "https://laurel.example/v/IfN9vGZ2b3Xk1QeZ5pYw_A"
    check_code(seen(address), address)
    check_code(seen(f"{address}#what-is-printed"), address)
    for picture in (
        seen(""),
        seen("https://laurel.example/v/other"),
        seen(address, size=12),
        seen(address, covered=True),
    ):
        with refused("template-without-code"):
            check_code(picture, address)


def test_a_document_is_looked_at_both_ways() -> None:
    address = "https://laurel.example/v/IfN9vGZ2b3Xk1QeZ5pYw_A"
    check_document(document(*WHOLE), seen(address), in_letters(), address)
    with refused("template-without-code"):
        check_document(document(*WHOLE), seen(""), in_letters(), address)
    with refused("template-pages"):
        check_document(document(*WHOLE, pages=2), seen(address), in_letters(), address)


def test_a_document_is_one_page() -> None:
    for count in (2, 3):
        with refused("template-pages", count=count):
            check_template(document(*WHOLE, pages=count), in_letters())
    with refused("template-broken"):
        check_template(b"no document", in_letters())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_of_each_kind_is_a_certificate_that_nobody_has(kind: Kind, case: str) -> None:
    """Its number is 0, from which no season counts."""
    certificate = sample(RULES, kind, CATALOG, 5, case)
    assert (certificate.kind, certificate.season, certificate.granted_at, certificate.current.number) == (
        kind,
        RULES.id,
        5,
        1,
    )
    assert certificate.serial == serial(RULES, "final", kind, 0)
    assert well_formed(certificate.serial)
    assert certificate.code == "X" * rules_of(RULES).code_chars
    entered = kind in ("student", "instructor")
    assert (bool(certificate.track), bool(certificate.division), bool(certificate.facts.work)) == (entered,) * 3
    assert (certificate.current.name.zh == "") is (case == "english")
    assert (certificate.facts.best is not None) is (kind == "instructor")
    assert certificate.facts.approval_number == RULES.approval.number


def test_the_cases_of_a_sample_differ_in_what_makes_a_design_burst() -> None:
    lengths = {case: len(sample(RULES, "student", CATALOG, 5, case).facts.work) for case in CASES}
    assert lengths["shortest"] < lengths["usual"] < lengths["longest"]
    named = RULES.model_copy(update={"serials": rules_of(RULES).model_copy(update={"instructors": True})})
    credited = {case: len(sample(named, "student", CATALOG, 5, case).facts.instructors) for case in CASES}
    assert credited["many"] == max(track.instructors[1] for track in RULES.tracks) > credited["usual"]
    assert "·" in sample(RULES, "student", CATALOG, 5, "minority").current.name.zh


def test_a_sample_needs_no_awards() -> None:
    last = RULES.rounds[-1].model_copy(update={"awards": None})
    bare = RULES.model_copy(update={"rounds": (last,), "instructor_award": None, "unit_award": None})
    assert sample(bare, "student", CATALOG, 5).facts.award_title == last.title


TRIED: list[tuple[Exception, str]] = [
    (Exceeded(), "template-too-slow"),
    (BrokenTemplate(f"{NO_PACKAGES[0]} x"), "template-package"),
    (BrokenTemplate("unclosed delimiter"), "template-broken"),
]


@pytest.mark.parametrize(("wrong", "code"), TRIED)
async def test_a_template_that_cannot_be_tried_says_why(wrong: Exception, code: str) -> None:
    class Unable:
        async def drawn(self, *_: Any) -> bytes:
            raise wrong

    drawers: Any = Unable()
    with refused(code):
        await render_preview(drawers, "s", {"template.typ": b"x"}, {}, "pdf", 0)
