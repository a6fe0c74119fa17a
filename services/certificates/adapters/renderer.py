"""Documents by typst: PDF/A-2a and PDF/UA-1, the same bytes for the same inputs."""

import asyncio
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from services.certificates.adapters.aside import Aside, NothingAside
from services.certificates.adapters.batch_pdf import PROBE_SERIAL, PROBE_TITLE, PageInfo
from services.certificates.adapters.engines import Engines, current
from services.certificates.adapters.keys import CredentialKey
from services.certificates.adapters.signing import DocumentSigner
from services.certificates.adapters.templates import PACKAGED, Folders, Source
from services.certificates.adapters.typst_worker import BrokenTemplate, pdf_options
from services.certificates.adapters.typst_workers import Drawers
from services.certificates.domain.designs import Word
from services.certificates.domain.documents import ERASED, Certificate, Facts, check_statement
from shared.errors import InvalidState
from shared.limited import Exceeded
from shared.names import comparable
from shared.season.codes import Record, signed_record
from shared.season.glyphs import needs_letters, runs_left, unprintable
from shared.season.text import LANGUAGES, Text
from shared.season.time import from_unix_micros
from shared.web.qr import qr_svg
from shared.web.translation import Catalog, Translator

AT_ONCE = 25
"""Certificates that are laid out together."""
MOST_WORDS = 600
CROP = 42
"""How far the marks of a printer stand away from the edge of the sheet, in points (15 mm)."""


class GlyphMissing(InvalidState):
    """No font has a sign of the text, and no picture of it was given; it is named in the message."""

    def __init__(self, words: str, code: str = "document-set-aside") -> None:
        super().__init__(code, words=words)

    @classmethod
    def of(cls, signs: str) -> "GlyphMissing":
        """With its signs named."""
        return cls(", ".join(named_sign(sign) for sign in signs), "sign-without-glyph")


def named_sign(sign: str) -> str:
    """A sign as people and search engines find it: whatever fonts they have."""
    return f"{sign} U+{ord(sign):04X}"


class Pictures(Protocol):
    """Pictures that were given for signs that no font has."""

    async def of(self, season: str, signs: str, at: int) -> Mapping[str, str]:
        """Those that a document of this time shows, as SVG."""
        ...


class NoPictures:
    """Where none was given."""

    async def of(self, season: str, signs: str, at: int) -> Mapping[str, str]:  # noqa: ARG002
        return {}


