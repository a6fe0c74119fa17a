"""Everything that the certificates service holds of the person or account that asks."""

from typing import Any

from services.certificates.entrypoints.context import Context
from shared.http.personal_data import Kept, Otherwise, list_documents, personal_data
from shared.identity import Principal
from shared.mongo import Document

Own = tuple[Context, Principal]


async def own_data(context: Context, principal: Principal) -> dict[str, Any]:
    """All of it, by kind."""
    return await personal_data(KEPT, (context, principal))


async def _name(own: Own) -> Any:
    context, principal = own
    named = await context.known.names(principal.people)
    return next((named[person].name for person in principal.people if person in named), None)


async def _certificates(own: Own) -> list[dict[str, Any]]:
    context, principal = own
    return [
        {
            "serial": certificate.serial,
            "kind": certificate.kind,
            "season": certificate.season,
            "entry": certificate.entry,
            "granted_at": certificate.granted_at,
            "state": certificate.state,
            "versions": [
                {"number": v.number, "name": v.name, "at": v.at, "reason": v.reason} for v in certificate.versions
            ],
            "changes": [{"kind": c.kind, "at": c.at, "reason": c.reason} for c in certificate.changes],
        }
        for person in principal.people
        for certificate in await context.certificates.of_recipient(person)
    ]


async def _hidden(own: Own) -> list[str]:
    """Entries on whose certificates one is not named to whoever checks them, because consent was withdrawn."""
    context, principal = own
    wanted = {"hidden": {"$in": list(principal.people)}}
    return [str(item["_id"]) async for item in context.database["withdrawn_consents"].find(wanted, {"_id": 1})]


async def _downloads(own: Own) -> list[Document]:
    shown = ("season", "form", "reason", "state", "total", "created_at")
    return await list_documents(own[0].database, "downloads", {"account": own[1].account}, shown)


async def _acts(own: Own) -> list[Document]:
    """What this account took in bulk or changed."""
    wanted = {"account": own[1].account}
    return await list_documents(own[0].database, "audit_log", wanted, ("season", "at", "what", "facts"))


KEPT: tuple[Kept[Own], ...] = (
    Kept("name", ("names",), _name),
    Kept("certificates", ("certificates",), _certificates),
    Kept("not_named_on", ("withdrawn_consents",), _hidden),
    Kept("downloads", ("downloads", "download_parts", "download_pieces"), _downloads),
    Kept("acts", ("audit_log",), _acts),
)

OTHERWISE: Otherwise = {
    "audit": "acts from before there was an audit log, which has taken them over",
    "attempts": "counters under hashes, for a few minutes",
    "undrawn": "numbers of certificates that cannot be drawn, with the reason",
    "seasons": "the rules of a season",
    "units": "schools and those above them",
    "numbers": "counters of certificates",
    "templates": "how documents look",
    "template_files": "pictures of documents: seals and backgrounds",
    "sign_pictures": "pictures of signs that no font has",
    "template_choices": "which template a season uses",
    "keys": "public keys that signed documents",
    "sealed_keys": "private keys, sealed, where replicas share no disk",
    "identity_keys": "public keys of the installation",
    "identity_revoked": "sessions that ended, by number, until they would have",
    "migrations": "which steps have brought older documents up to date",
    "dead_letters": "events that could not be applied, for the operator",
    "streams": "how far the streams of events have come",
}
