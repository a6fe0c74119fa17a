"""The ports of certificates in memory."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import NoReturn

from services.certificates.adapters.engines import current
from services.certificates.adapters.templates import ART, BUILT_IN, Files, Template, identity, packaged_files
from services.certificates.application.ports import Named, Store
from services.certificates.domain.codes import PrintedCodes
from services.certificates.domain.designs import Design
from services.certificates.domain.documents import (
    AWARDED,
    BY_LIST,
    ERASED,
    STANDARD,
    Certificate,
    Change,
    Kind,
    Version,
)
from shared.errors import NotFound
from shared.events.base import IntegrationEvent
from shared.events.certificates import CertificateIssuedV1
from shared.events.registration import (
    PersonErasedV1,
    PersonNamedV1,
    SeasonAmendedV1,
    SeasonOpenedV1,
    UnitRecordedV1,
)
from shared.season.rules import SeasonRules
from shared.season.text import Text
from tests.support.fakes.memory import Clock, Collection, Newest, Told

NAMED_NO_MORE = 1_000_000_000


class Known:
    """What registration told: rules, names of units, names of people; the newest version of each."""

    def __init__(self) -> None:
        self._seasons: Newest[SeasonRules] = Newest()
        self._units: Newest[tuple[str, Text]] = Newest()
        self._names: Newest[Text] = Newest()

    async def rules(self, season: str) -> SeasonRules | None:
        return self._seasons.find(season)

    async def unit_names(self, season: str, units: Iterable[str]) -> dict[str, Text]:
        generator = (self._units.find(f"{season}/{unit}") for unit in units)
        return dict(item for item in generator if item)

    async def names(self, people: Iterable[str]) -> dict[str, Named]:
        result = {person: self._names.find(person) for person in people}
        return {person: Named(name, self._names.version(person)) for person, name in result.items() if name}

    async def season_told(self, event: SeasonOpenedV1 | SeasonAmendedV1) -> None:
        self._seasons.keep(event.season, event.version, event.rules)

    async def unit_recorded(self, event: UnitRecordedV1) -> None:
        self._units.keep(f"{event.season}/{event.unit}", event.version, (event.unit, event.name))

    async def person_named(self, event: PersonNamedV1) -> None:
        self._names.keep(event.person, event.version, event.name)


class Certificates:
    """Certificates, each with its versions and its events."""

    def __init__(self, clock: Clock, told: Told, known: Known) -> None:
        self.kept: Collection[Certificate] = Collection(
            clock, told, lambda certificate: [certificate.serial, certificate.token]
        )
        self._known = known
        self._last: dict[tuple[str, str], int] = {}
        self._given: dict[tuple[str, str, str], int] = {}

    def _read(self, key: str) -> Certificate | None:
        certificate = self.kept.find(key)
        return replace(certificate, revision=self.kept.version(key)) if certificate else None

    def _listed(self) -> list[Certificate]:
        return [certificate for key in self.kept.items() if (certificate := self._read(key))]

    async def issue(self, certificates: Iterable[Certificate]) -> int:
        return sum(
            self.kept.create(
                certificate.id,
                replace(certificate, changes=()),
                [_issued(certificate)] if certificate.kind in AWARDED else [],
            )
            for certificate in certificates
        )

    async def numbers(self, season: str, batch: str, wanted: Mapping[Kind, int]) -> dict[Kind, int]:
        result: dict[Kind, int] = {}
        for kind, count in wanted.items():
            last = self._last.get((season, kind), 0)
            if (season, kind, batch) not in self._given:
                self._given[season, kind, batch] = last + 1
                self._last[season, kind] = last + count
            result[kind] = self._given[season, kind, batch]
        return result

    async def outdated(self) -> dict[str, Named]:
        people = {certificate.recipient for certificate in self.kept}
        known = {person: named for person, named in (await self._known.names(people)).items() if named.version > 1}
        return {
            certificate.recipient: known[certificate.recipient]
            for certificate in self.kept
            if certificate.recipient in known
            and certificate.current.name_version < known[certificate.recipient].version
        }

    async def of_recipient(self, recipient: str) -> list[Certificate]:
        return sorted(
            (certificate for certificate in self._listed() if certificate.recipient == recipient),
            key=lambda certificate: certificate.serial,
        )

    async def of_ids(self, certificates: Iterable[str]) -> dict[str, Certificate]:
        return {key: certificate for key in certificates if (certificate := self._read(key))}

    async def by_lists(self, season: str) -> AsyncIterator[Certificate]:
        for certificate in self._listed():
            if certificate.season == season and certificate.kind in BY_LIST:
                yield certificate

    async def by_serial(self, serial: str) -> Certificate | None:
        return next((certificate for certificate in self._listed() if certificate.serial == serial), None)

    async def by_serials(self, season: str, serials: Iterable[str]) -> dict[str, Certificate]:
        wanted = set(serials)
        return {
            certificate.serial: certificate
            for certificate in self._listed()
            if certificate.season == season and certificate.serial in wanted
        }

    async def renew(
        self,
        certificate: Certificate,
        events: Sequence[IntegrationEvent],
        *,
        version: Version | None = None,
        change: Change | None = None,
        results: int | None = None,
    ) -> None:
        present = self.kept.find(certificate.id) or certificate
        after = replace(
            present,
            versions=(*present.versions, *([version] if version else [])),
            changes=(*present.changes, *([change] if change else [])),
            results=present.results if results is None else results,
        )
        self.kept.change(certificate.id, certificate.revision, after, events)

    async def erase(self, event: PersonErasedV1) -> None:
        nobody = Text(zh=ERASED, en=ERASED)
        for key, certificate in self.kept.items().items():
            if certificate.recipient == event.person:
                versions = [
                    replace(version, name=nobody, name_version=NAMED_NO_MORE) for version in certificate.versions
                ]
                certificate = replace(certificate, versions=tuple(versions))  # noqa: PLW2901
            self.kept.put(
                key, replace(certificate, versions=tuple(_uncredited(v, event.person) for v in certificate.versions))
            )


def _uncredited(version: Version, person: str) -> Version:
    nobody = Text(zh=ERASED, en=ERASED)
    credited = tuple(replace(c, name=nobody) if c.person == person else c for c in version.facts.instructors)
    return replace(version, facts=replace(version.facts, instructors=credited))


def _issued(certificate: Certificate) -> CertificateIssuedV1:
    return CertificateIssuedV1(
        season=certificate.season,
        certificate=certificate.id,
        serial=certificate.serial,
        kind=certificate.kind,
        award=certificate.award,
        recipient=certificate.recipient,
        entry=certificate.entry,
        version=1,
        issued_at=certificate.granted_at,
    )


class Templates:
    """Which template each kind is printed by."""

    def __init__(self) -> None:
        self.choices: dict[tuple[str, Kind], str] = {}

    async def chosen(self, season: str, kinds: Sequence[Kind]) -> Mapping[Kind, str]:
        usual = self.choices.get((season, "student"), STANDARD)
        return {kind: self.choices.get((season, kind), usual if kind in BY_LIST else STANDARD) for kind in kinds}


class Issuing:
    """A whole certificates service in memory: its ports, its clock, and what it told."""

    def __init__(self, at: int = 0) -> None:
        self.clock, self.told = Clock(at), Told()
        self.known, self.templates, self.codes = Known(), Templates(), PrintedCodes(b"a key for tests")
        self.certificates = Certificates(self.clock, self.told, self.known)

    @property
    def store(self) -> Store:
        return Store(self.known, self.certificates, self.clock, self.templates, self.codes)


class TemplateShelf(Templates):
    """Templates with their versions and pictures, in memory, and those that come with Laurel."""

    def __init__(self) -> None:
        super().__init__()
        self._made: list[Template] = []
        self._named: dict[str, dict[str, str]] = {}
        self._kept: dict[str, bytes] = {}

    async def find(self, template: str) -> Template:
        every = [*self._made, *(self._built_in(name) for name in BUILT_IN)]
        wanted = identity(BUILT_IN[0]) if template == STANDARD else template
        return next((item for item in every if item.id == wanted), None) or _raise(NotFound("no-such-template"))

    def _built_in(self, name: str) -> Template:
        return Template(
            identity(name), "", name, 0, packaged_files(name)["template.typ"].decode(), {}, current(), 0, ""
        )

    async def newest(self, season: str, name: str) -> Template:
        own = [item for item in self._made if (item.season, item.name) == (season, name)]
        return own[-1] if own else await self.find(identity(name) if name in BUILT_IN else name)

    async def of(self, season: str) -> list[Template]:
        own = sorted((item for item in self._made if item.season == season), key=lambda item: (item.name, -item.number))
        return [*own, *(self._built_in(name) for name in BUILT_IN)]

    async def designs(self) -> list[Template]:
        return list({(item.season, item.name): item for item in self._made if item.design}.values())

    async def files(self, template: str) -> Files:
        stored = await self.find(template)
        if not stored.season:
            return packaged_files(stored.name)
        pictures = {name: self._kept[key] for name, key in stored.files.items()}
        return {**packaged_files(BUILT_IN[0]), **pictures, "template.typ": stored.source.encode()}

    async def engine(self, template: str) -> str:
        return (await self.find(template)).engine

    async def picture(self, key: str) -> bytes:
        return self._kept[key]

    async def pictures(self, season: str) -> dict[str, str]:
        art = {name: await self._keep(packaged_files(BUILT_IN[0])[name]) for name in ART}
        return {**art, **self._named.get(season, {})}

    async def _keep(self, data: bytes) -> str:
        key = sha256(data).hexdigest()
        self._kept[key] = data
        return key

    async def add_picture(self, season: str, name: str, data: bytes) -> None:
        self._named.setdefault(season, {})[name] = await self._keep(data)

    async def take_over_picture(self, season: str, name: str, key: str) -> str:
        own = await self.pictures(season)
        free = name if own.get(name, key) == key else f"{key[:12]}.{name.rpartition('.')[2]}"
        self._named.setdefault(season, {})[free] = key
        return free

    async def save(self, season: str, name: str, source: str, by: str, design: Design | None = None) -> Template:
        number = 1 + sum(1 for item in self._made if (item.season, item.name) == (season, name))
        key, pictures = f"{season}/{name}@{number}", await self.pictures(season)
        self._made.append(Template(key, season, name, number, source, pictures, current(), number, by, design))
        return self._made[-1]

    async def choose(self, season: str, kind: Kind, template: str) -> None:
        self.choices[season, kind] = (await self.find(template)).id


def _raise(error: Exception) -> NoReturn:
    raise error
