"""Sample certificates of a season that is being prepared: its rules come with the form, pictures go out, nothing is kept."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from services.certificates.adapters.templates import BUILT_IN
from services.certificates.application.designing import CASES, case_of
from services.certificates.domain.documents import BY_LIST, KINDS, Kind
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.designs import decides, draw_sample
from shared.errors import LaurelError
from shared.http.reports import require_organizer, season_from
from shared.identity import Principal
from shared.season.plain_yaml import LONGEST
from shared.season.rules import SeasonRules
from shared.web.forms import FormData
from shared.web.season_header import SeasonHeader

DRAFT = re.compile(r"[0-9a-f]{32}")
"""The id of a draft, for the way back to it."""

router = APIRouter(prefix="/certificates", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Look:
    """By which templates samples are drawn: those of a season, or one that comes with Laurel."""

    name: str
    season: str = ""
    title: str = ""


def kinds_of(rules: SeasonRules) -> Sequence[Kind]:
    """The kinds that a season gives: instructors and units only where its rules award them."""
    absent = {"instructor": rules.instructor_award is None, "unit": rules.unit_award is None}
    entered_by_units = any(division.unit_levels for division in rules.divisions)
    return [kind for kind in KINDS if not absent.get(kind) or (kind == "unit" and entered_by_units)]


@router.post("/rehearsals")
async def show(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    """For whoever organizes something; the rules are those of the draft that sent them. No number is given out."""
    require_organizer(principal)
    form = await request.form()
    values = {name: str(form.get(name, "")) for name in ("text", "draft", "look", "case")}
    text = values.pop("text")[:LONGEST].replace("\r\n", "\n")
    page: dict[str, Any] = {
        "text": text,
        "draft": values["draft"] if DRAFT.fullmatch(values["draft"]) else "",
        "form": FormData(values),
        "samples": [],
        "looks": (),
        "cases": CASES,
        "case": case_of(values["case"]),
        "look": "",
    }
    try:
        rules = await season_from(text.encode())
        looks = await looks_for(context, rules, principal)
        look = next((item for item in looks if item.name == values["look"]), looks[0])
        page |= {"season": SeasonHeader.of(rules), "looks": looks, "look": look.name}
        page["samples"] = await _samples(context, rules, look, page["case"])
    except LaurelError as error:
        plain = type(error)(error.code, **error.values)
        page["form"] = page["form"].with_errors(plain, context.pages.translator(request))
        return context.pages.render(request, "rehearsal.html", page, status=422)
    return context.pages.render(request, "rehearsal.html", page)


async def looks_for(context: Context, rules: SeasonRules, principal: Principal) -> list[Look]:
    """What this organizer may look at a sample by: this season's own designs first, then other seasons', then the usual."""
    seasons = {item.season for item in await context.templates.designs()}
    own: list[Look] = []
    for season in sorted(seasons, key=lambda item: (item != rules.id, item)):
        known = await context.known.rules(season)
        if known and await decides(context, principal, season):
            own.append(Look(f"season {season}", season, known.season.title.best("zh")))
    return [*own, *(Look(name) for name in BUILT_IN)]


async def _samples(context: Context, rules: SeasonRules, look: Look, case: str) -> list[tuple[Kind, str]]:
    """A picture of each kind, to stand in a page."""
    kinds = kinds_of(rules)
    templates: Mapping[Kind, str]
    if look.season:
        templates = await context.templates.chosen(look.season, kinds)
    else:
        usual = (await context.templates.newest("", look.name)).id
        templates = dict.fromkeys(kinds, usual)
    shown = [kind for kind in kinds if kind not in BY_LIST] + [kind for kind in kinds if kind in BY_LIST]
    pictures = [(kind, await draw_sample(context, rules, kind, templates[kind], case, "png")) for kind in shown]
    return [(kind, base64.b64encode(picture).decode()) for kind, picture in pictures]
