"""Addresses of organizers' own systems, for programs: list, add and remove them, and what was sent there."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.seasons import season_of
from services.registration.domain.messages import DeliveryState, HookKind
from services.registration.entrypoints.context import CommandOf, Context, ContextOf, SignedIn
from shared.errors import NotFound
from shared.http.idempotency import DESCRIBED
from shared.http.paging import Page, paged
from shared.identity import Principal, Role


class WebhookIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=2000, description="Of http or https, outside this network.")]
    kinds: Annotated[list[HookKind], Field(max_length=len(HookKind), description="Empty: all.")] = []


class WebhookOut(BaseModel):
    """An address; nothing chosen means every kind of event."""

    id: str
    url: str
    kinds: list[str]


class NewWebhookOut(WebhookOut):
    """An address that was added."""

    secret: str = Field(description="What signs everything that is sent there. It is shown here alone.")


class DeliveryOut(BaseModel):
    """What was sent to an address, or will be."""

    id: str
    webhook: str
    kind: str
    state: DeliveryState
    tries: int
    status: int = Field(description="The last answer of the receiver; 0 where there was none.")
    trouble: str = Field(description="Why there was none; empty where there was no trouble.")
    at: int


router = APIRouter(prefix="/registration/v1/seasons/{season}", tags=["webhooks"])


async def _of_organizer(context: Context, season: str, principal: Principal) -> None:
    principal.require(season, Role.CITY_ORGANIZER)
    await season_of(season, context.store)


@router.get("/webhooks", summary="The addresses of a season")
async def list_(
    context: ContextOf, season: str, principal: SignedIn, page: Annotated[Page, Depends(paged(str))]
) -> list[WebhookOut]:
    """Without their secrets."""
    await _of_organizer(context, season, principal)
    hooks = page.cut(await context.notifications.webhooks.of(season), lambda hook: (hook.id,))
    return [WebhookOut(id=hook.id, url=hook.url, kinds=list(hook.kinds)) for hook in hooks]


@router.post("/webhooks", status_code=201, summary="Add an address", openapi_extra=DESCRIBED)
async def add(
    context: ContextOf, season: str, content: WebhookIn, principal: SignedIn, command: CommandOf
) -> NewWebhookOut:
    """What happens from now on is sent there, in the Standard Webhooks format."""
    await _of_organizer(context, season, principal)
    hook = await context.notifications.webhooks.add(command, season, content.url, content.kinds)
    return NewWebhookOut(id=hook.id, url=hook.url, kinds=list(hook.kinds), secret=hook.secret)


@router.delete("/webhooks/{webhook}", status_code=204, summary="Remove an address")
async def remove(context: ContextOf, season: str, webhook: str, principal: SignedIn) -> Response:
    """Nothing more is sent there, not even what waits."""
    await _of_organizer(context, season, principal)
    if not await context.notifications.webhooks.remove(season, webhook):
        raise NotFound("no-such-webhook")
    return Response(status_code=204)


@router.get("/webhook-deliveries", summary="What was sent, newest first")
async def deliveries(
    context: ContextOf, season: str, principal: SignedIn, page: Annotated[Page, Depends(paged(int, str))]
) -> list[DeliveryOut]:
    """Of the last sixty days, without its content."""
    await _of_organizer(context, season, principal)
    sent = await context.notifications.webhooks.deliveries(season, page.limit + 1, page.after)
    return [
        DeliveryOut(
            id=item["_id"],
            webhook=item["hook"],
            kind=item["kind"],
            state=item["state"],
            tries=item["tries"],
            status=item.get("status", 0),
            trouble=item.get("trouble", ""),
            at=item["at"],
        )
        for item in page.of(sent, lambda item: (item["at"], item["_id"]))
    ]
