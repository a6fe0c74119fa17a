"""The ports of the use cases on MongoDB."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from services.certificates.application.ports import Named
from services.certificates.domain.documents import (
    AWARDED,
    BY_LIST,
    ERASED,
    Certificate,
    Change,
    ChangeKind,
    Credited,
    Facts,
    Kind,
    Version,
)
from shared.events.base import IntegrationEvent
from shared.events.certificates import CertificateIssuedV1
from shared.events.registration import (
    ConsentWithdrawnV1,
    PersonErasedV1,
    PersonNamedV1,
    SeasonAmendedV1,
    SeasonOpenedV1,
    UnitRecordedV1,
)
from shared.identity import ANYWHERE
from shared.messaging.outbox import record, record_events
from shared.mongo import Database, Document, Mongo, Projection
from shared.season.rules import SeasonRules
from shared.season.text import Text

SWEPT = 500
HIDING = {"check-page", "take-part"}
"""Without these nobody is named on the page that checks a certificate."""
NAMED_NO_MORE = 1_000_000_000
"""A version above every name, so that nothing is corrected after erasure."""


class MongoKnown:
    """What registration told: rules, names of units, names of people; the newest version of each."""

    def __init__(self, database: Database) -> None:
        self._seasons, self._units, self._names = database["seasons"], database["units"], database["names"]
        self._told_seasons, self._told_units = Projection(self._seasons), Projection(self._units)
        self._told_names = Projection(self._names)
        self._withdrawn = database["withdrawn_consents"]
        self._told_withdrawn = Projection(self._withdrawn)

    async def rules(self, season: str) -> SeasonRules | None:
        document = await self._seasons.find_one({"_id": season})
        return SeasonRules.model_validate_json(document["rules"]) if document else None

    async def unit_names(self, season: str, units: Iterable[str]) -> dict[str, Text]:
        cursor = self._units.find({"_id": {"$in": [f"{season}/{unit}" for unit in units]}})
        return {document["unit"]: Text(**document["name"]) async for document in cursor}

    async def units(self, season: str) -> dict[str, tuple[Text, str]]:
        """Every unit of a season in the organizer's order: its name, and the unit above it."""
        cursor = self._units.find({"season": season}).sort("ordinal", 1)
        return {d["unit"]: (Text(**d["name"]), d["parent"]) async for d in cursor}

    async def names(self, people: Iterable[str]) -> dict[str, Named]:
        cursor = self._names.find({"_id": {"$in": list(people)}})
        return {d["_id"]: Named(Text(**d["name"]), d["told_version"]) async for d in cursor}

    async def season_told(self, event: SeasonOpenedV1 | SeasonAmendedV1) -> None:
        values = {"rules": event.rules.model_dump_json(by_alias=True)}
        await self._told_seasons.keep(event.season, event.version, values)

    async def unit_recorded(self, event: UnitRecordedV1) -> None:
        values = {
            "season": event.season,
            "unit": event.unit,
            "name": event.name.model_dump(),
            "parent": event.parent,
            "ordinal": event.ordinal,
        }
        await self._told_units.keep(f"{event.season}/{event.unit}", event.version, values)

    async def person_named(self, event: PersonNamedV1) -> None:
        await self._told_names.keep(event.person, event.version, {"name": event.name.model_dump()})

    async def consent_withdrawn(self, event: ConsentWithdrawnV1) -> None:
        hidden = [member.person for member in event.members if HIDING & set(member.purposes)]
        await self._told_withdrawn.keep(f"{event.season}/{event.entry}", event.version, {"hidden": hidden})

    async def may_be_named(self, certificate: Certificate) -> bool:
        """Whether the page that checks this certificate may show its recipient's name, masked."""
        hidden = {"_id": f"{certificate.season}/{certificate.entry}", "hidden": certificate.recipient}
        return await self._withdrawn.count_documents(hidden, limit=1) == 0


