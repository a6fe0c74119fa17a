"""Certificates by school: how many each has, when they were last taken, and one download for those that are selected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.certificates.domain.documents import KINDS, kind_of
from services.certificates.entrypoints.context import Context, ContextOf, SignedIn
from services.certificates.entrypoints.http.downloads import MOST_UNITS, DownloadIn, address, begin_download
from services.certificates.entrypoints.scope import Scope, rules_of, scope_of
from shared.errors import InvalidState
from shared.identity import Principal
from shared.season.text import Text
from shared.web.forms import FormData
from shared.web.season_header import season_frame

ON_A_PAGE = 50

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


@dataclass(frozen=True, slots=True)
class Filter:
    """Which schools are shown."""

    find: str = ""
    district: str = ""
    kind: str = ""
    page: int = 1

    @property
    def query(self) -> dict[str, str]:
        return {"find": self.find, "district": self.district, "kind": self.kind}


def filter_of(values: Mapping[str, str]) -> Filter:
    """The filter that an address or a form states; what it cannot mean is none."""
    page = values.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
    return Filter(
        values.get("find", "").strip()[:100],
        values.get("district", "")[:64],
        kind_of(values.get("kind", "")),
        max(1, number),
    )


async def schools_of(context: Context, season: str, scope: Scope, wanted: Filter, language: str) -> list[School]:
    """Those that the filter leaves, by name."""
    counts = await context.certificates.counts_by_unit(season, scope.wanted(wanted.district, "", wanted.kind))
    log = await context.audit.downloads(season)
    schools: list[School] = []
    for unit, by_kind in counts.items():
        name = scope.names.get(unit)
        if wanted.find and wanted.find.casefold() not in (name.zh + name.en if name else unit).casefold():
            continue
        others = sum(count for kind, count in by_kind.items() if kind not in ("student", "instructor"))
        schools.append(
            School(
                unit,
                name,
                scope.names.get(scope.parents.get(unit, "")),
                by_kind.get("student", 0),
                by_kind.get("instructor", 0),
                others,
                next((line for line in log if _names(line, unit)), None),
            )
        )
    return sorted(schools, key=lambda school: (school.name.best(language) if school.name else "", school.unit))


def _names(line: Mapping[str, Any], unit: str) -> bool:
    """Whether this line of the log is of a download that asked for this unit."""
    details = line["details"]
    return bool(unit) and (details.get("unit") == unit or unit in details.get("units", ()))


async def page_of(
    context: Context,
    request: Request,
    season_id: str,
    principal: Principal,
    wanted: Filter,
    form: FormData | None = None,
    chosen: Sequence[str] = (),
) -> Response:
    rules, scope = await rules_of(context, season_id), await scope_of(context, principal, season_id)
    language = context.pages.translator(request).language
    schools = await schools_of(context, season_id, scope, wanted, language)
    start = (wanted.page - 1) * ON_A_PAGE
    with_schools = {scope.parents.get(unit, "") for unit in scope.names if scope.holds(unit)}
    page = {
        **season_frame(rules),
        "form": form or FormData(),
        "asked": wanted,
        "chosen": frozenset(chosen),
        "kinds": KINDS,
        "districts": [(unit, name) for unit, name in scope.names.items() if unit in with_schools and scope.holds(unit)],
        "schools": schools[start : start + ON_A_PAGE],
        "start": start,
        "count": len(schools),
        "sheets": sum(school.count for school in schools),
        "later": start + ON_A_PAGE < len(schools),
        "downloads": [(job, address(job)) for job in await context.downloads.of(season_id, principal.account)],
    }
    return context.pages.render(request, "downloads.html", page, status=422 if form else 200)


@router.get("/downloads")
async def by_school(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    return await page_of(context, request, season_id, principal, filter_of(request.query_params))


@router.post("/downloads/schools")
async def ask(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """One download of the schools that were selected; of all that the filter leaves where none was."""
    await rules_of(context, season_id)
    form = await request.form()
    sent = FormData({name: value.strip()[:500] for name, value in form.items() if isinstance(value, str)})
    chosen = [value for value in form.getlist("unit") if isinstance(value, str)][:MOST_UNITS]
    wanted = filter_of(sent.values)
    scope = await scope_of(context, principal, season_id)
    units = chosen or await _left(context, season_id, scope, wanted)
    printing = sent["act"] == "print"
    wish = DownloadIn(
        form="print" if printing else "zip",
        units=tuple(unit[:64] for unit in units),
        kind=kind_of(wanted.kind),
        crop=printing,
        reason=sent["reason"],
    )
    try:
        job = await begin_download(context, season_id, principal, wish)
    except InvalidState as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await page_of(context, request, season_id, principal, wanted, refused, chosen)
    return RedirectResponse(f"/certificates/seasons/{season_id}/downloads/{job.id}", status_code=303)


async def _left(context: Context, season: str, scope: Scope, wanted: Filter) -> list[str]:
    """The units that a filter names; none where it leaves everything."""
    if wanted.find:
        schools = await schools_of(context, season, scope, wanted, "zh")
        return [school.unit for school in schools if school.unit] or [wanted.find]
    return [wanted.district] if wanted.district else []
