"""The link that asks: a guardian, or a team mate who is old enough, decides on a phone, without an account. Once."""

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.consenting import decide, note_informed, was_informed
from services.registration.application.guardians import check_decides, decides_alone
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.domain.consent import SHOWCASE, TAKE_PART, Channel, guardian_to_be_told
from services.registration.entrypoints.context import Context, ContextOf
from services.registration.entrypoints.guardian_links import GuardianPages
from shared.errors import Invalid, InvalidState, NotAllowed, NotFound, error_at
from shared.identity.authenticator import current_user as visitor
from shared.names import mask_name
from shared.season.time import from_unix_micros
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

router = APIRouter(
    prefix="/registration/consent/{season_id}/{entry}/{member}/{token}",
    include_in_schema=False,
    dependencies=[Depends(visitor)],
)


async def entry_by_link(
    context: Context, request: Request, season_id: str, entry: str, member: int, token: str
) -> tuple[StoredEntry, Channel, int]:
    stored, now = await context.read.entries.find(season_id, entry), await context.store.clock.now()
    channel = GuardianPages(context).links.channel_of(stored, member, token, now) if stored else None
    if stored is None or channel is None:
        await GuardianPages(context).count_miss(request)
        raise NotFound("link-spent")
    await GuardianPages(context).count_use(token)
    return stored, channel, now


async def page(
    context: Context,
    request: Request,
    season: Season,
    stored: StoredEntry,
    member: int,
    now: int,
    form: FormData,
    status: int = 200,
) -> Response:
    person = stored.entry.members[member - 1]
    try:
        check_decides(season, stored, member, GuardianPages(context).visit(request), now)
        decides = True
    except NotAllowed:
        decides = False
    return context.pages.render(
        request,
        "consent.html",
        {
            **season_frame(season.rules, season.mode),
            "stored": stored,
            "child": mask_name(person.name.best),
            "for_child": not decides_alone(season, stored, member, now),
            "to_tell": guardian_to_be_told(person.birth, f"{from_unix_micros(now):%Y-%m}", season.rules.jurisdiction),
            "told": was_informed(stored, member),
            "decides": decides,
            "purposes": SHOWCASE,
            "form": form,
            "robots": False,
        },
        status=status,
    )


@router.get("")
async def form(context: ContextOf, request: Request, season_id: str, entry: str, member: int, token: str) -> Response:
    stored, _, now = await entry_by_link(context, request, season_id, entry, member, token)
    return await page(context, request, await season_of(season_id, context.store), stored, member, now, FormData())


@router.post("")
async def consent(
    context: ContextOf, request: Request, season_id: str, entry: str, member: int, token: str
) -> Response:
    """A decision ends the link; whoever made it goes on to a page of their own."""
    stored, channel, now = await entry_by_link(context, request, season_id, entry, member, token)
    season, sent = await season_of(season_id, context.store, mode="live"), await read_form(request)
    visit = GuardianPages(context).visit(request)
    if sent["do"] == "informed":
        await note_informed(season, stored, member, visit, now, context.store)
        return RedirectResponse(request.url.path, status_code=303)
    try:
        decided = await decide(
            season,
            stored,
            member,
            purposes_in(sent),
            guardian=sent["guardian"],
            relation=sent["relation"],
            channel=channel,
            visit=visit,
            now=now,
            store=context.store,
        )
    except (Invalid, InvalidState) as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page(context, request, season, stored, member, now, refused, 422)
    if visit.session:
        return RedirectResponse(f"/registration/entries/{season_id}/{entry}", status_code=303)
    own = GuardianPages(context).own_address(season_id, stored.members[member - 1], decided.by)
    return RedirectResponse(own, status_code=303)


def purposes_in(sent: FormData) -> list[str]:
    """What a form agrees to; nothing where it refuses.

    Raises:
        Invalid: it says neither yes nor no.
    """
    if sent["agree"] not in ("yes", "no"):
        raise Invalid("fields-invalid", errors=[error_at("agree", "field-agree")])
    return [TAKE_PART, *(name for name in SHOWCASE if sent[name])] if sent["agree"] == "yes" else []