class MongoCertificates:
    """Certificates, each with its versions and its events."""

    def __init__(self, mongo: Mongo) -> None:
        self._certificates, self._numbers = mongo.aggregates("certificates"), mongo.database["numbers"]
        self._all_certificates, self._all_names = mongo.long_reads["certificates"], mongo.long_reads["names"]

    async def issue(self, certificates: Iterable[Certificate]) -> int:
        return await self._certificates.create_many(
            (_document(certificate), [record(_issued(certificate))] if certificate.kind in AWARDED else [])
            for certificate in certificates
        )

    async def numbers(self, season: str, batch: str, wanted: Mapping[Kind, int]) -> dict[Kind, int]:
        """The first number of each kind for a list of so many. The same list again gets the same numbers."""
        stored_document: dict[Kind, int] = {}
        for kind, count in wanted.items():
            key = f"{season}/{kind}"
            given = {"$getField": {"field": batch, "input": "$given"}}
            first = {"$ifNull": [given, {"$add": [{"$ifNull": ["$last", 0]}, 1]}]}
            last = {"$cond": [{"$gt": [given, None]}, "$last", {"$add": [{"$ifNull": ["$last", 0]}, count]}]}
            document = await self._numbers.find_one_and_update(
                {"_id": key},
                [{"$set": {"first": first, "last": last}}, {"$set": {"given": {batch: "$first"}}}],
                upsert=True,
                return_document=True,
            )
            stored_document[kind] = document["given"][batch]
        return stored_document

    async def outdated(self) -> dict[str, Named]:
        """People with a certificate whose newest version shows an older name than the one known, some at a time."""
        pipeline: list[Document] = [
            {"$match": {"told_version": {"$gt": 1}}},  # few names are ever corrected
            {
                "$lookup": {
                    "from": "certificates",
                    "localField": "_id",
                    "foreignField": "recipient",
                    "let": {"known": "$told_version"},
                    "pipeline": [
                        {"$match": {"$expr": {"$lt": [{"$max": "$versions.name_version"}, "$$known"]}}},
                        {"$limit": 1},
                        {"$project": {"_id": 1}},
                    ],
                    "as": "old",
                }
            },
            {"$match": {"old": {"$ne": []}}},
            {"$limit": SWEPT},
        ]
        return {
            d["_id"]: Named(Text(**d["name"]), d["told_version"]) async for d in self._all_names.aggregate(pipeline)
        }

    async def of_recipient(self, recipient: str) -> list[Certificate]:
        return [_certificate(d) async for d in self._certificates.find({"recipient": recipient}).sort("serial", 1)]

    async def of_units(self, units: Iterable[tuple[str, str]]) -> list[Certificate]:
        """Those that these units were given, each in its season or in any (`*`)."""
        of_season = [
            {"recipient": unit, **({} if season == ANYWHERE else {"season": season})} for season, unit in units
        ]
        if not of_season:
            return []
        wanted = {"kind": "unit", "$or": of_season}
        return [_certificate(d) async for d in self._certificates.find(wanted).sort("serial", 1)]

    async def of_ids(self, certificates: Iterable[str]) -> dict[str, Certificate]:
        """Those of these ids that exist."""
        async_io_motor_cursor = self._certificates.find({"_id": {"$in": list(certificates)}})
        return {document["_id"]: _certificate(document) async for document in async_io_motor_cursor}

    async def renew(
        self,
        certificate: Certificate,
        events: Sequence[IntegrationEvent],
        *,
        version: Version | None = None,
        change: Change | None = None,
        results: int | None = None,
    ) -> None:
        """Append a version, a change, or both; `results` is the revision of the results that asks for it.

        Raises:
            VersionConflict: the certificate has moved on since it was read.
        """
        push: dict[str, Any] = {"versions": _version_document(version)} if version else {}
        values: dict[str, Any] = {} if results is None else {"results": results}
        if change:
            push["changes"] = asdict(change)
            values["revoked_at"] = change.at if change.kind == ChangeKind.REVOKED else None
        await self._certificates.change(certificate.id, certificate.revision, values, record_events(events), push=push)

    async def erase(self, event: PersonErasedV1) -> None:
        """Take the name out of every version; number, award and result stay. A second delivery changes nothing."""
        nobody = {"zh": ERASED, "en": ERASED}
        await self._certificates.collection.update_many(
            {"recipient": event.person},
            {
                "$set": {"versions.$[].name": nobody, "erased_at": event.erased_at},
                "$max": {"versions.$[].name_version": NAMED_NO_MORE},
            },
        )
        await self._certificates.collection.update_many(
            {"versions.facts.instructors.person": event.person},
            {"$set": {"versions.$[naming].facts.instructors.$[who].name": nobody}},
            array_filters=[{"naming.facts.instructors": {"$exists": True}}, {"who.person": event.person}],
        )

    async def by_lists(self, season: str) -> AsyncIterator[Certificate]:
        """Those that follow from no result, without holding them all."""
        async for document in self._certificates.find_all({"season": season, "kind": {"$in": list(BY_LIST)}}):
            yield _certificate(document)

    async def by_token(self, token: str) -> Certificate | None:
        document = await self._certificates.find_one({"token": token})
        return _certificate(document) if document else None

    async def by_serial(self, serial: str) -> Certificate | None:
        document = await self._certificates.find_one({"serial": serial})
        return _certificate(document) if document else None

    async def by_serials(self, season: str, serials: Iterable[str]) -> dict[str, Certificate]:
        """Those of these numbers that the season has."""
        async_io_motor_cursor = self._certificates.find({"season": season, "serial": {"$in": list(serials)}})
        return {document["serial"]: _certificate(document) async for document in async_io_motor_cursor}

    async def of_season(self, season: str, wanted: Mapping[str, Any] | None = None) -> AsyncIterator[Certificate]:
        """The certificates of a season by number, without holding them all."""
        async for document in self._certificates.find_all({"season": season, **(wanted or {})}).sort("serial", 1):
            yield _certificate(document)

    async def page_of(self, season: str, wanted: Mapping[str, Any], skip: int, most: int) -> list[Certificate]:
        """A page of the certificates of a season, by number."""
        cursor = self._certificates.find_all({"season": season, **wanted}).sort("serial", 1).skip(skip).limit(most)
        return [_certificate(document) async for document in cursor]

    async def first_of(self, season: str, letters: str) -> Certificate | None:
        """Any certificate of the season with these letters in its number."""
        document = await self._certificates.find_one({"season": season, "serial": _lettered(letters)})
        return _certificate(document) if document else None

    async def marked(self, season: str, letters: str, version: int) -> AsyncIterator[Certificate]:
        """Those of which this version does not count any more: taken back, or replaced."""
        back = {"season": season, "revoked_at": {"$gt": 0}}
        replaced = {"season": season, "versions.1.number": {"$exists": True}, f"versions.{version}": {"$exists": True}}
        wanted = {"$or": [back, replaced], "serial": _lettered(letters)}
        async for document in self._certificates.find_all(wanted):
            yield _certificate(document)

    async def count(self, season: str, wanted: Mapping[str, Any]) -> int:
        return await self._all_certificates.count_documents({"season": season, **wanted})

    async def counts(self, season: str, wanted: Mapping[str, Any] | None = None) -> dict[str, int]:
        """How many stand, by kind; those taken back do not."""
        standing = {"season": season, "revoked_at": None, **(wanted or {})}
        pipeline: list[Document] = [{"$match": standing}, {"$group": {"_id": "$kind", "count": {"$sum": 1}}}]
        return {d["_id"]: d["count"] async for d in self._all_certificates.aggregate(pipeline)}

    async def counts_by_unit(self, season: str, wanted: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        """How many stand, by unit and kind."""
        grouped = {"_id": {"unit": "$unit", "kind": "$kind"}, "count": {"$sum": 1}}
        pipeline: list[Document] = [{"$match": {"season": season, "revoked_at": None, **wanted}}, {"$group": grouped}]
        counts: dict[str, dict[str, int]] = {}
        async for d in self._all_certificates.aggregate(pipeline):
            counts.setdefault(d["_id"]["unit"], {})[d["_id"]["kind"]] = d["count"]
        return counts


def _lettered(letters: str) -> dict[str, str]:
    return {"$regex": f"^[A-Z0-9]+-{letters}-"}


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


def _version_document(version: Version) -> dict[str, Any]:
    values = {name: getattr(version, name) for name in Version.__dataclass_fields__}
    return {**values, "name": version.name.model_dump(), "facts": _facts_document(version.facts)}


def _version(d: Mapping[str, Any]) -> Version:
    return Version(**{**d, "name": Text(**d["name"]), "facts": _facts(d["facts"])})


def _facts_document(facts: Facts) -> dict[str, Any]:
    document = {
        name: value.model_dump() if isinstance(value, Text) else value
        for name, value in ((name, getattr(facts, name)) for name in Facts.__dataclass_fields__)
    }
    document["sponsors"] = [sponsor.model_dump() for sponsor in facts.sponsors]
    del document["instructors"]
    if facts.instructors:  # the release before knows no such field
        document["instructors"] = [
            {"person": each.person, "name": each.name.model_dump()} for each in facts.instructors
        ]
    return document


def _document(certificate: Certificate) -> dict[str, Any]:
    return {
        "_id": certificate.id,
        "season": certificate.season,
        "kind": certificate.kind,
        "award": certificate.award,
        "recipient": certificate.recipient,
        "serial": certificate.serial,
        "token": certificate.token,
        "code": certificate.code,
        "entry": certificate.entry,
        "unit": certificate.unit,
        "track": certificate.track,
        "division": certificate.division,
        "granted_at": certificate.granted_at,
        "time_zone": certificate.time_zone,
        "versions": [_version_document(version) for version in certificate.versions],
        "changes": [asdict(change) for change in certificate.changes],
        "results": certificate.results,
        "revoked_at": None,
    }


def _facts(d: Mapping[str, Any]) -> Facts:
    values: dict[str, Any] = {name: Text(**value) if isinstance(value, dict) else value for name, value in d.items()}
    values["sponsors"] = tuple(Text(**sponsor) for sponsor in d["sponsors"])
    if "instructors" in d:
        values["instructors"] = tuple(Credited(each["person"], Text(**each["name"])) for each in d["instructors"])
    return Facts(**values)


def _certificate(d: dict[str, Any]) -> Certificate:
    return Certificate(
        id=d["_id"],
        season=d["season"],
        kind=d["kind"],
        award=d["award"],
        recipient=d["recipient"],
        serial=d["serial"],
        token=d["token"],
        code=d["code"],
        entry=d["entry"],
        unit=d["unit"],
        track=d["track"],
        division=d["division"],
        granted_at=d["granted_at"],
        time_zone=d["time_zone"],
        versions=tuple(_version(version) for version in d["versions"]),
        changes=tuple(Change(**{**change, "kind": ChangeKind(change["kind"])}) for change in d["changes"]),
        revision=d["version"],
        results=d["results"],
    )
