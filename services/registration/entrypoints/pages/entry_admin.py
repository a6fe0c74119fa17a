"""The desk of school, district and city: what waits, the entries, their review, places, the deadline board, exports."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from services.registration.adapters.entries import EntryFilter
from services.registration.application.entering import extend
from services.registration.application.exhibiting import set_exhibition
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.reviewing import places, review_many, verdict_of
from services.registration.application.seasons import season_of
from services.registration.application.signs import flag_entries
from services.registration.application.transferring import transfer
from services.registration.domain.consent import state_of
from services.registration.domain.entry_sheet import EXHIBITED
from services.registration.domain.reviewing import next_step
from services.registration.entrypoints.access import StaffView, staff_view, visible
from services.registration.entrypoints.browser import own_path
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.pages.board import curve
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound
from shared.identity import Principal
from shared.season.csv_rows import write_marked_csv
from shared.season.fields import column_of_field, columns_of
from shared.season.time import parse_moment, to_unix_micros
from shared.states import EntryStatus
from shared.web.forms import FormData, read_form, refused_status
from shared.web.lists import NOTHING, Ticked, read_asked, read_ticked
from shared.web.season_header import season_frame

Change = Callable[[Season, StoredEntry, FormData, int], Awaitable[StoredEntry]]
"""What is done to an entry, by the form that was sent, at this time."""
STANDINGS = (
    EntryStatus.PENDING,
    EntryStatus.VALID,
    EntryStatus.NOT_RECOMMENDED,
    EntryStatus.EXHIBITION,
    EntryStatus.RETURNED,
    EntryStatus.REJECTED,
    EntryStatus.DRAFT,
    EntryStatus.LATE,
    EntryStatus.WITHDRAWN,
    EntryStatus.CONSENT_WITHDRAWN,
)
DECIDABLE = (EntryStatus.PENDING, EntryStatus.REJECTED)
"""Where an entry stands that a verdict may be given on."""
MOST_DECIDED = 500
"""So many at once, by their filter."""
MOST_SHOWN = 100
TABS = frozenset({EntryStatus.PENDING, EntryStatus.VALID, EntryStatus.RETURNED, EntryStatus.DRAFT})
"""Standings that have a tab even where nothing stands."""
PEEK = "peek"
"""What in the address names the entry that is shown beside the list."""
MOST_EXPORTED = 200_000
EXPORTED = (
    "entry", "standing", "track", "division", "unit", "school", "title", "submitted_at",
    "m1_name_zh", "m1_name_en", "m1_grade", "m2_name_zh", "m2_name_en", "m2_grade", "m3_name_zh", "m3_name_en", "m3_grade",
    "i1_name", "i2_name", "m1_consent", "m2_consent", "m3_consent",
)  # fmt: skip


router = APIRouter(prefix="/registration/seasons/{season_id}", include_in_schema=False)


def read_filter(request: Request, look: StaffView) -> EntryFilter:
    asked = request.query_params
    units, school = look.scope.schools, asked.get("unit", "")
    if school and look.scope.holds(school):
        units = frozenset([school])
    return EntryFilter(
        look.season.id,
        units,
        next((status for status in STANDINGS if status == asked.get("standing")), None),
        asked.get("track", "")[:64],
        asked.get("division", "")[:64],
        asked.get("q", "").strip()[:80],
    )


async def desk_page(
    context: Context,
    request: Request,
    look: StaffView,
    form: FormData,
    failed: Sequence[tuple[StoredEntry, str]] = (),
    ticked: Ticked = NOTHING,
    status: int = 200,
    peek: StoredEntry | None = None,
) -> Response:
    rules, asked = look.season.rules, read_filter(request, look)
    result = await context.read.entries.counts(asked)
    counts = {name: result.get(name, 0) for name in STANDINGS}
    unfiltered = await context.read.entries.counts(EntryFilter(look.season.id, look.scope.schools))
    total = counts[asked.standing] if asked.standing else sum(counts.values())
    after = request.query_params.get("after", "")[:64]
    shown = await context.read.entries.listed(asked, after, MOST_SHOWN)
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in ("after", "lang", PEEK)]
    schools = [
        unit for unit in look.units.values() if unit.level == rules.unit_levels[-1] and look.scope.holds(unit.unit)
    ]
    return context.pages.render(
        request,
        "desk.html",
        {
            **season_frame(rules, look.season.mode),
            "scope": look.scope,
            "counts": counts,
            "entries": shown,
            "steps": {entry.entry.entry: next_step(rules, entry.approvals) for entry in shown},
            "total": total,
            "tabs": [(name, unfiltered.get(name, 0)) for name in STANDINGS if name in TABS or unfiltered.get(name)],
            "everything": sum(unfiltered.values()),
            "conditions": read_asked(request, "q", "track", "division", "unit", tab="standing"),
            "by_filter": total if asked.standing in DECIDABLE and 1 < total <= MOST_DECIDED else 0,
            "ticked": ticked,
            "asked": asked,
            "unit_asked": request.query_params.get("unit", ""),
            "schools": schools,
            "units": look.units,
            "next": urlencode([*query, ("after", shown[-1].entry.entry)]) if len(shown) == MOST_SHOWN else "",
            "query": urlencode(query),
            "places": await places(look.season, look.scope.unit, context.store) if _caps(look) else {},
            "to_confirm": sum((await context.read.entries.counts(replace(asked, to_confirm=True))).values()),
            "held": await context.files.copies.waiting(look.season.id) if look.scope.whole and rules.works else 0,
            "failed": failed,
            "form": form,
            "peek": _peek(peek, shown) if peek else None,
        },
        status=status,
    )


@router.get("/desk")
async def desk(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    look, asked = await staff_view(context, season_id, principal), request.query_params.get(PEEK, "")[:64]
    peek = await visible(context, season_id, asked, principal) if asked else None
    return await desk_page(context, request, look, FormData(), peek=peek)


def _peek(stored: StoredEntry, shown: Sequence[StoredEntry]) -> dict[str, Any]:
    """One entry beside the list, with the one that waits behind it there."""
    numbers = [each.entry.entry for each in shown]
    place = numbers.index(stored.entry.entry) if stored.entry.entry in numbers else len(numbers)
    waiting = (each.entry.entry for each in shown[place + 1 :] if each.standing in DECIDABLE)
    return {
        "stored": stored,
        "states": [state_of(stored.consents, number) for number in range(1, len(stored.members) + 1)],
        "following": next(waiting, ""),
    }


@router.post("/review")
async def decide(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """One verdict for all that were ticked, or for as many of the filter as the page said; whoever cannot get it is named with
    the reason, and stays ticked."""
    look = await staff_view(context, season_id, principal)
    if not look.scope.decides:
        raise NotAllowed("role-needed")
    await season_of(season_id, context.store, mode="live")
    sent = await request.form()
    marked = read_ticked(sent, "entry")
    ticked = list(marked.keys)
    form = FormData({name: str(value) for name, value in sent.items() if isinstance(value, str)})
    translator = context.pages.translator(request)
    if not form["verdict"]:  # Enter in the field of the reason presses no button
        refused = form.with_errors(InvalidState("no-act-chosen"), translator)
        return await desk_page(context, request, look, refused, (), marked, status=422)
    if form["whole"]:
        by_filter = await context.read.entries.listed(read_filter(request, look), "", MOST_DECIDED + 1)
        ticked = [stored.entry.entry for stored in by_filter if stored.standing in DECIDABLE]
        if form["whole"] != str(len(ticked)):
            refused = form.with_errors(InvalidState("list-otherwise"), translator)
            return await desk_page(context, request, look, refused, status=409)
    if not ticked:
        return await desk_page(
            context, request, look, form.with_errors(InvalidState("nothing-ticked"), translator), status=422
        )
    now, chosen = (
        await context.store.clock.now(),
        await context.read.entries.chosen(season_id, ticked, look.scope.schools),
    )
    outcome = await review_many(
        look.season,
        chosen,
        verdict_of(form["verdict"]),
        form["reason"],
        look.scope.reviewer(principal.account),
        look.units,
        now,
        context.store,
    )
    kept_back = [(stored, error) for stored, error in outcome if error]
    if len(chosen) < len(ticked):
        form = form.with_errors(InvalidState("no-such-entry"), translator)
    elif not kept_back:
        return RedirectResponse(own_path(form["back"] or f"/registration/seasons/{season_id}/desk"), status_code=303)
    failed = [(stored, translator(f"problem-{error.code}", **error.values)) for stored, error in kept_back]
    return await desk_page(context, request, look, form, failed, marked, status=409)


@router.post("/entries/{entry}/extension")
async def extend_one(context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
    """For the organizer of the whole season alone."""
    look = await staff_view(context, season_id, principal, decides=True, whole=True)
    sent = await read_form(request)
    stored = await context.read.entries.find(season_id, entry)
    if stored is None:
        raise NotFound("no-such-entry")
    try:
        until = parse_moment(_with_seconds(sent["until"]), look.season.rules.zone)
        if until is None:
            raise InvalidState("extension-time")
        now = await context.store.clock.now()
        await extend(look.season, stored, until, sent["reason"], principal.account, now, context.store)
    except LaurelError as error:
        return await desk_page(
            context, request, look, sent.with_errors(error, context.pages.translator(request)), status=409
        )
    return RedirectResponse(f"/registration/entries/{season_id}/{entry}", status_code=303)


async def change_live(
    context: Context, request: Request, season_id: str, entry: str, principal: Principal, change: Change
) -> Response:
    """One change of an entry of a live season, for the organizer of the whole season alone; refused, the desk says why."""
    look = await staff_view(context, season_id, principal, mode="live", decides=True, whole=True)
    sent = await read_form(request)
    stored = await context.read.entries.find(season_id, entry)
    if stored is None:
        raise NotFound("no-such-entry")
    try:
        await change(look.season, stored, sent, await context.store.clock.now())
    except (Invalid, InvalidState) as error:
        form = sent.with_errors(error, context.pages.translator(request))
        return await desk_page(context, request, look, form, status=refused_status(error))
    return RedirectResponse(f"/registration/entries/{season_id}/{entry}", status_code=303)


@router.post("/entries/{entry}/transfer")
async def transfer_one(
    context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn
) -> Response:
    """To another school."""

    async def change(season: Season, stored: StoredEntry, sent: FormData, now: int) -> StoredEntry:
        by, accounts = principal.account, context.access.stored_accounts
        return await transfer(season, stored, sent["unit"], sent["reason"], by, now, context.store, accounts)

    return await change_live(context, request, season_id, entry, principal, change)


@router.post("/entries/{entry}/exhibition")
async def exhibit_one(
    context: ContextOf, request: Request, season_id: str, entry: str, principal: SignedIn
) -> Response:
    """Out of competition, or competing again."""

    async def change(season: Season, stored: StoredEntry, sent: FormData, now: int) -> StoredEntry:
        exhibition = sent["exhibition"] == EXHIBITED
        return await set_exhibition(season, stored, exhibition, sent["reason"], principal.account, now, context.store)

    return await change_live(context, request, season_id, entry, principal, change)


@router.get("/board")
async def board(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Entries begun and handed in over time, and what is still missing."""
    look = await staff_view(context, season_id, principal)
    asked, rules = read_filter(request, look), look.season.rules
    counts = await context.read.entries.counts(asked)
    window = rules.window("registration")
    hours = await context.read.entries.by_hour(asked)
    chart = curve(
        hours,
        to_unix_micros(window.opens),
        to_unix_micros(window.closes),
        await context.store.clock.now(),
        rules.time_zone,
    )
    return context.pages.render(
        request,
        "board.html",
        {
            **season_frame(rules, look.season.mode),
            "counts": {name: counts.get(name, 0) for name in STANDINGS},
            "chart": chart,
            "closes": to_unix_micros(window.closes),
            "now": await context.store.clock.now(),
        },
    )


