"""The organizers' templates: which kind is printed by which, own versions with a preview, seals and other pictures."""

import base64

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.certificates.adapters.preview import render_preview
from services.certificates.adapters.templates import BUILT_IN, MOST_SOURCE, NAME, Template
from services.certificates.domain.documents import AWARDED
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.pictures import add_picture
from services.certificates.entrypoints.proving import choose_templates, data_for, files_of, save_template
from services.certificates.entrypoints.scope import rules_for_deciding
from shared.errors import InvalidState, LaurelError, NotFound
from shared.season.rules import SeasonRules
from shared.web.forms import FormData, read_form, values_of
from shared.web.season_header import season_frame

router = APIRouter(prefix="/certificates/seasons/{season_id}/templates", include_in_schema=False)


async def overview(
    context: Context, request: Request, rules: SeasonRules, form: FormData, status: int = 200
) -> Response:
    page = {
        **season_frame(rules),
        "form": form,
        "kinds": AWARDED,
        "chosen": await context.templates.chosen(rules.id, AWARDED),
        "templates": (listed := await context.templates.of(rules.id)),
        "lost": {template.engine for template in listed if not context.engines.is_there(template.engine)},
        "pictures": sorted(await context.templates.pictures(rules.id)),
    }
    return context.pages.render(request, "templates.html", page, status=status)


@router.get("")
async def all_(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await overview(context, request, await rules_for_deciding(context, principal, season_id), FormData())


@router.post("/choice")
async def choose(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """From now on; what was issued keeps its template."""
    rules, sent = await rules_for_deciding(context, principal, season_id), await read_form(request)
    try:
        await choose_templates(context, rules, {kind: sent[kind] for kind in AWARDED if sent[kind]}, principal)
    except InvalidState as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await overview(context, request, rules, refused, 422)
    return RedirectResponse(f"/certificates/seasons/{season_id}/templates", status_code=303)


@router.post("/pictures")
async def upload(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """A seal, a signature, other art: whoever uploads it answers for it, and is noted."""
    rules, form = await rules_for_deciding(context, principal, season_id), await request.form()
    file = form.get("file")
    try:
        name, data = await _picture(file)
        await add_picture(context, season_id, name, data, principal)
    except InvalidState as error:
        return await overview(
            context, request, rules, FormData().with_errors(error, context.pages.translator(request)), 422
        )
    return RedirectResponse(f"/certificates/seasons/{season_id}/templates", status_code=303)


async def editor(
    context: Context,
    request: Request,
    rules: SeasonRules,
    name: str,
    form: FormData,
    *,
    base: Template,
    preview: bytes = b"",
    status: int = 200,
) -> Response:
    page = {
        **season_frame(rules),
        "name": name,
        "base": base,
        "form": form,
        "kinds": AWARDED,
        "pictures": sorted(await context.templates.pictures(rules.id)),
        "preview": base64.b64encode(preview).decode(),
    }
    return context.pages.render(request, "template.html", page, status=status)


async def base_of(context: Context, season_id: str, name: str) -> Template:
    """The newest version of the template, or for a new name what comes with Laurel."""
    if not NAME.fullmatch(name):
        raise NotFound("no-such-template")
    try:
        return await context.templates.newest(season_id, name)
    except NotFound:
        return await context.templates.newest(season_id, BUILT_IN[0])


@router.get("/{name}")
async def edit(context: ContextOf, request: Request, season_id: str, name: str, principal: SignedIn) -> Response:
    rules, base = await rules_for_deciding(context, principal, season_id), await base_of(context, season_id, name)
    wanted = request.query_params.get("from", "")
    if wanted in BUILT_IN:
        base = await context.templates.newest(season_id, wanted)
    form = values_of(source=base.source, kind="student")
    try:
        picture = await draw_preview(context, rules, form, base.source)
    except InvalidState as error:  # a template that an earlier engine understood
        return await editor(
            context, request, rules, name, form.with_errors(error, context.pages.translator(request)), base=base
        )
    return await editor(context, request, rules, name, form, base=base, preview=picture)


async def draw_preview(context: Context, rules: SeasonRules, sent: FormData, source: str) -> bytes:
    kind = next((item for item in AWARDED if item == sent["kind"]), AWARDED[0])
    shown, words = await data_for(context, rules, kind)
    files = await files_of(context, rules.id, source)
    return await render_preview(context.renderer.drawers, rules.id, files, words, "png", shown.current.at)


@router.post("/{name}/preview")
async def preview(context: ContextOf, request: Request, season_id: str, name: str, principal: SignedIn) -> Response:
    """A picture of what the typed source makes of real data, for the script of the editor."""
    rules = await rules_for_deciding(context, principal, season_id)
    await base_of(context, season_id, name)
    sent, source = await _source(request)
    return Response(await draw_preview(context, rules, sent, source), media_type="image/png")


@router.post("/{name}")
async def save(context: ContextOf, request: Request, season_id: str, name: str, principal: SignedIn) -> Response:
    """A new version, once every kind comes out whole: one page, with the approval number and the statement."""
    rules, base = await rules_for_deciding(context, principal, season_id), await base_of(context, season_id, name)
    sent, source = await _source(request)
    form = FormData({**sent.values, "source": source})
    try:
        if sent["act"] == "preview":
            picture = await draw_preview(context, rules, sent, source)
            return await editor(context, request, rules, name, form, base=base, preview=picture)
        await save_template(context, rules, name, source, principal)
    except LaurelError as error:
        refused = form.with_errors(error, context.pages.translator(request))
        return await editor(context, request, rules, name, refused, base=base, status=422)
    return RedirectResponse(f"/certificates/seasons/{season_id}/templates", status_code=303)


async def _source(request: Request) -> tuple[FormData, str]:
    """The form, and the source in it, which is longer than other fields may be."""
    form = await request.form()
    text = form.get("source")
    source = text.replace("\r\n", "\n") if isinstance(text, str) else ""
    if len(source) > MOST_SOURCE:
        raise InvalidState("file-too-large", most=MOST_SOURCE // 1000)
    return FormData(
        {name: value for name, value in form.items() if isinstance(value, str) and name != "source"}
    ), source


async def _picture(file: object) -> tuple[str, bytes]:
    """Name and content of what was uploaded.

    Raises:
        InvalidState: there is nothing.
    """
    if not isinstance(file, UploadFile) or not file.filename:
        raise InvalidState("file-missing")
    data = await file.read()
    name = file.filename.lower().replace(" ", "-")
    return name, data
