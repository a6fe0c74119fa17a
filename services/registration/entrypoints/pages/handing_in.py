"""The entries that somebody keeps and has not handed in, all on one page, as a teacher needs them for a class."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.handing_in import Draft, drafts_of, submit_each
from services.registration.entrypoints.access import StaffView, entries_kept, staff_view
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from shared.errors import InvalidState
from shared.identity import Principal
from shared.season.csv_rows import whole_number
from shared.web.forms import FormData
from shared.web.season_header import season_frame

router = APIRouter(prefix="/registration/seasons/{season_id}/drafts", include_in_schema=False)


async def _page(
    context: Context,
    request: Request,
    look: StaffView,
    principal: Principal,
    form: FormData,
    status: int = 200,
    *,
    left: Sequence[Draft] = (),
    sent: int | None = None,
) -> Response:
    own = await entries_kept(context, look.season.id, principal.account)
    now = await context.store.clock.now()
    shown = {
        **season_frame(look.season.rules, look.season.mode),
        "drafts": await drafts_of(look.season, own, context.files.works, now),
        "left": left,
        "sent": sent,
        "form": form,
    }
    return context.pages.render(request, "drafts.html", shown, status=status)


@router.get("")
async def drafts(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    look = await staff_view(context, season_id, principal, mode="live", decides=True)
    return await _page(
        context, request, look, principal, FormData(), sent=whole_number(request.query_params.get("sent", ""))
    )


@router.post("")
async def hand_in(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Hand in those that were ticked. Where some could not be, the page that comes says which and why."""
    look = await staff_view(context, season_id, principal, mode="live", decides=True)
    form = await request.form()
    ticked = {str(item) for item in form.getlist("entry")}
    kept = await entries_kept(context, season_id, principal.account)
    chosen = [stored for stored in kept if stored.entry.entry in ticked]
    if not chosen:
        refused = FormData().with_errors(InvalidState("nothing-ticked"), context.pages.translator(request))
        return await _page(context, request, look, principal, refused, 422)
    left = await submit_each(look.season, chosen, context.files.works, context.store, by=principal.account)
    sent = len(chosen) - len(left)
    if left:
        return await _page(context, request, look, principal, FormData(), 409, left=left, sent=sent)
    return RedirectResponse(f"/registration/seasons/{season_id}/drafts?sent={sent}", status_code=303)
