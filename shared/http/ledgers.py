"""Ledgers for the operator: to compare the services, and to repair what differs (`laurel reconcile`)."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.audit import AuditLog
from shared.errors import NotFound
from shared.http.operations import Operator
from shared.http.reconciliation import LedgerLine, LedgerPage, ReconciliationView
from shared.identity import Principal
from shared.messaging.relay import Relay

Key = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00]+$")]


class LedgerLines(BaseModel):
    """Lines of a ledger, by their ids."""

    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[Key], Field(min_length=1, max_length=500)]


class Repaired(BaseModel):
    """How many documents a repair has touched."""

    documents: int


def ledgers_router(service: str, ledgers: Mapping[str, ReconciliationView], audit: AuditLog, relay: Relay) -> APIRouter:
    """`/<service>/v1/ledgers`, for the operator alone."""
    routes = APIRouter(prefix=f"/{service}/v1/ledgers/{{season}}/{{name}}", tags=["operations"])

    def view(name: str) -> ReconciliationView:
        if name not in ledgers:
            raise NotFound("no-such-page")
        return ledgers[name]

    @routes.get("", summary="What the service holds of a season, to compare")
    async def ledger(
        season: str,
        name: str,
        _: Operator,
        after: Annotated[str, Query(max_length=300)] = "",
        limit: Annotated[int, Query(ge=1, le=5000)] = 2000,
    ) -> LedgerPage:
        """Each line is an id, a hash of what the document says (or the copy), a hash of what was told of it, and the
        version that was told or is held. No line holds a name; page on with `after`."""
        return await view(name).page(season, after, limit)

    @routes.get("/lines", summary="Some lines of a ledger, field by field")
    async def ledger_lines(
        season: str, name: str, _: Operator, key: Annotated[list[Key], Query(max_length=50)]
    ) -> list[LedgerLine]:
        """Hashes of each field, so that one sees where two differ and not what they hold; also of lines that are not there."""
        return await view(name).lines(season, key)

    async def on_record(what: str, principal: Principal, season: str, name: str, lines: LedgerLines) -> None:
        facts = {"ledger": name, "count": len(lines.lines)}
        await audit.note(what, account=principal.account, season=season, facts=facts, private={"lines": lines.lines})

    @routes.post("/retelling", summary="Tell some lines of one's own again")
    async def retell(season: str, name: str, lines: LedgerLines, principal: Operator) -> Repaired:
        """They are told as they were told. Whoever has them already changes nothing."""
        if not view(name).outbox:
            raise NotFound("no-such-page")
        await on_record("ledger-retold", principal, season, name, lines)
        return Repaired(documents=await view(name).retell(season, lines.lines, relay))

    @routes.post("/renewal", summary="Let copies be replaced by the next telling")
    async def renew(season: str, name: str, lines: LedgerLines, principal: Operator) -> Repaired:
        """Whatever version they have. They stay as they are until their owner tells them again."""
        if view(name).copies is None:
            raise NotFound("no-such-page")
        await on_record("ledger-renewed", principal, season, name, lines)
        return Repaired(documents=await view(name).renew(season, lines.lines))

    @routes.post("/removal", summary="Remove copies of what nobody told")
    async def remove(season: str, name: str, lines: LedgerLines, principal: Operator) -> Repaired:
        """What was told comes back when it is told again."""
        if view(name).copies is None or not view(name).removable:
            raise NotFound("no-such-page")
        await on_record("ledger-removed", principal, season, name, lines)
        return Repaired(documents=await view(name).remove(season, lines.lines))

    return routes