@router.post("/export")
async def export(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """The chosen entries as a file, with names; it asks for a reason, which is kept with who took it."""
    look, sent = await staff_view(context, season_id, principal), await read_form(request)
    if not sent["reason"]:
        form = sent.with_errors(InvalidState("reason-needed"), context.pages.translator(request))
        return await desk_page(context, request, look, form, status=422)
    entries = await context.read.entries.listed(read_filter(request, look), "", MOST_EXPORTED)
    people = [person for entry in entries for person in entry.members]
    await context.rights.reads.note(
        season_id, principal.account, principal.login, "export", people, reason=sent["reason"]
    )
    fields = columns_of(look.season.rules)
    rows = ([*_exported(entry, look), *_answered(entry, fields)] for entry in entries)
    headers = {"Content-Disposition": f'attachment; filename="{season_id}-entries.csv"'}
    text = write_marked_csv([*EXPORTED, *fields], rows)
    return PlainTextResponse(text, media_type="text/csv", headers=headers)


@router.get("/signs")
async def signs(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Entries with signs that no font of the certificates has: for the organizer and the auditor."""
    look = await staff_view(context, season_id, principal, whole=True)
    flagged = await flag_entries(context.read.entries.unusual(season_id))
    points = {sign: f"U+{ord(sign):04X}" for item in flagged for sign in item.signs}
    shown = {
        **season_frame(look.season.rules, look.season.mode),
        "flagged": flagged,
        "points": points,
        "units": look.units,
    }
    return context.pages.render(request, "signs.html", shown)


@router.get("/reads")
async def reads(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """Who of the staff looked at whose data: for the organizer and the auditor."""
    look = await staff_view(context, season_id, principal, whole=True)
    shown = {
        **season_frame(look.season.rules, look.season.mode),
        "reads": await context.rights.reads.of_season(season_id),
    }
    return context.pages.render(request, "reads.html", shown)


def _caps(look: StaffView) -> bool:
    nominations = look.season.rules.nominations
    return nominations is not None and nominations.level == look.scope.level


def _with_seconds(written: str) -> str:
    """A time as browsers send it lacks the seconds."""
    return f"{written}:00" if len(written) == len("2026-01-01T00:00") else written


def _answered(stored: StoredEntry, columns: Sequence[str]) -> list[str]:
    """What it answers to the custom fields, in these columns."""
    answers = {column_of_field(answer.field): answer.value for answer in stored.entry.answers}
    return [answers.get(name, "") for name in columns]


def _exported(stored: StoredEntry, look: StaffView) -> list[str]:
    entry, unit = stored.entry, look.units.get(stored.entry.unit)
    members: list[Any] = [*entry.members, None, None, None][:3]
    instructors = [*(instructor.name for instructor in entry.instructors), "", ""][:2]
    return [
        entry.entry,
        stored.standing,
        entry.track,
        entry.division,
        entry.unit,
        unit.name.best("zh") if unit else "",
        entry.title,
        str(entry.submitted_at or ""),
        *(
            cell
            for member in members
            for cell in ((member.name.zh, member.name.en, str(member.grade)) if member else ("", "", ""))
        ),
        *instructors,
        *(state_of(stored.consents, number) if number <= len(entry.members) else "" for number in (1, 2, 3)),
    ]
