"""The ports of certificates in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from services.certificates.application.ports import Named, Store
from services.certificates.domain.documents import AWARDED, ERASED, STANDARD, Certificate, Change, Kind, Version
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
        found = (self._units.find(f"{season}/{unit}") for unit in units)
        return dict(one for one in found if one)

    async def names(self, people: Iterable[str]) -> dict[str, Named]:
        found = {person: self._names.find(person) for person in people}
        return {person: Named(name, self._names.version(person)) for person, name in found.items() if name}

    async def season_told(self, event: SeasonOpenedV1 | SeasonAmendedV1) -> None:
        self._seasons.keep(event.season, event.version, event.rules)

    async def unit_recorded(self, event: UnitRecordedV1) -> None:
        self._units.keep(f"{event.season}/{event.unit}", event.version, (event.unit, event.name))

    async def person_named(self, event: PersonNamedV1) -> None:
        self._names.keep(event.person, event.version, event.name)


class Certificates:
    """Certificates, each with its versions and its events."""

    def __init__(self, clock: Clock, told: Told, known: Known) -> None:
        self.kept: Collection[Certificate] = Collection(clock, told, lambda one: [one.serial, one.token])
        self._known = known
        self._last: dict[tuple[str, str], int] = {}
        self._given: dict[tuple[str, str, str], int] = {}

    def _read(self, key: str) -> Certificate | None:
        found = self.kept.find(key)
        return replace(found, revision=self.kept.version(key)) if found else None

    def _listed(self) -> list[Certificate]:
        return [found for key in self.kept.items() if (found := self._read(key))]

    async def issue(self, certificates: Iterable[Certificate]) -> int:
        return sum(
            self.kept.create(one.id, replace(one, changes=()), [_issued(one)] if one.kind in AWARDED else [])
            for one in certificates
        )

    async def numbers(self, season: str, batch: str, wanted: Mapping[Kind, int]) -> dict[Kind, int]:
        found: dict[Kind, int] = {}
        for kind, count in wanted.items():
            last = self._last.get((season, kind), 0)
            if (season, kind, batch) not in self._given:
                self._given[season, kind, batch] = last + 1
                self._last[season, kind] = last + count
            found[kind] = self._given[season, kind, batch]
        return found

    async def outdated(self) -> dict[str, Named]:
        people = {one.recipient for one in self.kept}
        known = {person: named for person, named in (await self._known.names(people)).items() if named.version > 1}
        return {
            one.recipient: known[one.recipient]
            for one in self.kept
            if one.recipient in known and one.current.name_version < known[one.recipient].version
        }

    async def of_recipient(self, recipient: str) -> list[Certificate]:
        return sorted((one for one in self._listed() if one.recipient == recipient), key=lambda one: one.serial)

    async def of_ids(self, certificates: Iterable[str]) -> dict[str, Certificate]:
        return {key: found for key in certificates if (found := self._read(key))}

    async def by_serial(self, serial: str) -> Certificate | None:
        return next((one for one in self._listed() if one.serial == serial), None)

    async def by_serials(self, season: str, serials: Iterable[str]) -> dict[str, Certificate]:
        wanted = set(serials)
        return {one.serial: one for one in self._listed() if one.season == season and one.serial in wanted}

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
        for key, one in self.kept.items().items():
            if one.recipient == event.person:
                versions = [replace(version, name=nobody, name_version=NAMED_NO_MORE) for version in one.versions]
                self.kept.put(key, replace(one, versions=tuple(versions)))


def _issued(one: Certificate) -> CertificateIssuedV1:
    return CertificateIssuedV1(
        season=one.season,
        certificate=one.id,
        serial=one.serial,
        kind=one.kind,
        award=one.award,
        recipient=one.recipient,
        entry=one.entry,
        version=1,
        issued_at=one.granted_at,
    )


class Templates:
    """Which template each kind is printed by."""

    def __init__(self) -> None:
        self.choices: dict[tuple[str, Kind], str] = {}

    async def chosen(self, season: str, kinds: Sequence[Kind]) -> Mapping[Kind, str]:
        return {kind: self.choices.get((season, kind), STANDARD) for kind in kinds}


class Issuing:
    """A whole certificates service in memory: its ports, its clock, and what it told."""

    def __init__(self, at: int = 0) -> None:
        self.clock, self.told = Clock(at), Told()
        self.known, self.templates = Known(), Templates()
        self.certificates = Certificates(self.clock, self.told, self.known)

    @property
    def store(self) -> Store:
        return Store(self.known, self.certificates, self.clock, self.templates)
