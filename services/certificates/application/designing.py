"""What a template must make before documents may be printed by it."""

import io

import zxingcpp
from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from services.certificates.domain.documents import Award, Certificate, Kind, Version, facts_of
from services.certificates.domain.serials import rules_of, serial
from shared.errors import InvalidState
from shared.season.rules import SeasonRules
from shared.season.text import Text
from shared.web.translation import Catalog


def check_template(document: bytes, certificate: Certificate) -> None:
    """Refuse a template whose document leaves out what must stand on it.

    Raises:
        InvalidState: it is not one page, or lacks the approval number, the statement, the serial number or the name.
    """
    try:
        pages = PdfReader(io.BytesIO(document)).pages
        count, text = len(pages), _plain(pages[0].extract_text())
    except PyPdfError as error:
        raise InvalidState("template-broken", words=str(error)) from error
    if count != 1:
        raise InvalidState("template-pages", count=count)
    facts, name = certificate.facts, certificate.current.name
    for statement in (facts.approval_number, facts.statement.best("zh" if facts.season_title.zh else "en")):
        if _plain(statement) not in text:
            raise InvalidState("template-without-statement", words=statement)
    for needed in (certificate.serial, certificate.code, name.best("zh" if facts.season_title.zh else "en")):
        if _plain(needed) not in text:
            raise InvalidState("template-without", words=needed)


def check_code(picture: bytes, address: str) -> None:
    """Refuse a template whose document, seen as this picture, has no QR code that leads to its check page.

    Raises:
        InvalidState: there is none that can be read.
    """
    with Image.open(io.BytesIO(picture)) as opened:
        codes = zxingcpp.read_barcodes(opened.convert("L"))
    if all(code.text.partition("#")[0] != address for code in codes):
        raise InvalidState("template-without-code")


def _plain(text: str) -> str:
    return "".join(text.split())


def sample(rules: SeasonRules, kind: Kind, catalog: Catalog, at: int) -> Certificate:
    """A certificate that nobody has, to try a template on before there are real ones."""
    last = rules.rounds[-1]
    track = rules.tracks[0]
    division = rules.division(track.divisions[0])
    tiers = last.awards.tiers if last.awards else ()
    award = Award(round=last.id)
    if kind != "unit":
        award["track"], award["division"] = track.id, division.id
        award["title"] = catalog.both("sample-work")["zh"]
        award["tier_title"] = tiers[0].title if tiers else last.title
    titles = {item: Text(**catalog.both(f"{item}-award-title")) for item in ("instructor", "unit")}
    unit = Text(**catalog.both("sample-unit"))
    facts = facts_of(rules, kind, award, unit, titles)  # type: ignore[arg-type]
    number = serial(rules, last.id, kind, 1)
    code = "X" * rules_of(rules).code_chars
    name = unit if kind == "unit" else Text(**catalog.both("sample-name"))
    version = Version(1, name, 1, at, "", facts)
    return Certificate(
        id="sample",
        season=rules.id,
        kind=kind,
        award="sample",
        recipient="sample",
        serial=number,
        token="0" * 22,
        code=code,
        entry="",
        unit="",
        track=track.id,
        division=division.id,
        granted_at=at,
        time_zone=rules.time_zone,
        versions=(version,),
    )
