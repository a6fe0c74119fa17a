"""The parts that pages are made of, each in its states: for whoever builds or judges a page. About nobody, from nothing stored."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from operator import eq
from types import SimpleNamespace
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.entrypoints.context import Context, ContextOf
from shared.identity.authenticator import current_user
from shared.season.rules import ChoiceField, Criterion, Level, Titled
from shared.season.text import Text
from shared.sheets.encodings import readings
from shared.states import EntryStatus
from shared.web.forms import FormData
from shared.web.lists import Outcome, Ticked, list_rows, read_asked
from shared.web.qr import qr_svg

ADDRESS = "/design"
FIELDS = ("title", "about", "file", "track", "agree")
STATES = (EntryStatus.DRAFT, EntryStatus.PENDING, EntryStatus.VALID, EntryStatus.RETURNED, EntryStatus.REJECTED)

router = APIRouter(include_in_schema=False, dependencies=[Depends(current_user)])


def examples(context: Context, request: Request) -> dict[str, Any]:
    """Invented values, in the language of who looks: a form as it begins, one with a fault at each field, a season's words."""
    t = context.pages.translator(request)
    titled = {
        name: SimpleNamespace(title=Text(**context.pages.catalog.both(f"design-{name}"))) for name in ("track", "group")
    }
    asked = read_asked(request, "q", tab="standing")
    tabs: dict[str, Callable[[EntryStatus], bool]] = {state: partial(eq, state) for state in STATES[1:3]}
    said = context.pages.catalog.both
    answered = ChoiceField(
        id="area",
        type="choice",
        title=Text(**said("design-track")),
        judges=True,
        choices=(Titled(id="A", title=Text(**said("design-work"))), Titled(id="B", title=Text(**said("design-group")))),
    )
    levels = [Level(points=Decimal(points), text=Text(**said(f"design-level-{points}"))) for points in (8, 5)]
    return {
        "listing": list_rows(STATES, asked, tabs, lambda _: True),
        "asked": asked,
        "ticked": Ticked((EntryStatus.PENDING,)),
        "outcome": Outcome("unit-invite", 4, [(t("design-work"), t("problem-entry-submitted"))]),
        "answered": answered,
        "criterion": Criterion(
            id="c", title=Text(**said("design-score")), weight=Decimal(10), levels=(levels[0], levels[1])
        ),
        "reached": levels[0],
        "whole": FormData({"whole-title": t("design-work")}),
        "faulty": FormData({"faulty-title": "☺"}, {f"faulty-{name}": t(f"design-fault-{name}") for name in FIELDS}),
        "rules": SimpleNamespace(track=lambda _: titled["track"], division=lambda _: titled["group"]),
        "states": STATES,
        "readings": readings(f"{said('design-work')['zh']},".encode("gb18030")),
        "svg": qr_svg(f"{context.settings.public_url}{ADDRESS}"),
    }


@router.get(ADDRESS)
async def design(context: ContextOf, request: Request) -> Response:
    return context.pages.render(request, "design.html", examples(context, request))


@router.post(ADDRESS)
async def send_example() -> Response:
    """Every button of the page leads back to it: nothing is kept."""
    return RedirectResponse(ADDRESS, 303)
