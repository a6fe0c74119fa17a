"""What an operator can do about events that could not be applied."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ValidationError

from shared.errors import NotFound, Refused
from shared.identity import ANYWHERE, Principal
from shared.identity.gate import signed_in
from shared.messaging.delivery import Delivery, NotYet, PermanentError


class DeadLetter(BaseModel):
    """An event that could not be applied, with why and how often it was tried."""

    id: str
    consumer: str
    subject: str
    sequence: int
    reason: str
    attempts: int
    received_at: datetime


class DeadLetterWhole(DeadLetter):
    """The same with its headers and its body; what is not text is escaped."""

    headers: dict[str, str]
    body: str


def operations_router(service: str, delivery: Delivery) -> APIRouter:
    """`/<service>/v1/dead-letters`, for the operator alone."""
    routes = APIRouter(prefix=f"/{service}/v1/dead-letters", tags=["operations"])
    Operator = Annotated[Principal, Depends(_operator)]  # noqa: N806 - a type

    @routes.get("", summary="Events that could not be applied")
    async def list_(_: Operator) -> list[DeadLetter]:
        return [DeadLetter(id=letter["_id"], **letter) for letter in await delivery.dead_letters()]

    @routes.get("/{letter}", summary="One of them, whole")
    async def show(letter: str, _: Operator) -> DeadLetterWhole:
        found = await delivery.dead_letter(letter)
        if found is None:
            raise NotFound("no-such-letter")
        body = found["body"].decode("utf-8", "backslashreplace")
        return DeadLetterWhole(id=found["_id"], **{**found, "body": body})

    @routes.post("/{letter}/replay", status_code=204, summary="Apply it once more")
    async def replay(letter: str, _: Operator) -> Response:
        """What caused the trouble must be mended first. If it fails again, it stays where it is."""
        try:
            if not await delivery.replay(letter):
                raise NotFound("no-such-letter")
        except (ValidationError, PermanentError, NotYet) as error:
            raise Refused("letter-fails-again", reason=type(error).__name__) from error
        return Response(status_code=204)

    return routes


async def _operator(principal: Annotated[Principal, Depends(signed_in)]) -> Principal:
    principal.require(ANYWHERE)
    return principal
