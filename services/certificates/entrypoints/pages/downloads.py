"""Certificates by school: how many each has, when they were last taken, and one download for those that are selected."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.certificates.domain.documents import KINDS, kind_of
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.http.downloads import MOST_UNITS, DownloadIn, address, begin_download
from services.certificates.entrypoints.scope import Scope, below, rules_of, scope_of
from shared.errors import InvalidState
from shared.identity import Principal
from shared.season.text import Text
from shared.web.forms import FormData
from shared.web.lists import (
    NOTHING,
    Asked,
    Listing,
    Ticked,
    chosen_keys,
    holds_words,
    list_rows,
    read_asked,
    read_ticked,
)
from shared.web.season_header import season_frame

router = APIRouter(prefix="/certificates/seasons/{season_id}", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class School:
    """A unit with certificates."""

    unit: str
    name: Text | None
    district: Text | None
    students: int
    instructors: int
    others: int
    taken: Mapping[str, Any] | None
    """The newest line of the log by which its certificates were taken as one download."""

    @property
    def count(self) -> int:
        return self.students + self.instructors + self.others


TABS: Mapping[str, Callable[[School], bool]] = {
    "waiting": lambda school: school.taken is None,
    "taken": lambda school: school.taken is not None,
}
"""Schools whose certificates nobody has taken yet, and the others."""


def schools_asked(request: Request) -> Asked:
    return read_asked(request, "find", "district", "kind")


async def list_schools(context: Context, season: str, scope: Scope, asked: Asked, language: str) -> Listing[School]:
    """The schools of one's part of the season by name, with what they have of the kind that is asked for."""
    counts = await context.certificates.counts_by_unit(season, scope.wanted(kind=kind_of(asked["kind"])))
    log = await context.audit.downloads(season)
    schools = [_school(unit, by_kind, scope, log) for unit, by_kind in counts.items()]
    schools.sort(key=lambda school: (school.name.best(language) if school.name else "", school.unit))
    within = below(scope.parents, asked["district"]) if asked["district"] else None

    def fits(school: School) -> bool:
        names = (school.name.zh, school.name.en) if school.name else ()
        return (within is None or school.unit in within) and holds_words(asked["find"], school.unit, *names)

    return list_rows(schools, asked, TABS, fits, always=TABS)


def _school(unit: str, by_kind: Mapping[str, int], scope: Scope, log: Sequence[Mapping[str, Any]]) -> School:
    return School(
        unit,
        scope.names.get(unit),
        scope.names.get(scope.parents.get(unit, "")),
        by_kind.get("student", 0),
        by_kind.get("instructor", 0),
        sum(count for kind, count in by_kind.items() if kind not in ("student", "instructor")),
        next((line for line in log if _names(line, unit)), None),
    )


def _names(line: Mapping[str, Any], unit: str) -> bool:
    """Whether this line of the log is of a download that asked for this unit."""
    details = line["details"]
    return bool(unit) and (details.get("unit") == unit or unit in details.get("units", ()))


async def page_of(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    form: FormData | None = None,
    ticked: Ticked = NOTHING,
) -> Response:
    rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
    asked = schools_asked(request)
    listing = await list_schools(context, season_id, scope, asked, context.pages.translator(request).language)
    with_schools = {scope.parents.get(unit, "") for unit in scope.names if scope.holds(unit)}
    page = {
        **season_frame(rules),
        "form": form or FormData(),
        "asked": asked,
        "listing": listing,
        "ticked": ticked,
        "kinds": KINDS,
        "districts": [(unit, name) for unit, name in scope.names.items() if unit in with_schools and scope.holds(unit)],
        "sheets": sum(school.count for school in listing.chosen),
        "downloads": [(job, address(job)) for job in await context.downloads.of(season_id, principal.account)],
    }
    return context.pages.render(request, "downloads.html", page, status=422 if form else 200)


@router.get("/downloads")
async def by_school(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await page_of(context, request, season_id, principal)


@router.post("/downloads/schools")
async def ask(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """One download of the schools that were ticked; of all that the filter leaves where none was."""
    await rules_of(context, season_id)
    form, asked = await request.form(), schools_asked(request)
    sent = FormData({name: value.strip()[:500] for name, value in form.items() if isinstance(value, str)})
    ticked = read_ticked(form, "unit")
    printing = sent["act"] == "print"
    try:
        units = await _chosen(context, season_id, await scope_of(context, principal, season_id), asked, ticked)
        wish = DownloadIn(
            form="print" if printing else "zip",
            units=tuple(unit[:64] for unit in units[:MOST_UNITS]),
            kind=kind_of(asked["kind"]),
            crop=printing,
            reason=sent["reason"],
        )
        job = await begin_download(context, season_id, principal, wish)
    except InvalidState as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page_of(context, request, season_id, principal, refused, ticked)
    return RedirectResponse(f"/certificates/seasons/{season_id}/downloads/{job.id}", status_code=303)


async def _chosen(context: Context, season: str, scope: Scope, asked: Asked, ticked: Ticked) -> list[str]:
    """The units that were ticked, else those that the filter leaves; none where it leaves everything."""
    narrowed = asked["find"] or asked[asked.tab]
    if not (ticked.keys or ticked.whole) and not narrowed:
        return [asked["district"]] if asked["district"] else []
    if ticked.keys and not ticked.whole:
        return chosen_keys(ticked, ())
    listing = await list_schools(context, season, scope, asked, "zh")
    units = [school.unit for school in listing.chosen]
    left = chosen_keys(ticked, units) if ticked.whole else units
    named = [unit for unit in left if unit]
    if not named:
        raise InvalidState("nothing-ticked")
    return named
