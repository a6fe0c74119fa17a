"""From an award to its documents, and from what changes later to their next version, or their end."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from services.certificates.application.ports import Named, Store
from services.certificates.domain.codes import PrintedCodes
from services.certificates.domain.documents import (
    AWARDED,
    Award,
    Certificate,
    Change,
    ChangeKind,
    Kind,
    Version,
    facts_of,
)
from services.certificates.domain.serials import rules_of, serial
from shared.errors import Unavailable
from shared.events.certificates import (
    CertificateEvent,
    CertificateRestoredV1,
    CertificateRevokedV1,
    CertificateSupersededV1,
)
from shared.events.judging import (
    AwardChangedV1,
    AwardGrantedV1,
    AwardRevokedV1,
    EntryAward,
    InstructorAward,
    ResultLines,
    UnitAward,
)
from shared.events.registration import PersonCorrectedV1
from shared.season.rules import SeasonRules
from shared.season.text import Text


@dataclass(frozen=True, slots=True)
class _Wanted:
    kind: Kind
    award: Award
    award_id: str
    recipient: str
    ordinal: int
    unit: str


def _wanted(event: ResultLines) -> Iterator[_Wanted]:
    for entry in event.entries:
        for member in entry.members:
            yield _Wanted("student", _award(entry), entry.award, member.person, member.ordinal or 0, entry.unit)
        if entry.unit_ordinal is not None:
            yield _Wanted("unit", _award(entry), entry.award, entry.unit, entry.unit_ordinal, entry.unit)
    for line in event.instructors:
        yield _Wanted("instructor", _award(line), line.award, line.person, line.ordinal or 0, line.unit)
    for unit in event.units:
        yield _Wanted("unit", _award(unit), unit.award, unit.unit, unit.ordinal or 0, unit.unit)


def _credited(wanted: Iterable[_Wanted]) -> set[str]:
    """The instructors whom these certificates name."""
    return {person for each in wanted if each.kind == "student" for person in each.award.get("instructors", ())}


def _award(line: EntryAward | InstructorAward | UnitAward) -> Award:
    if isinstance(line, UnitAward):
        return Award(round=line.round)
    credited = line.instructors if isinstance(line, EntryAward) else ()
    return Award(
        instructors=credited,
        round=line.round,
        entry=line.entry,
        track=line.track,
        division=line.division,
        title=line.title,
        tier_title=line.tier_title,
    )


async def issue(event: AwardGrantedV1, titles: Mapping[Kind, Text], store: Store) -> int:
    """Make exactly one certificate for each award and recipient; those that exist stay as they are.

    Raises:
        Unavailable: the season, a unit or a name has not arrived yet.
    """
    rules = await store.known.rules(event.season)
    if rules is None:
        raise Unavailable("try-again")
    wanted = list(_wanted(event))
    people = {each_wanted.recipient for each_wanted in wanted if each_wanted.kind != "unit"} | _credited(wanted)
    names = await store.known.names(people)
    units = await store.known.unit_names(event.season, {each_wanted.unit for each_wanted in wanted})
    if people - set(names) or {each_wanted.unit for each_wanted in wanted} - set(units):
        raise Unavailable("try-again")
    templates = await store.templates.chosen(event.season, AWARDED)
    made = [
        _certificate(
            event,
            rules,
            each_wanted,
            names.get(each_wanted.recipient),
            units[each_wanted.unit],
            titles,
            {person: named.name for person, named in names.items()},
            templates[each_wanted.kind],
            store.codes,
        )
        for each_wanted in wanted
    ]
    issued = await store.certificates.issue(made)
    if issued < len(made):
        await _grant_again(event, made, store)
    # A name corrected while these were made must not stay on paper: look again now that they stand.
    for person, named in (await store.known.names(people)).items():
        if named.version > names[person].version:
            await correct(person, named, event.granted_at, "", store)
    return issued


async def _grant_again(event: AwardGrantedV1, made: list[Certificate], store: Store) -> None:
    """What stands already, of an earlier revision of the results: it states what it is granted for now, and is given back."""
    standing = await store.certificates.of_ids([certificate.id for certificate in made])
    for each_certificate in made:
        certificate = standing[each_certificate.id]
        if certificate.results >= event.revision:
            continue
        version = None
        events: list[CertificateEvent] = []
        if certificate.facts != each_certificate.facts:
            version = certificate.next_version(event.granted_at, "", facts=each_certificate.facts)
            events.append(
                certificate_event(CertificateSupersededV1, certificate, version.number)(
                    superseded_at=event.granted_at, reason=""
                )
            )
        change = None
        alone = certificate.withdrawn_alone
        if certificate.revoked == "award" and alone:
            change = replace(alone, at=event.granted_at)
        elif certificate.revoked == "award":
            change = Change(ChangeKind.RESTORED, event.granted_at, "")
            number = (version or certificate.current).number
            events.append(
                certificate_event(CertificateRestoredV1, certificate, number)(restored_at=event.granted_at, reason="")
            )
        await store.certificates.renew(certificate, events, version=version, change=change, results=event.revision)


def _certificate(
    event: AwardGrantedV1,
    rules: SeasonRules,
    wanted: _Wanted,
    named: Named | None,
    unit_name: Text,
    titles: Mapping[Kind, Text],
    names: Mapping[str, Text],
    template: str,
    codes: PrintedCodes,
) -> Certificate:
    name = named.name if named else unit_name
    facts = facts_of(rules, wanted.kind, wanted.award, unit_name, titles, names)
    certificate = f"{event.season}/{wanted.award_id}/{wanted.recipient}"
    return Certificate(
        id=certificate,
        season=event.season,
        kind=wanted.kind,
        award=wanted.award_id,
        recipient=wanted.recipient,
        serial=serial(rules, wanted.award["round"], wanted.kind, wanted.ordinal),
        token=codes.token(certificate),
        code=codes.code(certificate, rules_of(rules).code_chars),
        entry=wanted.award.get("entry", ""),
        unit=wanted.unit,
        track=wanted.award.get("track", ""),
        division=wanted.award.get("division", ""),
        granted_at=event.granted_at,
        time_zone=rules.time_zone,
        versions=(Version(1, name, named.version if named else 0, event.granted_at, "", facts, template),),
        results=event.revision,
    )


async def change(event: AwardChangedV1, titles: Mapping[Kind, Text], store: Store) -> None:
    """A new version of each certificate that prints something else from now on.

    Raises:
        Unavailable: the season, a unit or a certificate has not arrived yet.
    """
    rules = await store.known.rules(event.season)
    if rules is None:
        raise Unavailable("try-again")
    wanted = list(_wanted(event))
    units = await store.known.unit_names(event.season, {item.unit for item in wanted})
    credited = _credited(wanted)
    names = {person: named.name for person, named in (await store.known.names(credited)).items()}
    if credited - set(names):
        raise Unavailable("try-again")
    for each_wanted, certificate in await _certificates(event.season, wanted, store):
        if certificate.results >= event.revision:
            continue
        facts = facts_of(rules, each_wanted.kind, each_wanted.award, units.get(each_wanted.unit), titles, names)
        if facts == certificate.facts:
            await store.certificates.renew(certificate, [], results=event.revision)
            continue
        version = certificate.next_version(event.changed_at, event.reason, facts=facts)
        superseded = certificate_event(CertificateSupersededV1, certificate, version.number)
        events = [superseded(superseded_at=event.changed_at, reason=event.reason)]
        await store.certificates.renew(certificate, events, version=version, results=event.revision)


async def revoke(event: AwardRevokedV1, store: Store) -> None:
    """Take back the certificates of these awards, also of what an organizer has withdrawn alone before.

    Raises:
        Unavailable: a certificate has not been made yet.
    """
    for _, certificate in await _certificates(event.season, list(_wanted(event)), store):
        if certificate.results >= event.revision:
            continue
        if certificate.revoked == "award":
            await store.certificates.renew(certificate, [], results=event.revision)
            continue
        revoked = certificate_event(CertificateRevokedV1, certificate, certificate.current.number)
        events = [revoked(revoked_at=event.revoked_at, reason=event.reason, award_revoked=True)]
        change = Change(ChangeKind.REVOKED, event.revoked_at, event.reason)
        await store.certificates.renew(certificate, events, change=change, results=event.revision)


async def _certificates(season: str, wanted: list[_Wanted], store: Store) -> list[tuple[_Wanted, Certificate]]:
    ids = {f"{season}/{each_wanted.award_id}/{each_wanted.recipient}": each_wanted for each_wanted in wanted}
    result = await store.certificates.of_ids(ids)
    if set(ids) - set(result):
        raise Unavailable("try-again")
    return [(wanted, result[key]) for key, wanted in ids.items()]


E = TypeVar("E", bound=CertificateEvent)


def certificate_event(event: type[E], certificate: Certificate, version: int) -> Callable[..., E]:
    """The event about a certificate, but for what is its own."""
    return partial(
        event,
        season=certificate.season,
        certificate=certificate.id,
        serial=certificate.serial,
        kind=certificate.kind,
        award=certificate.award,
        recipient=certificate.recipient,
        entry=certificate.entry,
        version=version,
    )


async def name_corrected(event: PersonCorrectedV1, store: Store) -> None:
    """Supersede every certificate that shows the old name.

    Raises:
        Unavailable: the corrected name has not arrived yet.
    """
    named = (await store.known.names([event.person])).get(event.person)
    if named is None or named.version < event.version:
        raise Unavailable("try-again")
    await correct(event.person, named, event.corrected_at, event.reason, store)


class MissedCorrections:
    """The sweeper: supersedes certificates that show an older name than the one that is known.

    The correction itself may have been lost on its way, or wait among the dead letters. It alone says why the name was put
    right, and comes a little later than the name; so only what was as old at the sweep before is made up for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: dict[str, int] = {}

    async def sweep(self) -> int:
        """How many people's certificates were superseded."""
        outdated = await self._store.certificates.outdated()
        missed = {person: named for person, named in outdated.items() if self._seen.get(person) == named.version}
        self._seen = {person: named.version for person, named in outdated.items()}
        for person, named in missed.items():
            await correct(person, named, await self._store.clock.now(), "", self._store)
        return len(missed)


async def correct(person: str, named: Named, at: int, reason: str, store: Store) -> None:
    """A new version, with the same number and address, of each certificate that shows an older name."""
    for certificate in await store.certificates.of_recipient(person):
        if certificate.current.name_version >= named.version:
            continue
        version = certificate.next_version(at, reason, name=named.name, name_version=named.version)
        event = certificate_event(CertificateSupersededV1, certificate, version.number)(superseded_at=at, reason=reason)
        await store.certificates.renew(certificate, [event], version=version)
