"""What the certificates service holds of a season, line by line."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.certificates.domain.documents import AWARDED
from shared.events.certificates import (
    CertificateEvent,
    CertificateIssuedV1,
    CertificateRestoredV1,
    CertificateRevokedV1,
    CertificateSupersededV1,
)
from shared.http.reconciliation import (
    Facts,
    Filter,
    Line,
    ReconciliationView,
    itself,
    meant,
    of_all,
    rules_facts,
    told_events,
)
from shared.mongo import Document, Mongo
from shared.season.rules import SeasonRules
from shared.season.text import Text

KINDS: tuple[type[CertificateEvent], ...] = (
    CertificateIssuedV1,
    CertificateSupersededV1,
    CertificateRevokedV1,
    CertificateRestoredV1,
)
SHOWN = ("serial", "kind", "recipient", "entry")
"""What the account of a recipient is shown of a certificate."""
KNOWN_NAME: Sequence[Document] = (
    {"$lookup": {"from": "names", "localField": "recipient", "foreignField": "_id", "as": "known"}},
)


def ledgers(mongo: Mongo) -> Mapping[str, ReconciliationView]:
    """Rules, units and names as they were told (names are of no season), and its certificates."""
    database, written = mongo.long_reads, mongo.database

    def copy(collection: str, read: Any, **options: Any) -> ReconciliationView:
        options = {"stale": {"told_version": 0}, **options}
        return ReconciliationView(database[collection], read, copies=written[collection], **options)

    return {
        "rules": copy("seasons", _rules, wanted=itself, removable=False),
        "unit-names": copy("units", _unit),
        "names": copy("names", _name, wanted=of_all, removable=False),
        "awards": ReconciliationView(database["certificates"], lambda d: [Line(d["_id"], {})], wanted=_awarded),
        "certificates": ReconciliationView(database["certificates"], _certificate, wanted=_awarded, outbox=True),
        "printed-names": ReconciliationView(database["certificates"], printed_name, wanted=_awarded, joined=KNOWN_NAME),
    }


async def _awarded(season: str) -> Filter:
    return {"season": season, "kind": {"$in": list(AWARDED)}}


def _rules(document: Document) -> Iterable[Line]:
    says = meant(lambda: rules_facts(SeasonRules.model_validate_json(document["rules"])))
    yield Line(document["_id"], says, version=document["told_version"])


def _unit(document: Document) -> Iterable[Line]:
    def says() -> Facts:
        parent = {"parent": document["parent"]} if document["parent"] else {}
        return {"name": _text(document["name"]), "ordinal": document["ordinal"], **parent}

    yield Line(document["_id"], meant(says), version=document["told_version"])


def _name(document: Document) -> Iterable[Line]:
    says = meant(lambda: {"name": Text.model_validate(document["name"]).model_dump()})
    yield Line(document["_id"], says, version=document["told_version"])


def _text(stored: Any) -> Any:
    return Text.model_validate(stored).model_dump(exclude_defaults=True)


def _certificate(document: Document) -> Iterable[Line]:
    events = told_events(document, *KINDS)
    told: Facts | None = None
    if events:
        newest = max(events, key=lambda event: event.version)
        told = {
            **{name: getattr(newest, name) for name in SHOWN},
            "number": newest.version,
            "revoked": _taken_back(events),
        }
    says = {
        **{name: document[name] for name in SHOWN},
        "number": document["versions"][-1]["number"],
        "revoked": bool(document["revoked_at"]),
    }
    yield Line(document["_id"], says, told, max((event.version for event in events), default=0))


def _taken_back(events: Iterable[CertificateEvent]) -> bool:
    taken = max((event.revoked_at for event in events if isinstance(event, CertificateRevokedV1)), default=0)
    restored = max((event.restored_at for event in events if isinstance(event, CertificateRestoredV1)), default=0)
    return taken > restored


def printed_name(document: Document) -> Iterable[Line]:
    """The name that a person's certificate prints, beside the one that is known.

    Nothing where a newer name waits to be printed, or where somebody decided what this certificate prints.
    """
    newest, known = document["versions"][-1], document["known"]
    if document["kind"] == "unit" or not known or newest["name_version"] != known[0]["told_version"]:
        return
    of_name = [version for version in document["versions"] if version["name_version"] == newest["name_version"]]
    if not any(version.get("by") for version in of_name):
        yield Line(document["_id"], {"name": _text(newest["name"])}, {"name": _text(known[0]["name"])})
