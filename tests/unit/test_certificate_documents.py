"""The document: the same bytes for the same inputs, tagged, with a code that a phone reads; nothing overflows."""

import io
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import typst
import zxingcpp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from PIL import Image, ImageChops
from pypdf import PdfReader

from services.certificates.adapters.inspecting import inspect_pdf
from services.certificates.adapters.keys import DocumentKeys, credential_key, document_keys
from services.certificates.adapters.renderer import GlyphMissing, Renderer, _understood
from services.certificates.adapters.signing import DocumentSigner
from services.certificates.adapters.templates import Source
from services.certificates.adapters.typst_worker import BrokenTemplate
from services.certificates.domain.documents import (
    Award,
    Certificate,
    Credited,
    Kind,
    MissingStatement,
    Version,
    facts_of,
)
from shared.base64url import encode
from shared.season.codes import checked_record
from shared.season.reading import load_season
from shared.season.text import Text
from shared.web.translation import Catalog
from tests.conftest import EXAMPLE
from tests.support.drawing import NotedEngines
from tests.support.templates import BuiltIn

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[2]
AWARD = {
    "round": "final",
    "track": "A",
    "division": "P",
    "title": "会听话的台灯",
    "tier_title": Text(zh="一等奖", en="First prize"),
}
TITLES: dict[Kind, Text] = {
    "instructor": Text(zh="优秀指导教师", en="Outstanding Instructor"),
    "unit": Text(zh="优秀组织单位"),
}


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return renderer_in(tmp_path_factory.mktemp("keys"))


def renderer_in(
    folder: Path, keys: DocumentKeys | None = None, templates: Source | None = None, url: str = ""
) -> Renderer:
    """A renderer whose keys and engines lie in this folder; `url` is of a time-stamping service."""
    catalog = Catalog([ROOT / "shared/web/locales", ROOT / "services/certificates/entrypoints/locales"])
    signer = DocumentSigner(keys or document_keys(folder, "Laurel"), url)
    own, engines = credential_key(folder), NotedEngines(folder / "engines")
    return Renderer(catalog, "https://laurel.example", signer, templates or BuiltIn(), own, engines)


def certificate(kind: Kind = "student", name: Text | None = None, **award: str) -> Certificate:
    rules = load_season((EXAMPLE / "season.yaml").read_text())
    facts = facts_of(
        rules, kind, cast(Award, {**AWARD, **award}), Text(zh="澜心小学", en="Lanxin Primary School"), TITLES
    )
    version = Version(1, name or Text(zh="测试欧阳𠮷䶮", en="Test Ouyang"), 1, 1_745_600_000_000_000, "", facts)
    return Certificate(
        "id", "season", kind, "award", "person", "LHAI25-CS-000001-02", "IfN9vGZ2b3Xk1QeZ5pYw_A", "7KQM4XTB9H", "E1", "P01", "A",
        "P", 1_745_600_000_000_000, "Asia/Shanghai", (version,),
    )  # fmt: skip


def page(document: bytes) -> str:
    reader = PdfReader(io.BytesIO(document))
    assert len(reader.pages) == 1
    return reader.pages[0].extract_text().replace("\n", "").replace(" ", "")


async def test_the_same_inputs_give_the_same_bytes(renderer: Renderer) -> None:
    assert await renderer.pdf(certificate()) == await renderer.pdf(certificate())
    assert await renderer.pdf(certificate()) != await renderer.pdf(replace(certificate(), code="7KQM4XTB9J"))


@pytest.mark.parametrize("kind", ["student", "instructor", "unit"])
async def test_each_kind_is_one_tagged_page_with_number_and_statement(renderer: Renderer, kind: Kind) -> None:
    document = await renderer.pdf(certificate(kind))
    reader = PdfReader(io.BytesIO(document))

    assert "/Marked" in str(reader.root_object["/MarkInfo"].get_object())
    assert "/StructTreeRoot" in reader.root_object
    assert b"pdfuaid:part" in document
    assert b"pdfaid:part" in document
    text = page(document)
    for part in ("LHAI25-CS-000001-02", "7KQM4XTB9H", "滨教赛备〔2025〕03号", "不作为中小学招生入学依据"):
        assert part in text


