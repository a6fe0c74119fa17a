"""Everything that registration holds of the person or account that asks."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.registration.application.ports import Person, StoredEntry
from services.registration.domain.accounts import judge_seats
from services.registration.domain.people import birth_of
from services.registration.entrypoints.context import Context
from shared.http.personal_data import Kept, Otherwise, list_documents, personal_data
from shared.identity import ANYWHERE, Principal
from shared.mongo import Document
from shared.season.fields import values_of


@dataclass(frozen=True, slots=True)
class Own:
    """Whose data is asked for. An account without a person behind it is somebody all the same."""

    context: Context
    account: str
    people: tuple[Person, ...]
    """Who they are in the seasons in which they take part or teach."""
    entries: Sequence[StoredEntry]

    @property
    def ids(self) -> list[str]:
        return [person.id for person in self.people]


async def own_data(context: Context, principal: Principal) -> dict[str, Any]:
    """All of it, by kind."""
    people = [await context.read.people.find(person) for person in principal.people]
    entries = await context.read.entries.owned(principal.account, principal.people)
    return await personal_data(KEPT, Own(context, principal.account, tuple(filter(None, people)), entries))


async def child_data(context: Context, person: Person, entries: Sequence[StoredEntry]) -> dict[str, Any]:
    """What is held of a child itself, for its guardian: nothing of accounts."""
    return await personal_data([kept for kept in KEPT if kept.name in OF_CHILD], Own(context, "", (person,), entries))


async def _person(own: Own) -> dict[str, Any] | None:
    return _described(own.people[-1]) if own.people else None


async def _in_other_seasons(own: Own) -> list[dict[str, Any]]:
    return [_described(person) for person in own.people[:-1]]


def _described(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "season": person.season,
        "kind": person.kind,
        "name": {"zh": person.name.zh, "en": person.name.en},
        "birth": birth_of(person.key) if person.kind == "student" else "",
    }


async def _account(own: Own) -> dict[str, Any]:
    return await own.context.access.accounts.describe(own.account)


async def _entries(own: Own) -> list[dict[str, Any]]:
    return [await _entry(own, entry) for entry in own.entries]


async def _entry(own: Own, entry: StoredEntry) -> dict[str, Any]:
    person = next((item for item in own.ids if item in (*entry.members, *entry.instructors)), "")
    work = await own.context.files.works.find(entry.season, entry.entry.entry) if person in entry.members else None
    grades = {who: member.grade for who, member in zip(entry.members, entry.entry.members, strict=True)}
    return {
        "season": entry.season,
        "entry": entry.entry.entry,
        "title": entry.entry.title,
        "track": entry.entry.track,
        "division": entry.entry.division,
        "unit": entry.entry.unit,
        "language": entry.entry.language,
        "description": entry.entry.description,
        "link": entry.entry.link,
        "video": entry.entry.video,
        "fields": values_of(entry.entry.answers),
        "standing": entry.standing,
        "role": "member" if person in entry.members else "instructor" if person in entry.instructors else "keeper",
        "grade": grades.get(person),
        "registered_at": entry.entry.registered_at,
        "submitted_at": entry.entry.submitted_at,
        "consents": [
            {
                "guardian": consent.guardian,
                "relation": consent.relation,
                "at": consent.at,
                "purposes": consent.purposes,
                "version": consent.text_version,
                "method": consent.method,
                "channel": consent.channel,
                "confirmed": consent.certain,
            }
            for consent in entry.consents
            if entry.members[consent.member - 1] == person
        ],
        "files": [
            {"name": file.name, "size": file.size, "sha256": file.sha256, "received_at": file.received_at}
            for file in (work.files if work else ())
        ],
        "history": [
            {name: note[name] for name in ("what", "at", "reason", "until", "purposes", "changed") if name in note}
            | ({"asked": note["asked"]} if person and note.get("person") == person else {})
            for note in entry.history
        ],
    }


async def _results(own: Own) -> list[Document]:
    """Lines of announced and final results, without the others on them."""
    among = {"$in": own.ids}
    wanted = {
        "season": {"$in": [person.season for person in own.people]},
        "$or": [{"line.members.person": among}, {"line.person": among}],
    }
    shown = ("round", "entry", "title", "track", "division", "unit", "tier", "rank", "score", "points", "status")
    return await list_documents(
        own.context.database, "award_lines", wanted, ("stage", "revision", "table", *(f"line.{item}" for item in shown))
    )


def _of_person(collection: str, field: str, *shown: str) -> Callable[[Own], Awaitable[list[Document]]]:
    async def read(own: Own) -> list[Document]:
        return await list_documents(own.context.database, collection, {field: {"$in": own.ids}}, shown)

    return read


def _of_account(collection: str, *shown: str, **more: Any) -> Callable[[Own], Awaitable[list[Document]]]:
    async def read(own: Own) -> list[Document]:
        return await list_documents(own.context.database, collection, {"account": own.account, **more}, shown)

    return read


async def _told_outside(own: Own) -> list[Document]:
    """What was told of one's entries to organizers' own systems."""
    documents: list[Document] = []
    certificates = own.context.database["certificates"]
    wanted_recipients = {"recipient": {"$in": own.ids}}
    serials = [item["serial"] async for item in certificates.find(wanted_recipients, {"serial": 1})]
    for entry in own.entries:
        mine = {"$or": [{"data.serial": {"$exists": False}}, {"data.serial": {"$in": serials}}]}
        wanted = {"season": entry.season, "data.entry": entry.entry.entry, **mine}
        shown = ("season", "kind", "data", "at", "state", "receiver")
        documents += await list_documents(own.context.database, "webhook_deliveries", wanted, shown)
    return documents


async def _roles(own: Own) -> list[Document]:
    """What was given to this account, and what it gave."""
    account = await own.context.access.accounts.find(own.account)
    wanted = {"$or": [{"to": account.login}, {"by": account.login}]} if account else None
    return await list_documents(
        own.context.database, "role_records", wanted, ("what", "grant", "by", "to", "reason", "at")
    )


async def _judged(own: Own) -> list[Document]:
    """What was recorded of this account's judges: their names and contacts, and whom they avoid."""
    account = await own.context.access.accounts.find(own.account)
    seats = judge_seats(grant for grant in account.grants if grant.season != ANYWHERE) if account else ()
    shown = ("season", "judge", "name", "contact", "role", "tracks", "languages", "employer", "avoid")
    return await list_documents(own.context.database, "judges", {"_id": {"$in": list(seats)}}, shown)


