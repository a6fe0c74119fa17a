"""What an operator sees and can do: how the service stands, events that could not be applied, telling all again."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from shared.audit import AuditLog
from shared.errors import InvalidState, LaurelError, NotFound
from shared.http.status import Reader
from shared.identity import ANYWHERE, Principal
from shared.identity.authenticator import require_user
from shared.messaging.delivery import Delivery, NotYet, PermanentError
from shared.messaging.streams import StreamWatch
from shared.mongo.attempts import Attempts
from shared.web.forms import read_form
from shared.web.pages import Pages

SERVICES = ("registration", "judging", "certificates")


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=500)]


class Dismissal(BaseModel):
    """Why nobody needs to apply an event."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class Dismissed(BaseModel):
    """That somebody decided so, and when."""

    at: datetime
    by: str
    reason: str


class DeadLetter(BaseModel):
    """An event that could not be applied, with why, how often it was tried, and which releases failed; and whether it was
    dismissed."""

    id: str
    consumer: str
    subject: str
    sequence: int
    reason: str
    attempts: int
    releases: list[str] = []
    received_at: datetime
    dismissed: Dismissed | None = None


class DeadLetterWhole(DeadLetter):
    """The same with its headers and its body; what is not text is escaped."""

    headers: dict[str, str]
    body: str


class ToldAgain(BaseModel):
    """How many documents have their events told again."""

    documents: int


class OnTheWay(BaseModel):
    """What has not arrived yet."""

    oldest_unsent_seconds: float
    dead_letters: int
    pending: int


async def _operator(principal: Annotated[Principal, Depends(require_user)]) -> Principal:
    principal.require(ANYWHERE)
    return principal


Operator = Annotated[Principal, Depends(_operator)]


def operations_router(
    service: str,
    delivery: Delivery,
    streams: StreamWatch,
    reader: Reader,
    audit: AuditLog,
) -> APIRouter:
    """`/<service>/v1/dead-letters`, `/replay` and `/on-the-way`, for the operator alone."""
    routes = APIRouter(prefix=f"/{service}/v1", tags=["operations"])

    @routes.get("/dead-letters", summary="Events that could not be applied")
    async def list_(_: Operator) -> list[DeadLetter]:
        return [DeadLetter(id=letter["_id"], **letter) for letter in await delivery.dead_letters()]

    @routes.get("/dead-letters/{letter}", summary="One of them, whole")
    async def show(letter: str, _: Operator) -> DeadLetterWhole:
        result = await delivery.dead_letter(letter)
        if result is None:
            raise NotFound("no-such-letter")
        body = result["body"].decode("utf-8", "backslashreplace")
        return DeadLetterWhole(id=result["_id"], **{**result, "body": body})

    @routes.post("/dead-letters/{letter}/replay", status_code=204, summary="Apply it once more")
    async def replay(letter: str, _: Operator) -> Response:
        """What caused the trouble must be mended first. If it fails again, it stays where it is."""
        await apply_letter(delivery, letter)
        return Response(status_code=204)

    @routes.post("/dead-letters/{letter}/dismissal", status_code=204, summary="Note that nobody needs to apply it")
    async def dismiss(letter: str, dismissal: Dismissal, principal: Operator) -> Response:
        """It stays with its bytes and the reason, can still be applied, and is no alarm any more. A second time changes nothing."""
        await dismiss_letter(delivery, audit, letter, principal, dismissal.reason)
        return Response(status_code=204)

    @routes.post("/replay", summary="Tell everything again")
    async def republish_all(_: Operator) -> ToldAgain:
        """For a NATS that lost its store. Whoever has an event already changes nothing."""
        return ToldAgain(documents=await streams.tell_again())

    @routes.get("/on-the-way", summary="What has not arrived yet")
    async def on_the_way(_: Operator) -> OnTheWay:
        status = await reader.read()
        return OnTheWay(
            oldest_unsent_seconds=round(status.oldest_unsent, 3),
            dead_letters=status.dead_letters,
            pending=sum(lag.pending + lag.unacknowledged for lag in status.lags),
        )

    return routes


async def apply_letter(delivery: Delivery, letter: str) -> None:
    """Apply a dead letter once more.

    Raises:
        NotFound: there is none.
        InvalidState: it fails again.
    """
    try:
        applied = await delivery.replay(letter)
    except (ValidationError, PermanentError, NotYet) as error:
        raise InvalidState("letter-fails-again", reason=type(error).__name__) from error
    if not applied:
        raise NotFound("no-such-letter")


async def dismiss_letter(delivery: Delivery, audit: AuditLog, letter: str, by: Principal, reason: str) -> None:
    """Dismiss a dead letter, which is on record before it is done.

    Raises:
        NotFound: there is none.
    """
    present = await delivery.dead_letter(letter)
    if present is None:
        raise NotFound("no-such-letter")
    if "dismissed" not in present:
        facts, private = {"letter": letter}, {"reason": reason}
        await audit.note("letter-dismissed", account=by.account, facts=facts, private=private)
        await delivery.dismiss(letter, by.account, reason)


def happenings(file: Path | None) -> list[dict[str, str]]:
    """What the launcher of one machine noted, newest first; nothing where there is none."""
    try:
        return json.loads(file.read_text())[::-1] if file else []
    except (OSError, ValueError):  # none yet, or a full disk
        return []


def operations_pages(
    service: str,
    delivery: Delivery,
    reader: Reader,
    jobs: Mapping[str, Attempts],
    pages: Pages,
    audit: AuditLog,
    supervisor_file: Path | None,
) -> APIRouter:
    """`/<service>/operations`: the operator's page. `jobs` are those that are set aside when they end their process.

    `supervisor_file` says what the launcher of one machine started anew.
    """
    routes = APIRouter(prefix=f"/{service}/operations", include_in_schema=False)

    async def page(request: Request, failed: str = "", status_code: int = 200) -> Response:
        return pages.render(
            request,
            "operations.html",
            {
                "service": service,
                "services": SERVICES,
                "status": await reader.read(),
                "letters": await delivery.dead_letters(),
                "aside": [(kind, job) for kind, attempts in jobs.items() for job in await attempts.aside()],
                "happenings": happenings(supervisor_file),
                "failed": failed,
            },
            status=status_code,
        )

    @routes.get("")
    async def look(request: Request, _: Operator) -> Response:
        return await page(request)

    @routes.post("/dead-letters/{letter}/replay")
    async def replay(request: Request, letter: str, _: Operator) -> Response:
        try:
            await apply_letter(delivery, letter)
        except LaurelError as error:
            return await page(request, pages.translator(request)(f"problem-{error.code}", **error.values), 409)
        return RedirectResponse(f"/{service}/operations", status_code=303)

    @routes.post("/dead-letters/{letter}/dismissal")
    async def dismiss(request: Request, letter: str, principal: Operator) -> Response:
        form = await read_form(request)
        try:
            reason = Dismissal(reason=form["reason"]).reason
        except ValidationError:
            return await page(request, pages.translator(request)("problem-reason-needed"), 422)
        await dismiss_letter(delivery, audit, letter, principal, reason)
        return RedirectResponse(f"/{service}/operations", status_code=303)

    return routes