@pytest.mark.parametrize(
    "name",
    [
        Text(zh="测试林"),
        Text(zh="测试阿卜杜热西提·麦麦提依明·吐尔逊·买买提江·艾合买提江·穆罕默德·阿不都拉"),
        Text(en="Test Abdurreshit Memet Imin Tursun Memetjan Ehmetjan Muhammad the Younger of the Long Names"),
        Text(zh="测试㛃䶮𠮷", en="Test Rare"),
        Text(zh="测试 Łukasz", en="Şule Dvořák Țăranu-Yıldız"),
        Text(zh="Юрий Щёголев", en="Αλέξανδρος"),
    ],
    ids=["short", "long", "Latin only", "rare characters", "Latin letters", "Cyrillic and Greek"],
)
async def test_names_of_every_length_are_printed_whole(renderer: Renderer, name: Text) -> None:
    work = "一个关于潮汐、海岛、垃圾分拣与无障碍路线的非常非常长的作品名称，长到几乎写不下为止"
    text = page(await renderer.pdf(certificate(name=name, title=work)))

    for part in (name.zh, name.en):
        assert part.replace(" ", "") in text


async def test_a_character_that_no_font_has_is_named(renderer: Renderer) -> None:
    with pytest.raises(GlyphMissing, match="sign-without-glyph") as missing:
        await renderer.pdf(certificate(name=Text(zh="测试\U0002ee5d")))

    assert missing.value.values["words"] == "\U0002ee5d U+2EE5D"


async def test_a_document_that_cannot_be_drawn_stops_no_other(renderer: Renderer) -> None:
    """Keeps away: an empty archive, or a printer's book that is missing, because of one name."""
    fine, other = certificate(), replace(certificate("instructor"), id="i", serial="LHAI25-CT-000001-02")
    rare = replace(certificate(name=Text(zh="测试\U0002ee5d")), id="r", serial="LHAI25-CS-000002-02")

    first, last = await renderer.many([fine, other])
    assert await renderer.many([fine, rare, other]) == [first, b"", last]
    (book,), aside = await renderer.book([fine, rare, other], crop=False)
    assert aside == [rare]
    assert len(PdfReader(io.BytesIO(book)).pages) == 2


async def test_without_the_statement_there_is_no_document(renderer: Renderer) -> None:
    silent = certificate()
    unapproved = replace(silent.facts, approval_number="")

    with pytest.raises(MissingStatement):
        await renderer.pdf(replace(silent, versions=(replace(silent.current, facts=unapproved),)))


def test_the_printed_code_leads_to_the_check_page(renderer: Renderer) -> None:
    words = renderer.words(certificate())
    drawing = (
        b'#set page(width: 80pt, height: 80pt, margin: 0pt)\n#image(bytes(sys.inputs.qr), format: "svg", width: 80pt)'
    )
    picture = typst.compile(drawing, format="png", ppi=144, sys_inputs={"qr": words["qr"]})

    read = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))

    assert [barcode.text for barcode in read] == ["https://laurel.example/v/IfN9vGZ2b3Xk1QeZ5pYw_A"]


@pytest.mark.parametrize(("name", "unit", "shown"), [
    (Text(zh="Anna Lin", en="anna lin"), Text(zh="澜心小学"), ("Anna Lin", "", "澜心小学")),
    (Text(zh="澜心小学", en="Lanxin School"), Text(zh="澜心小学"), ("澜心小学", "Lanxin School", "")),
    (Text(zh="Lanxin School"), Text(zh="澜心小学", en="Lanxin School"), ("Lanxin School", "", "澜心小学")),
    (Text(zh="安娜", en="Anna"), Text(zh="澜心小学"), ("安娜", "Anna", "澜心小学")),
])  # fmt: skip
def test_no_name_is_printed_twice(renderer: Renderer, name: Text, unit: Text, shown: tuple[str, str, str]) -> None:
    """As when a school gets a plaque, or a name is written alike in both languages."""
    plain = certificate()
    facts = replace(plain.facts, unit_name=unit)
    words = renderer.words(replace(plain, versions=(replace(plain.current, name=name, facts=facts),)))
    assert (words["name"], words["name_other"], words["unit"]) == shown


def drawn(file: Path) -> Image.Image:
    subprocess.run(["pdftoppm", "-r", "80", "-png", "-singlefile", file, file.with_suffix("")], check=True)
    return Image.open(file.with_suffix(".png")).convert("RGB")


def checked(file: Path) -> str:
    return subprocess.run(["qpdf", "--check", file], capture_output=True, text=True, check=True).stdout