class Renderer:
    """Renders certificates in processes of their own, as many at a time as is fair to every season."""

    def __init__(
        self,
        catalog: Catalog,
        public_url: str,
        signer: DocumentSigner,
        templates: Source,
        codes: CredentialKey,
        engines: Engines,
        aside: Aside | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        self._catalog, self._public_url, self._signer, self._codes = catalog, public_url, signer, codes
        self._templates, self._folders, self._engines = templates, Folders(templates), engines
        self._aside: Aside = aside or NothingAside()
        self._pictures: Pictures = pictures or NoPictures()
        self._frames: dict[Path, bytes | None] = {}
        self._by: dict[str, str] = {}
        self.drawers = Drawers(engines)

    def address(self, certificate: Certificate) -> str:
        """The short address behind the QR code."""
        return f"{self._public_url}/v/{certificate.token}"

    def _code(self, certificate: Certificate, name: str, award: str, day: str) -> str:
        """What the QR code says: the address, and if the season asks for it what is printed, signed."""
        if not certificate.facts.offline:
            return self.address(certificate)
        record = Record(certificate.serial, certificate.current.number, name, award, day)
        return f"{self.address(certificate)}#{signed_record(record, self._codes.key.sign)}"

    async def pdf(self, certificate: Certificate) -> bytes:
        """The current version as a signed PDF.

        Raises:
            GlyphMissing: no font has a sign of it, and there is no picture.
            MissingStatement: it lacks the approval number or the statement.
            InvalidState: its template cannot draw it, and it was set aside.
            Unavailable: an earlier engine stopped, or the time-stamping service is away.
        """
        undrawn = await self._aside.find(certificate)
        if undrawn and not self._lacking(certificate):
            raise (
                InvalidState("document-set-aside", words=undrawn.reason)
                if undrawn.reason
                else InvalidState("document-too-much")
            )
        plain = await self._alone(certificate)
        if undrawn:  # a picture of its sign was given
            await self._aside.forget(certificate)
        return await self._signer.signed(plain, certificate.current.at, self._label(certificate))

    async def problem(self, certificate: Certificate) -> str:
        """Why its document was set aside; empty if it was not."""
        undrawn = await self._aside.find(certificate)
        return (undrawn.reason or "TOO_MUCH") if undrawn else ""

    async def _alone(self, certificate: Certificate) -> bytes:
        """The document before it is signed. What ends its process is tried once more, then set aside."""
        season, version = certificate.season, certificate.current
        try:
            words = await self._complete(certificate)
        except GlyphMissing as error:
            await self._aside.note(certificate, str(error.values["words"])[:MOST_WORDS])
            raise
        try:
            try:
                return await self._drawn(season, version.template, "certificate.typ", words, version.at)
            except Exceeded:
                if await self._aside.find(certificate):  # somebody else asked for it too
                    raise
                return await self._drawn(season, version.template, "certificate.typ", words, version.at)
        except Exceeded as error:
            await self._aside.note(certificate, "")
            raise InvalidState("document-too-much") from error
        except BrokenTemplate as error:
            await self._aside.note(certificate, str(error)[:MOST_WORDS])
            raise _understood(error) from error

    async def _drawn(
        self, season: str, template: str, main: str, data: Mapping[str, Any], at: int, n: int = 1
    ) -> bytes:
        """A document of `n` certificates by the engine that the template names, if it is still there."""
        folder, engine = await self._folders.folder(template), await self._engine(template)
        return await self.drawers.drawn(season, engine, folder / main, data, pdf_options(at), n)

    async def _engine(self, template: str) -> str:
        """What draws for a template: its own engine if it is still there."""
        if template not in self._by:
            self._by[template] = self._engines.kept(await self._templates.engine(template))
        return self._by[template]

    async def many(self, certificates: Sequence[Certificate]) -> list[bytes]:
        """The current versions as signed PDFs, some at a time: much faster than one by one, and alike to look at.

        What an earlier engine draws comes one by one: only the pages of the present one are known well enough. One that
        was set aside is empty.

        Raises:
            MissingStatement: one lacks the approval number or the statement.
            Unavailable: as for one.
        """
        document: dict[str, bytes] = {}
        alike: dict[Any, list[Certificate]] = {}
        for certificate in certificates:
            key = certificate.facts.season_title, certificate.facts.sponsors, certificate.current.template
            alike.setdefault(key, []).append(certificate)
        batches: list[tuple[str, list[Certificate]]] = []
        for (_, _, template), some in alike.items():
            plain = [each for each in some if not self._lacking(each)]
            if await self._engine(template) != current():
                plain = []
            document |= await self._one_by_one([each for each in some if each not in plain])
            batches += [(template, plain[start : start + AT_ONCE]) for start in range(0, len(plain), AT_ONCE)]
        for signed in await asyncio.gather(*(self._batch(some, template) for template, some in batches)):
            document |= signed
        return [document.get(each_certificate.id, b"") for each_certificate in certificates]

    async def _one_by_one(self, certificates: Sequence[Certificate]) -> dict[str, bytes]:
        """Those that can be drawn."""
        document: dict[str, bytes] = {}
        for certificate in certificates:
            with suppress(InvalidState):  # it is set aside
                document[certificate.id] = await self.pdf(certificate)
        return document

    async def _batch(self, certificates: Sequence[Certificate], template: str) -> dict[str, bytes]:
        try:
            leaves = await self._leaves(certificates, template)
        except (BrokenTemplate, Exceeded, ValueError):  # one of them, or its template
            return await self._one_by_one(certificates)
        return {
            certificate.id: await self._signer.sealed(leaf)
            for certificate, leaf in zip(certificates, leaves, strict=True)
        }

    async def _leaves(self, certificates: Sequence[Certificate], template: str) -> list[bytearray]:
        folder, first = await self._folders.folder(template), certificates[0]
        words = [self._checked(certificate) for certificate in certificates]
        frame = await self._frame(first.season, template)
        data = {
            "title": PROBE_TITLE,
            "keywords": PROBE_SERIAL,
            "issuer": words[0]["issuer"],
            "crop": 0,
            "framed": frame is None,
            "certificates": words,
        }
        leaves = [
            PageInfo(said["title"], certificate.serial, certificate.current.at)
            for certificate, said in zip(certificates, words, strict=True)
        ]
        engine, options = await self._engine(template), pdf_options(first.current.at)
        main, label = folder / "book.typ", self._label(first)
        return await self.drawers.pages(first.season, engine, main, data, options, label, frame, leaves)

    async def _frame(self, season: str, template: str) -> bytes | None:
        """What the template draws on every sheet, if it says so; drawn once, it need not be for each."""
        folder = await self._folders.folder(template)
        if folder not in self._frames:
            shared = "#let frame(" in (folder / "template.typ").read_text()
            self._frames[folder] = await self._drawn(season, template, "frame.typ", {}, 0) if shared else None
        return self._frames[folder]

    def _label(self, certificate: Certificate) -> str:
        return self._catalog.translator(_main_language(certificate))("certificate-signature")

    async def book(self, certificates: Sequence[Certificate], *, crop: bool) -> tuple[list[bytes], list[Certificate]]:
        """The current versions as PDFs for a printer, one a template, not signed; with marks to cut at.

        Beside them those that were set aside.

        Raises:
            MissingStatement: one lacks the approval number or the statement.
            Unavailable: as for one.
        """
        by_template: dict[str, list[Certificate]] = {}
        for certificate in certificates:
            by_template.setdefault(certificate.current.template, []).append(certificate)
        made: list[bytes] = []
        aside: list[Certificate] = []
        for some in by_template.values():
            try:
                made.append(await self._bound(some, crop=crop))
            except (BrokenTemplate, Exceeded, GlyphMissing):
                right = await self._right(some)
                aside += [each_certificate for each_certificate in some if each_certificate not in right]
                if right:
                    made.append(await self._bound(right, crop=crop))
        return made, aside

    async def _bound(self, some: Sequence[Certificate], *, crop: bool) -> bytes:
        at, first = max(certificate.current.at for certificate in some), some[0]
        data = await self._book(some, crop=crop)
        return await self._drawn(first.season, first.current.template, "book.typ", data, at, len(some))

    async def _right(self, some: Sequence[Certificate]) -> list[Certificate]:
        """Those of them that can be drawn alone."""
        right: list[Certificate] = []
        for certificate in some:
            with suppress(InvalidState):
                await self._alone(certificate)
                right.append(certificate)
        return right

    async def _book(self, certificates: Sequence[Certificate], *, crop: bool) -> dict[str, Any]:
        first = certificates[0]
        words = [await self._complete(certificate) for certificate in certificates]
        return {
            "title": first.facts.season_title.best(_main_language(first)),
            "keywords": first.season,
            "issuer": words[0]["issuer"],
            "crop": CROP if crop else 0,
            "framed": True,
            "certificates": words,
        }

    async def badge(self, certificate: Certificate, form: Literal["png", "svg"]) -> bytes:
        """A square picture of the award, which names nobody."""
        facts, language = certificate.facts, _main_language(certificate)
        group = [text.best(language) for text in (facts.track_title, facts.division_title, facts.round_title) if text]
        data: dict[str, Any] = {
            "lang": "zh" if language == "zh" else "en",
            "region": "CN" if language == "zh" else "GB",
            "award": facts.award_title.best(language),
            "group": " · ".join(group),
            "season": facts.season_title.best(language),
            "serial": certificate.serial,
        }
        data["latin"] = needs_letters("".join(data.values()))
        options = {"format": form, "ppi": 108.0}
        return await self.drawers.drawn(certificate.season, current(), PACKAGED / "badge.typ", data, options)

    def _checked(self, certificate: Certificate) -> dict[str, Any]:
        facts = certificate.facts
        check_statement(certificate.serial, facts.approval_number, facts.statement)
        return self.words(certificate)

    async def _complete(self, certificate: Certificate) -> dict[str, Any]:
        """Everything the document says, with the pictures of signs that no font has.

        Raises:
            GlyphMissing: there is no picture of one.
            MissingStatement: it lacks the approval number or the statement.
        """
        words, signs, version = self._checked(certificate), self._lacking(certificate), certificate.current
        if not signs or await self._engine(version.template) != current():
            return words
        pictures = await self._pictures.of(certificate.season, signs, version.at)
        left = "".join(sign for sign in signs if sign not in pictures)
        if left:
            raise GlyphMissing.of(left)
        return {**words, "pictures": pictures}

    def _lacking(self, certificate: Certificate) -> str:
        """The signs that no font of the present engine has."""
        return unprintable(_entered(certificate))

    def words(self, certificate: Certificate) -> dict[str, Any]:
        """Everything the document says, in its main language and beside it in the other."""
        main = _main_language(certificate)
        other = "en" if main == "zh" else "zh"
        words: dict[str, Any] = {**self._main(certificate, main), **self._other(certificate, other, main)}
        words |= {"latin": needs_letters(_entered(certificate)), "rtl": runs_left(words["name"]), "pictures": {}}
        words |= {"kind": certificate.kind, "own_body": certificate.facts.body is not None}
        return {**words, "fields": {language: self._fields(certificate, language) for language in LANGUAGES}}

    def _fields(self, certificate: Certificate, language: str) -> dict[Word, str]:
        """What the words of a design stand for."""
        t, facts = self._catalog.translator(language), certificate.facts
        values = _values(certificate, t)
        return {
            "recipient": certificate.current.name.best(language),
            "award": facts.award_title.best(language),
            "work": values["work"],
            "school": facts.unit_name.best(language) if facts.unit_name else "",
            "instructors": _names(facts, t),
            "date": t.day(_day(certificate)),
            "number": certificate.serial,
            "season": values["season"],
            "track": values["track"],
            "division": values["division"],
            "round": values["round"],
            "best": values["best"],
        }

    def _main(self, certificate: Certificate, language: str) -> dict[str, Any]:
        t, facts, current = self._catalog.translator(language), certificate.facts, certificate.current
        local = _day(certificate)
        name, award = current.name.best(language), facts.award_title.best(language)
        unit = facts.unit_name.best(language) if facts.unit_name and certificate.kind != "unit" else ""
        if any(_alike(unit, own) for own in (name, current.name.zh, current.name.en)):
            unit = ""
        return {
            "lang": "zh" if language == "zh" else "en",
            "region": "CN" if language == "zh" else "GB",
            "other_lang": "en" if language == "zh" else "zh",
            "title": f"{t(_heading(certificate))} {certificate.serial}",
            "issuer": facts.sponsors[0].best(language),
            "serial": certificate.serial,
            "code": certificate.code,
            "date": {"year": local.year, "month": local.month, "day": local.day},
            "mark": t("laurel"),
            "season": facts.season_title.best(language),
            "heading": t(_heading(certificate)),
            "tracking": 14 if language == "zh" else 1,
            "presented": t("certificate-presented"),
            "name": name,
            "unit": unit,
            "instructors": _credits(facts, t),
            "body": _body(certificate, t),
            "award": award,
            "qr": qr_svg(self._code(certificate, name, award, f"{local:%Y-%m-%d}")),
            "qr_alt": t("certificate-qr"),
            "url": self.address(certificate),
            "serial_label": t("certificate-serial"),
            "code_label": t("certificate-code"),
            "verify_label": t("certificate-verify"),
            "sponsors": [sponsor.best(language) for sponsor in facts.sponsors],
            "day": t.day(local),
            "approval": t("foot-approval", number=facts.approval_number),
            "statement": facts.statement.best(language),
            "version": t("certificate-version", number=current.number) if current.number > 1 else "",
        }

    def _other(self, certificate: Certificate, language: str, main: str) -> dict[str, Any]:
        t, facts, name = self._catalog.translator(language), certificate.facts, certificate.current.name
        return {
            "season_other": _second(facts.season_title, language, main),
            "heading_other": t(_heading(certificate)),
            "name_other": _second(name, language, main),
            "award_other": _second(facts.award_title, language, main),
            "body_other": self._body_other(certificate, language),
            "award_sentence": t("certificate-body-award", award=facts.award_title.best(language)),
        }

    def _body_other(self, certificate: Certificate, language: str) -> str:
        """The body and the award in the other language; nothing where a text of its own has only one."""
        t, own = self._catalog.translator(language), certificate.facts.body
        if own and not _only(own, language):
            return ""
        return _body(certificate, t) + t("certificate-body-award", award=certificate.facts.award_title.best(language))


def _credits(facts: Facts, t: Translator) -> str:
    """The line that names the instructors; empty if nobody is named."""
    named = _names(facts, t)
    return t("certificate-instructors", names=named) if named else ""


def _names(facts: Facts, t: Translator) -> str:
    """The instructors, one after the other."""
    names = [each.name.best(t.language) for each in facts.instructors]
    return t("certificate-comma").join(name for name in names if name != ERASED)


def _day(certificate: Certificate) -> date:
    """The day that the document bears, where the season is."""
    at = certificate.current.at if certificate.current.number == 1 else certificate.granted_at
    return from_unix_micros(at).astimezone(ZoneInfo(certificate.time_zone)).date()


def _apart(text: str) -> str:
    """The text as it stands within another: a mark at its beginning joins no sign before it."""
    return f"\u00a0{text}" if text and unicodedata.category(text[0])[0] == "M" else text


def _entered(certificate: Certificate) -> str:
    """All that people entered of what the document may say, in both languages."""
    facts = certificate.facts
    titles = (facts.season_title, facts.award_title, facts.round_title, facts.track_title, facts.division_title)
    texts = (
        certificate.current.name,
        *(each.name for each in facts.instructors),
        *titles,
        facts.unit_name,
        facts.best,
        facts.body,
        facts.statement,
        *facts.sponsors,
    )
    return "".join([facts.work, facts.approval_number, *(text.zh + text.en for text in texts if text)])


def _understood(error: BrokenTemplate) -> InvalidState:
    """What a complaint of an engine means."""
    words = str(error)[:MOST_WORDS]
    return GlyphMissing(words) if "could not be displayed" in words else InvalidState("document-set-aside", words=words)


def _main_language(certificate: Certificate) -> str:
    return "zh" if certificate.facts.season_title.zh else "en"


def _heading(certificate: Certificate) -> str:
    return "certificate-heading-appointment" if certificate.kind == "appointment" else "certificate-heading"


def _body(certificate: Certificate, t: Translator) -> str:
    own = certificate.facts.body
    if own:
        return own.best(t.language)
    return t(f"certificate-body-{certificate.kind}", **_values(certificate, t))


def _second(text: Text, language: str, main: str) -> str:
    """The text in the other language, if the first does not say the same already."""
    only = _only(text, language)
    return "" if _alike(only, text.best(main)) else only


def _alike(text: str, other: str) -> bool:
    """Whether people would say that both are the same."""
    return comparable(text) == comparable(other)


def _only(text: Text, language: str) -> str:
    return text.en if language == "en" else text.zh


def _values(certificate: Certificate, t: Translator) -> Mapping[str, str]:
    facts = certificate.facts

    def best(text: Text | None) -> str:
        return text.best(t.language) if text else ""

    return {
        "season": best(facts.season_title),
        "round": best(facts.round_title),
        "track": best(facts.track_title),
        "division": best(facts.division_title),
        "work": _apart(facts.work),
        "best": best(facts.best),
    }
