"""Verification for programs of institutions: many certificates in one request."""

from collections.abc import AsyncIterator, Iterable
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from services.certificates.application.checking import MOST_AT_ONCE, Answer, Asked, Found, check
from services.certificates.entrypoints.context import Context, ContextOf
from shared.http.client_address import address_of
from shared.http.contract import THROTTLED


class CheckIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    serial: Annotated[str, Field(max_length=64)]
    code: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(max_length=200, description="As printed; absent: not compared.")] = ""


class CheckOut(BaseModel):
    serial: str
    state: Found
    version: int = Field(description="Of the version that counts; 0 where there is none.")
    matches: bool | None


async def answers(context: Context, address: str, lines: Iterable[Asked]) -> AsyncIterator[Answer]:
    """What became of each line.

    Raises:
        TooMany: this address has guessed too often lately; the lines before were answered.
    """
    for asked in lines:
        await context.throttle.spend(address)
        answer = await check(asked, context.certificates)
        if not answer.failed:
            await context.throttle.give_back(address)
        yield answer


router = APIRouter(prefix="/certificates/v1", tags=["checks"])


@router.post("/checks", summary="Check certificates by number and code", responses=THROTTLED)
async def many(
    context: ContextOf,
    request: Request,
    content: Annotated[list[CheckIn], Field(min_length=1, max_length=MOST_AT_ONCE)],
) -> list[CheckOut]:
    """Open to everybody; an address that guesses is refused for a while."""
    asked = [Asked(check.serial, check.code, check.name) for check in content]
    return [
        CheckOut(serial=answer.serial, state=answer.state, version=answer.version, matches=answer.matches)
        async for answer in answers(context, address_of(request), asked)
    ]
