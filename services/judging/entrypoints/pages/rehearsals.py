"""A rehearsal of a season that is being prepared: its rules come with the form, the report goes out, nothing is kept."""

import asyncio
import re
from typing import Any

from fastapi import APIRouter, Request, Response

from services.judging.domain.rehearsal import MOST_ENTRIES, MOST_SEED, MOST_WORKS, Rehearsing, rehearse
from services.judging.domain.support import unsupported_rules
from services.judging.entrypoints.context import ContextOf, SignedIn
from shared.errors import Invalid, InvalidState, LaurelError, error_at
from shared.http.reports import require_organizer, season_from
from shared.season.plain_yaml import LONGEST
from shared.web.forms import FormData
from shared.web.season_header import SeasonHeader

USUAL = {"entries": "500", "works": "30", "seed": "1"}
DRAFT = re.compile(r"[0-9a-f]{32}")
"""The id of a draft, for the way back to it."""

router = APIRouter(prefix="/judging", include_in_schema=False)


def asked_of(values: dict[str, str]) -> Rehearsing:
    """The numbers of the form.

    Raises:
        Invalid: naming each number that will not do.
    """
    numbers = {
        "entries": (_whole(values["entries"], MOST_ENTRIES), MOST_ENTRIES),
        "works": (_whole(values["works"], MOST_WORKS), MOST_WORKS),
        "seed": (_whole(values["seed"], MOST_SEED), MOST_SEED),
    }
    errors = [
        error_at(name, "field-rehearsal-number", most=str(most))
        for name, (number, most) in numbers.items()
        if not number
    ]
    if errors:
        raise Invalid("fields-invalid", errors=errors)
    return Rehearsing(**{name: number for name, (number, _) in numbers.items()})


def _whole(cell: str, most: int) -> int:
    """The number from 1 to the most; 0 where it is no such number."""
    number = int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= len(str(most)) else 0
    return number if number <= most else 0


@router.post("/rehearsals")
async def show(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    """For whoever organizes something; the rules are those of the draft that sent them."""
    require_organizer(principal)
    sent = await request.form()
    text = str(sent.get("text", ""))[:LONGEST].replace("\r\n", "\n")
    values = {name: str(sent.get(name, usual)).strip()[:20] for name, usual in USUAL.items()}
    draft = str(sent.get("draft", ""))
    page: dict[str, Any] = {
        "text": text,
        "draft": draft if DRAFT.fullmatch(draft) else "",
        "form": FormData(values),
        "report": None,
        "rules": None,
        "most": MOST_ENTRIES,
    }
    try:
        rules = await season_from(text.encode())
        if missing := unsupported_rules(rules):
            raise InvalidState("rules-unsupported", features=", ".join(missing))
        page |= {"rules": rules, "season": SeasonHeader.of(rules)}
        page["report"] = await asyncio.to_thread(rehearse, rules, asked_of(values))
    except LaurelError as error:
        plain = error if page["rules"] else type(error)(error.code, **error.values)
        page["form"] = page["form"].with_errors(plain, context.pages.translator(request))
        return context.pages.render(request, "rehearsal.html", page, status=422)
    return context.pages.render(request, "rehearsal.html", page)
