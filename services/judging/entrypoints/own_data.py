"""Everything that judging holds of the person or account that asks: entrants by number, judges by what they wrote."""

from dataclasses import replace
from typing import Any

from services.judging.domain.stages import PUBLIC
from services.judging.domain.tables import HEADERS
from services.judging.entrypoints.context import Context
from shared.http.personal_data import Kept, Otherwise, list_documents, personal_data
from shared.identity import Principal, Role
from shared.mongo import Document

Own = tuple[Context, Principal]


async def own_data(context: Context, principal: Principal) -> dict[str, Any]:
    """All of it, by kind."""
    return await personal_data(KEPT, (context, principal))


async def _entries(own: Own) -> list[Document]:
    context, principal = own
    return await context.facts.of_people(principal.people)


async def _results(own: Own) -> list[dict[str, str]]:
    """The lines of one's entries in results that are on notice or final, as one's page of scores shows them."""
    context, documents = own[0], []
    for entry in await _entries(own):
        season = await context.seasons.find(entry["season"])
        if season is None or season.stage not in PUBLIC:
            continue
        result = await context.results.find(season.id, season.newest)
        if result is None:
            continue
        for table in ("advancement", "awards", "special-awards"):
            rows = await context.results.rows_of(season.id, result, table, entry["entry"])
            documents += [
                {"season": season.id, "table": table, **dict(zip(HEADERS[table], row, strict=False))} for row in rows
            ]
    return documents


async def _objections(own: Own) -> list[Any]:
    """What this account filed, without who decided it."""
    context, principal = own
    return [replace(filed, decided_by="") for filed in await context.objections.of_account(principal.account)]


def _as_judge(principal: Principal) -> Document | None:
    """What is a judge's in the seasons in which this account is one."""
    seats = [grant for grant in principal.grants if grant.role is Role.JUDGE and grant.ref]
    within = [{"judge": seat.ref, **({} if "*" in seat.season else {"season": seat.season})} for seat in seats]
    return {"$or": within} if within else None


async def _judge(own: Own) -> list[Document]:
    shown = ("season", "judge", "employer", "tracks", "conflicts", "role", "languages")
    return await list_documents(own[0].database, "judges", _as_judge(own[1]), shown)


async def _panels(own: Own) -> list[Document]:
    return await list_documents(own[0].database, "panels", _as_judge(own[1]), ("season", "round", "judge", "entries"))


async def _ballots(own: Own) -> list[Document]:
    shown = (
        "season",
        "round",
        "component",
        "entry",
        "judge",
        "hundredths",
        "status",
        "submitted_at",
        "comment",
        "note",
    )
    return await list_documents(own[0].database, "ballots", _as_judge(own[1]), shown)


async def _actions(own: Own) -> list[Document]:
    """Where one stepped back, and what was noted of one's employer."""
    mine = _as_judge(own[1])
    wanted = mine and {"type": {"$in": ["recusal", "judge_employer"]}, **mine}
    return await list_documents(
        own[0].database, "actions", wanted, ("season", "type", "entry", "at", "reason", "employer")
    )


async def _seats(own: Own) -> list[Document]:
    """The judges that this account is."""
    return await list_documents(
        own[0].database, "judge_accounts", {"account": own[1].account}, ("season", "judge", "since")
    )


async def _vouched(own: Own) -> list[Document]:
    """Where the operator said that this account is a person of its own."""
    return await list_documents(
        own[0].database, "confirmed_people", {"login": own[1].login}, ("season", "reason", "at")
    )


async def _acts(own: Own) -> list[Document]:
    """What this account decided or took, as the audit log has it."""
    wanted = {"account": own[1].account}
    return await list_documents(own[0].database, "audit_log", wanted, ("season", "at", "what", "facts"))


KEPT: tuple[Kept[Own], ...] = (
    Kept("entries", ("entries",), _entries),
    Kept("results", ("result_sets", "stated_tables"), _results),
    Kept("objections", ("objections", "objection_files"), _objections),
    Kept("judge", ("judges",), _judge),
    Kept("panels", ("panels",), _panels),
    Kept("ballots", ("ballots",), _ballots),
    Kept("judge_actions", ("actions",), _actions),
    Kept("seats", ("judge_accounts",), _seats),
    Kept("vouched_for", ("confirmed_people",), _vouched),
    Kept("acts", ("audit_log",), _acts),
)

OTHERWISE: Otherwise = {
    "attempts": "counters under hashes, for a few minutes",
    "receipt_keys": "the key from which links of receipts are derived",
    "seasons": "the rules of a season and where it stands",
    "units": "schools and those above them",
    "summaries": "what units report of themselves",
    "assessments": "scores that entries gave themselves and that were verified, by number; they are in the results",
    "previous": "tiers of units in an earlier year",
    "works": "numbers and media types of files",
    "withdrawals": "entries that left, by number",
    "seatings": "how many seats a round gives",
    "seat_chunks": "seats by number of entry, as they were told",
    "result_revisions": "hashes and counts of results",
    "result_chunks": "results as they were told; one's own lines are in the copy of registration",
    "tasks_left": "how many works a judge has yet to score, by number",
    "runs": "measurements of entries, by number; they are in the results",
    "tests": "scores of entries, by number; they are in the results",
    "entered_sheets": "files of measurements, with the office that entered them",
    "judging_days": "rooms and times of entries, by number",
    "sealed_keys": "private keys, sealed, where replicas share no disk; judging has none",
    "identity_keys": "public keys of the installation",
    "identity_revoked": "sessions that ended, by number, until they would have",
    "migrations": "which steps have brought older documents up to date",
    "dead_letters": "events that could not be applied, for the operator",
    "streams": "how far the streams of events have come",
}
