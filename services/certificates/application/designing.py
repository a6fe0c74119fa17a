"""What a template must make before documents may be printed by it."""

import io
from collections.abc import Sequence
from typing import TypeVar

import zxingcpp
from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from services.certificates.domain.documents import (
    BY_LIST,
    Award,
    Certificate,
    Facts,
    Kind,
    Version,
    facts_by_list,
    facts_of,
)
from services.certificates.domain.serials import rules_of, serial
from shared.errors import InvalidState
from shared.season.rules import Division, SeasonRules, Tier, Track
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


def check_document(document: bytes, picture: bytes, certificate: Certificate, address: str) -> None:
    """Refuse a template by what it makes, as a document and as a picture of it.

    Raises:
        InvalidState: as by the two above.
    """
    check_template(document, certificate)
    check_code(picture, address)


def _plain(text: str) -> str:
    return "".join(text.split())


CASES = ("usual", "longest", "shortest", "many", "minority", "english")
"""Invented recipients that show whether a design fits: names long and short, many instructors, names joined by ·, English alone."""
OWN_WORDS = frozenset(
    {"name-longest", "name-shortest", "name-minority", "unit-longest", "unit-shortest", "work-longest", "work-shortest"}
)
"""What is said otherwise in a case than usually."""
MOST_INSTRUCTORS = 4


def case_of(text: str) -> str:
    """The case of this name; the usual one for any other text."""
    return text if text in CASES else CASES[0]


def sample(rules: SeasonRules, kind: Kind, catalog: Catalog, at: int, case: str = "usual") -> Certificate:
    """A certificate that nobody has, and whose number nobody gets, to try a template on."""
    last = rules.rounds[-1]
    pick = _longest if case == "longest" else _first
    track = pick(rules.tracks)
    division = pick([rules.division(item) for item in track.divisions])
    unit = _said(catalog, "unit", case)
    name = unit if kind == "unit" else _said(catalog, "name", case)
    version = Version(1, name, 1, at, "", _sample_facts(rules, kind, track, division, catalog, case))
    entered = kind in ("student", "instructor")
    return Certificate(
        id="sample",
        season=rules.id,
        kind=kind,
        award="sample",
        recipient="sample",
        serial=serial(rules, last.id, kind, 0),
        token="0" * 22,
        code="X" * rules_of(rules).code_chars,
        entry="",
        unit="",
        track=track.id if entered else "",
        division=division.id if entered else "",
        granted_at=at,
        time_zone=rules.time_zone,
        versions=(version,),
    )


def _sample_facts(
    rules: SeasonRules, kind: Kind, track: Track, division: Division, catalog: Catalog, case: str
) -> Facts:
    last, unit = rules.rounds[-1], _said(catalog, "unit", case)
    if kind in BY_LIST:
        return facts_by_list(rules, Text(**catalog.both(f"sample-title-{kind}")), None, unit)
    tiers = last.awards.tiers if last.awards else ()
    award = Award(round=last.id)
    if kind != "unit":
        award["track"], award["division"] = track.id, division.id
        award["title"] = _said(catalog, "work", case).best("en" if case == "english" else "zh")
        pick = _longest if case == "longest" else _first
        award["tier_title"] = pick(tiers).title if tiers else last.title
    most = min(MOST_INSTRUCTORS, max(each_track.instructors[1] for each_track in rules.tracks))
    teachers = [f"T{number}" for number in range(most if case in ("many", "longest") else min(1, most))]
    if kind == "student" and rules_of(rules).instructors:
        award["instructors"] = tuple(teachers)
    names = {person: Text(**catalog.both(f"sample-teacher-{number + 1}")) for number, person in enumerate(teachers)}
    titles: dict[Kind, Text] = {
        "instructor": Text(**catalog.both("instructor-award-title")),
        "unit": Text(**catalog.both("unit-award-title")),
    }
    return facts_of(rules, kind, award, unit, titles, names)


Titled = TypeVar("Titled", Track, Division, Tier)


def _longest(items: Sequence[Titled]) -> Titled:
    return max(items, key=lambda item: len(item.title.zh + item.title.en))


def _first(items: Sequence[Titled]) -> Titled:
    return items[0]


def _said(catalog: Catalog, what: str, case: str) -> Text:
    """What stands for a name, a school or a work in this case."""
    said = catalog.both(f"sample-{what}-{case}" if f"{what}-{case}" in OWN_WORDS else f"sample-{what}")
    return Text(en=said["en"]) if case == "english" else Text(**said)
