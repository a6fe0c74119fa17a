"""The organizers' page of signs that no font has."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.scope import rules_for_deciding
from services.certificates.entrypoints.signs import give_picture, sign_of
from shared.errors import InvalidState
from shared.season.rules import SeasonRules
from shared.web.forms import FormData, values_of
from shared.web.season_header import season_frame

router = APIRouter(prefix="/certificates/seasons/{season_id}/signs", include_in_schema=False)


async def signs_page(
    context: Context, request: Request, rules: SeasonRules, form: FormData, status: int = 200
) -> Response:
    given = await context.signs.given(rules.id)
    points = {picture.sign: f"U+{ord(picture.sign):04X}" for picture in given}
    waiting = [item for item in await context.aside.of(rules.id) if "U+" in item.reason]
    page = {**season_frame(rules), "form": form, "given": given, "points": points, "waiting": waiting}
    return context.pages.render(request, "signs.html", page, status=status)


@router.get("")
async def look(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await signs_page(context, request, await rules_for_deciding(context, principal, season_id), FormData())


@router.post("")
async def give(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """A picture or a font for one sign: whoever uploads it answers for it, and is noted."""
    rules, sent = await rules_for_deciding(context, principal, season_id), await request.form()
    sign, file = str(sent.get("sign", "")), sent.get("file")
    data = await file.read() if isinstance(file, UploadFile) else b""
    try:
        await give_picture(context, season_id, sign_of(sign), data, principal)
    except InvalidState as error:
        refused = values_of(sign=sign).with_errors(error, context.pages.translator(request))
        return await signs_page(context, request, rules, refused, 422)
    return RedirectResponse(f"/certificates/seasons/{season_id}/signs", status_code=303)