async def _copies(own: Own) -> list[Document]:
    """What judges get of the files of one's works, and what was looked at before."""
    works = [entry for entry in own.entries if set(own.ids) & set(entry.members)]
    return await _of_entries(own, works, "copies", ("season", "entry", "state", "reason", "release"))


async def _self_assessments(own: Own) -> list[Document]:
    """What one's entries gave themselves, and what was said of it."""
    shown = ("season", "entry", "scores", "verifications", "told")
    return await _of_entries(own, own.entries, "assessments", shown)


async def _material(own: Own) -> list[Document]:
    """Material that came with one's entries."""
    shown = ("season", "entry", "media", "kind", "file", "size", "url", "people", "consent", "uploaded_at")
    return await _of_entries(own, own.entries, "media", shown)


async def _of_entries(
    own: Own, entries: Iterable[StoredEntry], collection: str, shown: Sequence[str]
) -> list[Document]:
    documents: list[Document] = []
    for entry in entries:
        wanted = {"season": entry.season, "entry": entry.entry.entry}
        documents += await list_documents(own.context.database, collection, wanted, shown)
    return documents


async def _read_by(own: Own) -> list[Document]:
    return [look for person in own.ids for look in await own.context.rights.reads.of_person(person)]


async def _looked_at(own: Own) -> list[Document]:
    return await own.context.rights.reads.of_account(own.account)


KEPT: tuple[Kept[Own], ...] = (
    Kept("person", ("people",), _person),
    Kept("in_other_seasons", ("people",), _in_other_seasons),
    Kept("account", ("accounts",), _account),
    Kept("entries", ("entries", "works"), _entries),
    Kept("results", ("award_lines",), _results),
    Kept(
        "certificates",
        ("certificates",),
        _of_person("certificates", "recipient", "serial", "kind", "season", "revoked_at"),
    ),
    Kept("read_by", ("audit_log",), _read_by),
    Kept("looked_at", ("audit_log",), _looked_at),
    Kept("roles", ("role_records",), _roles),
    Kept("judges", ("judges",), _judged),
    Kept("copies", ("copies",), _copies),
    Kept("material", ("media",), _material),
    Kept("self_assessment", ("assessments",), _self_assessments),
    Kept("messages", ("messages",), _of_account("messages", "kind", "season", "entry", "at", "values", "read", "mail")),
    Kept("sessions", ("sessions",), _of_account("sessions", "kind", "label", "expires_at", "revoked", "grants")),
    Kept("links", ("links",), _of_account("links", "label", "mail", "expires_at", "used")),
    Kept(
        "uploads",
        ("uploads", "upload_pieces"),
        _of_account("uploads", "season", "entry", "name", "size", "offset", "done"),
    ),
    Kept("imports", ("imports",), _of_account("imports", "season", "unit", "file", "state", "total", "created_at")),
    Kept("drafts", ("season_drafts",), _of_account("season_drafts", "based_on", "text", "updated_at")),
    Kept("told_outside", ("webhook_deliveries",), _told_outside),
)

OF_CHILD = ("person", "entries", "results", "certificates", "read_by", "copies", "material", "self_assessment")
"""The kinds that are read by the person alone."""

OTHERWISE: Otherwise = {
    "reads": "looks at people's data before there was an audit log, which has taken them over",
    "seasons": "the rules of a season",
    "units": "schools and those above them",
    "summaries": "what units report of themselves",
    "reports": "what became of a file: rows and codes, without what stood in them",
    "rankings": "the order of a school's entries, by number",
    "school_codes": "codes of schools",
    "assigned": "entries by the number of a judge; judging holds it",
    "tasks_left": "how many works a judge has yet to score, by number",
    "reminders": "which reminders were sent, with counts; each is among the messages of whoever got it",
    "result_stages": "which results were told",
    "rounds": "which rounds are closed",
    "webhooks": "addresses of organizers' systems; of a season, of nobody",
    "attempts": "counters under hashes, for a few minutes",
    "keys": "public keys of the installation",
    "sealed_keys": "private keys, sealed, where replicas share no disk",
    "identity_keys": "public keys of the installation",
    "identity_revoked": "sessions that ended, by number, until they would have",
    "migrations": "which steps have brought older documents up to date",
    "dead_letters": "events that could not be applied, for the operator",
    "streams": "how far the streams of events have come",
}