async def test_many_at_once_look_like_one_by_one_and_tell_nothing_of_each_other(
    renderer: Renderer, tmp_path: Path
) -> None:
    people = [
        certificate(),
        replace(certificate("instructor", Text(zh="测试赵钱孙")), id="i", serial="LHAI25-CT-000001-02"),
        replace(
            certificate("unit", Text(zh="澜心小学", en="Lanxin Primary School")), id="u", serial="LHAI25-CU-000001-02"
        ),
        replace(
            certificate(name=Text(zh="测试(括)号\\", en="Test (Paren) \\")),
            id="p",
            serial="LHAI25-CS-000002-02",
            code="AB",
        ),
    ]

    documents = await renderer.many(people)

    for number, (each_certificate, document) in enumerate(zip(people, documents, strict=True)):
        alone = tmp_path / f"{number}-alone.pdf"
        together = tmp_path / f"{number}-together.pdf"
        alone.write_bytes(await renderer.pdf(each_certificate))
        together.write_bytes(document)
        assert ImageChops.difference(drawn(alone), drawn(together)).getbbox() is None
        assert page(document) == page(alone.read_bytes())
        assert "No syntax or stream encoding errors" in checked(together)
        metadata = PdfReader(io.BytesIO(document)).metadata
        assert metadata is not None
        assert str(metadata["/Keywords"]) == each_certificate.serial
        assert each_certificate.serial in str(metadata.title)
        fonts: Any = PdfReader(io.BytesIO(document)).pages[0]["/Resources"]["/Font"]  # type: ignore[index]
        known = b"".join(font["/ToUnicode"].get_data() for font in fonts.values())
        for other in people:
            for character in set(other.current.name.zh) - set(page(document)):
                assert f"> <{ord(character):04X}>".encode() not in known
    assert documents == await renderer.many(people)


async def test_the_code_may_hold_what_is_printed_signed_for_a_check_without_a_network(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = credential_key(tmp_path)
    renderer = renderer_in(tmp_path)
    each_certificate = certificate()
    each_certificate = replace(
        each_certificate,
        versions=(replace(each_certificate.current, facts=replace(each_certificate.facts, offline=True)),),
    )
    file = tmp_path / "one.pdf"
    file.write_bytes(await renderer.pdf(each_certificate))
    subprocess_picture(file)
    (seen,) = zxingcpp.read_barcodes(Image.open(file.with_suffix(".png")))

    record = checked_record(seen.text, [encode(own.raw)])

    assert record is not None
    assert (record.serial, record.version, record.name, record.award) == (
        each_certificate.serial,
        1,
        "测试欧阳𠮷䶮",
        "一等奖",
    )
    assert seen.text.startswith(renderer.address(each_certificate) + "#")
    other = credential_key(tmp_path_factory.mktemp("other"))
    assert checked_record(seen.text, [encode(other.raw)]) is None
    assert checked_record(seen.text[:-6] + "AAAAAA", [encode(own.raw)]) is None
    assert checked_record("nonsense", [encode(own.raw)]) is None
    printed = PdfReader(io.BytesIO(file.read_bytes())).pages[0].extract_text()
    assert "#" not in printed


def subprocess_picture(file: Path) -> None:
    subprocess.run(["pdftoppm", "-r", "200", "-png", "-singlefile", file, file.with_suffix("")], check=True)


def self_signed(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Organizer")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256())


async def test_an_organizer_signs_with_a_key_of_their_own(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    file, own = tmp_path / "own.p12", self_signed(key)
    sealed = serialization.BestAvailableEncryption(b"secret")
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"own", key, own, None, sealed))

    keys = document_keys(tmp_path, "unused", file, "secret")
    renderer = renderer_in(tmp_path, keys)
    document = await renderer.pdf(certificate())

    assert document == await renderer.pdf(certificate())
    pem = own.public_bytes(serialization.Encoding.PEM).decode()
    stored_inspected = await inspect_pdf(document, [pem])
    assert (stored_inspected.signed, stored_inspected.whole, stored_inspected.ours, stored_inspected.serial) == (
        True,
        True,
        True,
        certificate().serial,
    )
    assert not (await inspect_pdf(document, [])).ours
    with pytest.raises(ValueError, match="password"):
        document_keys(tmp_path, "unused", file, "wrong")


@pytest.mark.parametrize("words", ["the character x could not be displayed", "unclosed delimiter"])
def test_what_cannot_be_drawn_is_set_aside_with_the_words_of_the_engine(words: str) -> None:
    invalid_state = _understood(BrokenTemplate(words))
    assert (invalid_state.code, invalid_state.values["words"]) == ("document-set-aside", words)
    assert isinstance(invalid_state, GlyphMissing) is ("displayed" in words)


async def test_the_instructors_stand_on_the_document_but_nobody_who_was_erased(renderer: Renderer) -> None:
    plain = certificate()
    credited = tuple(Credited(name, Text(zh=name)) for name in ("测试周", "*", "测试吴"))
    named = replace(plain, versions=(replace(plain.current, facts=replace(plain.facts, instructors=credited)),))

    assert "指导教师：测试周、测试吴" in page(await renderer.pdf(named))
    assert "指导教师" not in page(await renderer.pdf(plain))
