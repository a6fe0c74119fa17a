"""Certificates of a season revoked, reinstated or downloaded many at once, and the list as a file."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.certificates.adapters.downloads import Form
from services.certificates.application.amending import Action, Decision
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.deciding import decide_certificate
from services.certificates.entrypoints.http.downloads import MOST_REASON, DownloadIn, begin_download
from services.certificates.entrypoints.listing import MOST_DECIDED, certificates_asked, wanted_of
from services.certificates.entrypoints.pages.organizing import season_page
from services.certificates.entrypoints.scope import rules_for_deciding, rules_of, scope_of
from shared.errors import Invalid, InvalidState, NotFound
from shared.identity import Principal
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData, read_form
from shared.web.lists import Ticked, act_on_each, as_csv, chosen_act, chosen_keys, read_ticked

ACTS: tuple[Action, ...] = ("revoke", "restore")
DOWNLOADS: tuple[Form, ...] = ("zip", "print")

router = APIRouter(prefix="/certificates/seasons/{season_id}", include_in_schema=False)


@router.post("/acts")
async def decide_many(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Revoke, by its word, or reinstate all that were ticked; whoever is refused is named with the reason and stays ticked."""
    await rules_for_deciding(context, principal, season_id)
    sent, form, t = await request.form(), await read_form(request), context.pages.translator(request)
    ticked = read_ticked(sent)
    try:
        decision = _decision(form)
        if decision.action == "revoke":
            require_word(context.pages, request, form, FinalAct.REVOKE)
        keys = await _chosen(context, request, season_id, principal, ticked)
    except (Invalid, InvalidState) as error:
        refused = form.with_errors(error, t)
        return await season_page(context, request, season_id, principal, refused, 422, ticked=ticked)

    async def do(serial: str) -> None:
        await decide_certificate(context, season_id, serial, decision, principal)

    outcome = await act_on_each(f"certificate-{decision.action}", keys, do, lambda serial: serial, t)
    left, status = outcome.left, outcome.status
    return await season_page(context, request, season_id, principal, FormData(), status, ticked=left, outcome=outcome)


async def _chosen(
    context: Context, request: Request, season_id: str, principal: Principal, ticked: Ticked
) -> list[str]:
    """The numbers of the certificates that are meant, in one's part of the season where the filter is.

    Raises:
        InvalidState: none is, more than may be named at once, or others than the page said.
    """
    wanted, most = (
        wanted_of(await scope_of(context, principal, season_id), certificates_asked(request)),
        MOST_DECIDED + 1,
    )
    fitting = await context.certificates.page_of(season_id, wanted, 0, most) if ticked.whole else []
    keys = chosen_keys(ticked, [certificate.serial for certificate in fitting])
    if len(keys) > MOST_DECIDED:
        raise InvalidState("list-otherwise")
    return keys


@router.post("/downloads/selected")
async def download_selected(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Those that were ticked, as one file: for everybody who has them in their part of the season."""
    await rules_of(context, season_id)
    sent, form = await request.form(), await read_form(request)
    ticked = read_ticked(sent)
    try:
        act = chosen_act(form["do"], DOWNLOADS)
        serials = await _chosen(context, request, season_id, principal, ticked)
        named = tuple(serial[:64] for serial in serials)
        wish = DownloadIn(form=act, serials=named, crop=act == "print", reason=form["reason"][:MOST_REASON])
        job = await begin_download(context, season_id, principal, wish)
    except (InvalidState, NotFound) as error:
        refused = form.with_errors(error, context.pages.translator(request))
        return await season_page(context, request, season_id, principal, refused, 422, ticked=ticked)
    return RedirectResponse(f"/certificates/seasons/{season_id}/downloads/{job.id}", status_code=303)


def _decision(form: FormData) -> Decision:
    """What the bar of the list says; the reason is checked once for all of them.

    Raises:
        InvalidState: no button was pressed, or there is no reason.
    """
    action = chosen_act(form["do"], ACTS)
    if not form["reason"]:
        raise InvalidState("reason-needed")
    return Decision(action, form["reason"])


@router.get("/list.csv")
async def export(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """What the filter shows, with names: who took it is on record."""
    await rules_of(context, season_id)
    scope, t = await scope_of(context, principal, season_id), context.pages.translator(request)
    wanted = wanted_of(scope, certificates_asked(request))
    rows = [
        (
            certificate.serial,
            certificate.current.name.best(t.language),
            t(f"kind-{certificate.kind}"),
            certificate.facts.award_title.best(t.language),
            certificate.facts.unit_name.best(t.language) if certificate.facts.unit_name else "",
            t(f"state-{certificate.standing}"),
        )
        async for certificate in context.certificates.of_season(season_id, wanted)
    ]
    await context.audit.note(season_id, principal, "list", "", count=len(rows))
    columns = [t("fact-serial"), t("fact-name"), t("season-kind"), t("fact-award"), t("fact-school"), t("fact-state")]
    return as_csv(f"{season_id}-certificates", columns, rows)
