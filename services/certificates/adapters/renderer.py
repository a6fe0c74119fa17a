"""Documents by typst: PDF/A-2a and PDF/UA-1, the same bytes for the same inputs."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.certificates.adapters.aside import Aside, NothingAside
from services.certificates.adapters.batch_pdf import PROBE_SERIAL, PROBE_TITLE, PageInfo
from services.certificates.adapters.engines import Engines, current
from services.certificates.adapters.keys import CredentialKey
from services.certificates.adapters.signing import DocumentSigner
from services.certificates.adapters.templates import PACKAGED, Folders, Source
from services.certificates.adapters.typst_worker import BrokenTemplate, pdf_options
from services.certificates.adapters.typst_workers import Drawers
from services.certificates.domain.documents import Certificate, check_statement
from shared.errors import InvalidState
from shared.limited import Exceeded
from shared.season.codes import Record, signed_record
from shared.season.text import Text
from shared.season.time import from_unix_micros
from shared.web.qr import qr_svg
from shared.web.translation import Catalog, Translator

AT_ONCE = 25
"""Certificates that are laid out together."""
MOST_WORDS = 600
CROP = 42
"""How far the marks of a printer stand away from the edge of the sheet, in points (15 mm)."""


class GlyphMissing(InvalidState):
    """No font has a character of the text; it is named in the message."""

    def __init__(self, words: str) -> None:
        super().__init__("document-set-aside", words=words)


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
    ) -> None:
        self._catalog, self._public_url, self._signer, self._codes = catalog, public_url, signer, codes
        self._templates, self._folders, self._engines = templates, Folders(templates), engines
        self._aside: Aside = aside or NothingAside()
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
            GlyphMissing: no font has a character of it.
            MissingStatement: it lacks the approval number or the statement.
            InvalidState: its template cannot draw it, and it was set aside.
            Unavailable: an earlier engine stopped, or the time-stamping service is away.
        """
        words = self._checked(certificate)
        undrawn = await self._aside.find(certificate)
        if undrawn:
            raise (
                InvalidState("document-set-aside", words=undrawn.reason)
                if undrawn.reason
                else InvalidState("document-too-much")
            )
        plain = await self._alone(certificate, words)
        return await self._signer.signed(plain, certificate.current.at, self._label(certificate))

    async def _alone(self, certificate: Certificate, words: Mapping[str, Any]) -> bytes:
        """The document before it is signed. What ends its process is tried once more, then set aside."""
        season, version = certificate.season, certificate.current
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
            if await self._engine(template) != current():
                document |= await self._one_by_one(some)
            else:
                batches += [(template, some[start : start + AT_ONCE]) for start in range(0, len(some), AT_ONCE)]
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
            except (BrokenTemplate, Exceeded):
                right = await self._right(some)
                aside += [each_certificate for each_certificate in some if each_certificate not in right]
                if right:
                    made.append(await self._bound(right, crop=crop))
        return made, aside

    async def _bound(self, some: Sequence[Certificate], *, crop: bool) -> bytes:
        at, first = max(certificate.current.at for certificate in some), some[0]
        data = self._book(some, crop=crop)
        return await self._drawn(first.season, first.current.template, "book.typ", data, at, len(some))

    async def _right(self, some: Sequence[Certificate]) -> list[Certificate]:
        """Those of them that can be drawn alone."""
        right: list[Certificate] = []
        for certificate in some:
            with suppress(InvalidState):
                await self._alone(certificate, self._checked(certificate))
                right.append(certificate)
        return right

    def _book(self, certificates: Sequence[Certificate], *, crop: bool) -> dict[str, Any]:
        first = certificates[0]
        words = [self._checked(certificate) for certificate in certificates]
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
        data = {
            "lang": "zh" if language == "zh" else "en",
            "region": "CN" if language == "zh" else "GB",
            "award": facts.award_title.best(language),
            "group": " · ".join(group),
            "season": facts.season_title.best(language),
            "serial": certificate.serial,
        }
        options = {"format": form, "ppi": 108.0}
        return await self.drawers.drawn(certificate.season, current(), PACKAGED / "badge.typ", data, options)

    def _checked(self, certificate: Certificate) -> dict[str, Any]:
        facts = certificate.facts
        check_statement(certificate.serial, facts.approval_number, facts.statement)
        return self.words(certificate)

    def words(self, certificate: Certificate) -> dict[str, Any]:
        """Everything the document says, in its main language and beside it in the other."""
        main = _main_language(certificate)
        other = "en" if main == "zh" else "zh"
        return {**self._main(certificate, main), **self._other(certificate, other, main)}

    def _main(self, certificate: Certificate, language: str) -> dict[str, Any]:
        t, facts, current = self._catalog.translator(language), certificate.facts, certificate.current
        local = from_unix_micros(current.at if current.number == 1 else certificate.granted_at).astimezone(
            ZoneInfo(certificate.time_zone)
        )
        name, award = current.name.best(language), facts.award_title.best(language)
        unit = facts.unit_name.best(language) if facts.unit_name and certificate.kind != "unit" else ""
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
            "body": _body(certificate, t),
            "award": award,
            "qr": qr_svg(self._code(certificate, name, award, f"{local:%Y-%m-%d}")),
            "qr_alt": t("certificate-qr"),
            "url": self.address(certificate),
            "serial_label": t("certificate-serial"),
            "code_label": t("certificate-code"),
            "verify_label": t("certificate-verify"),
            "sponsors": [sponsor.best(language) for sponsor in facts.sponsors],
            "day": t.day(local.date()),
            "approval": t("foot-approval", number=facts.approval_number),
            "statement": facts.statement.best(language),
            "version": t("certificate-version", number=current.number) if current.number > 1 else "",
        }

    def _other(self, certificate: Certificate, language: str, main: str) -> dict[str, Any]:
        t, facts, name = self._catalog.translator(language), certificate.facts, certificate.current.name
        return {
            "season_other": _only(facts.season_title, language),
            "heading_other": t(_heading(certificate)),
            "name_other": _second(name, language, main),
            "award_other": _second(facts.award_title, language, main),
            "body_other": self._body_other(certificate, language),
        }

    def _body_other(self, certificate: Certificate, language: str) -> str:
        """The body and the award in the other language; nothing where a text of its own has only one."""
        t, own = self._catalog.translator(language), certificate.facts.body
        if own and not _only(own, language):
            return ""
        return _body(certificate, t) + t("certificate-body-award", award=certificate.facts.award_title.best(language))


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
    return "" if only == text.best(main) else only


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
        "work": facts.work,
        "best": best(facts.best),
    }
