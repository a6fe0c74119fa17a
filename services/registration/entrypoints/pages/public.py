"""Pages for everybody: seasons, their rules, public notices."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from services.registration.adapters.results import Stage
from services.registration.application.entry_events import public_answers
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.domain.consent import current as current_consent
from services.registration.domain.consent import has_agreed
from services.registration.domain.entries import takes_entries
from services.registration.domain.people import Name
from services.registration.domain.units import Unit
from services.registration.entrypoints.amendment_words import history_in_words
from services.registration.entrypoints.context import Context, ContextOf
from services.registration.entrypoints.pages.announcing import dates_of, news_of, time_left
from services.registration.entrypoints.pages.season_steps import Words
from shared.errors import NotFound
from shared.events.judging import EntryAward
from shared.identity.authenticator import current_user
from shared.names import mask_name
from shared.season.fields import read_by
from shared.season.rules import CustomField
from shared.season.text import Text
from shared.season.time import from_unix_micros, to_unix_micros
from shared.states import AwardStatus, ResultStage, StepState
from shared.web.lists import LONGEST, holds_words
from shared.web.season_header import SeasonHeader, season_frame

HIDDEN = "＊＊"


def timeline(season: Season, now: int) -> list[dict[str, Any]]:
    """The season's dates with their state: done, now or to come. Of a final season nothing is to come."""
    steps: list[dict[str, Any]] = []
    for name, slot in season.rules.timeline.items():
        opens = to_unix_micros(slot.opens) if slot.opens else None
        closes = to_unix_micros(slot.closes) if slot.closes else None
        if slot.decided_within_working_days:
            continue
        last = closes if closes is not None else opens
        day = f"{slot.on}" if slot.on else ""
        over = (last is not None and now > last) or bool(slot.on and f"{from_unix_micros(now):%Y-%m-%d}" > day)
        running = opens is not None and closes is not None and opens <= now <= closes
        steps.append(
            {
                "name": name,
                "opens": opens,
                "closes": closes,
                "on": slot.on,
                "state": StepState.DONE if over else StepState.NOW if running else StepState.TODO,
            }
        )
    for round_ in season.rules.rounds:
        opens, closes = to_unix_micros(round_.judging.opens), to_unix_micros(round_.judging.closes)
        state: StepState = StepState.DONE if now > closes else StepState.NOW if now >= opens else StepState.TODO
        steps.append({"name": "", "title": round_.title, "opens": opens, "closes": closes, "on": None, "state": state})
    if season.final_at is not None:
        steps = [{**step, "state": StepState.DONE} for step in steps]
    return sorted(steps, key=lambda step: step["opens"] or step["closes"] or micros_of_day(step["on"]))


def micros_of_day(day: Any) -> int:
    """Midnight UTC of a day."""
    return to_unix_micros(datetime(day.year, day.month, day.day, tzinfo=UTC)) if day else 0


def registration_open(season: Season, now: int) -> bool:
    return season.mode == "live" and takes_entries(season.rules, now, season.final_at)


router = APIRouter(include_in_schema=False, dependencies=[Depends(current_user)])


async def clock(context: Context) -> int:
    return await context.store.clock.now()


@router.get("/")
async def home(context: ContextOf, request: Request) -> Response:
    now = await clock(context)
    seasons = await context.read.seasons.all()
    featured = next((season for season in seasons if registration_open(season, now)), seasons[0] if seasons else None)
    return context.pages.render(
        request,
        "home.html",
        {
            "featured": featured,
            "open": bool(featured and registration_open(featured, now)),
            "timeline": timeline(featured, now) if featured else [],
            "others": [season for season in seasons if season is not featured],
            "season": SeasonHeader.of(featured.rules) if featured else None,
            "days_left": (to_unix_micros(featured.rules.window("registration").closes) - now) // 86_400_000_000
            if featured
            else 0,
        },
    )


@router.get("/registration/seasons/{season_id}")
async def season_page(context: ContextOf, request: Request, season_id: str) -> Response:
    season, now = await season_of(season_id, context.store), await clock(context)
    translator = context.pages.translator(request)
    return context.pages.render(
        request,
        "season.html",
        {
            "rules": season.rules,
            "mode": season.mode,
            "season": SeasonHeader.of(season.rules),
            "timeline": timeline(season, now),
            "open": registration_open(season, now),
            "notice": await context.read.results.stage(season_id, ResultStage.PROVISIONAL),
            "amendments": history_in_words(season, Words(translator), now),
            "left": time_left(to_unix_micros(season.rules.window("registration").closes), now),
            "levels": "→".join(
                translator.first(f"level-{level}", "level-other", level=level) for level in season.rules.reviewers
            ),
        },
    )


@router.get("/registration/seasons/{season_id}/calendar.ics")
async def calendar(context: ContextOf, request: Request, season_id: str) -> Response:
    """The season's dates for calendars (RFC 5545)."""
    season, t = await season_of(season_id, context.store), context.pages.translator(request)
    url = f"{context.settings.public_url}/registration/seasons/{season_id}"
    headers = {"Content-Disposition": f'attachment; filename="{season_id}.ics"'}
    return Response(dates_of(season, t, url), media_type="text/calendar; charset=utf-8", headers=headers)


@router.get("/registration/seasons/{season_id}/feed.atom")
async def feed(context: ContextOf, request: Request, season_id: str) -> Response:
    """What is new in a season, for feed readers (RFC 4287)."""
    season, t = await season_of(season_id, context.store), context.pages.translator(request)
    stages = [
        await context.read.results.stage(season_id, stage) for stage in (ResultStage.PROVISIONAL, ResultStage.FINAL)
    ]
    told = [stage for stage in stages if stage]
    url = f"{context.settings.public_url}/registration/seasons/{season_id}"
    return Response(news_of(season, told, t, url), media_type="application/atom+xml; charset=utf-8")


@router.get("/registration/children")
async def children(context: ContextOf, request: Request) -> Response:
    return context.pages.render(request, "children.html", {"kept": context.kept})


@router.get("/registration/notices")
async def notices(context: ContextOf, request: Request) -> Response:
    listed = []
    for season in await context.read.seasons.all():
        provisional = await context.read.results.stage(season.id, ResultStage.PROVISIONAL)
        final = await context.read.results.stage(season.id, ResultStage.FINAL)
        parts = await context.read.results.notices(season.id)
        if provisional or final or parts:
            listed.append({"season": season, "provisional": provisional, "final": final, "parts": parts})
    return context.pages.render(request, "notices.html", {"listed": listed})


@router.get("/registration/seasons/{season_id}/notice")
async def notice(context: ContextOf, request: Request, season_id: str) -> Response:
    """The list on public notice, with masked names. It is for people, not for search engines."""
    season, now = await season_of(season_id, context.store), await clock(context)
    final = await context.read.results.stage(season_id, ResultStage.FINAL)
    part = request.query_params.get("of", "")
    if part:
        state = await context.read.results.stage(season_id, f"notice-{part}")
    else:
        state = final or await context.read.results.stage(season_id, ResultStage.PROVISIONAL)
    if state is None:
        raise NotFound("no-notice-yet")
    stage: Stage = state.stage
    entries = await context.read.results.entry_awards(season_id, stage)
    instructors = [
        line
        for line in await context.read.results.instructor_awards(season_id, stage)
        if line.status == AwardStatus.AWARDED
    ]
    units = await context.read.units.of(season_id)
    people = [member.person for line in entries for member in line.members]
    names = await context.read.people.names([*people, *(line.person for line in instructors)])
    stored_entries = await context.read.entries.chosen(season_id, (line.entry for line in entries))
    hidden, said = not_to_be_named(stored_entries), answers_for_everybody(season, stored_entries)
    groups: dict[tuple[str, str, str, str], list[Any]] = defaultdict(list)
    for line in entries:
        if line.status == AwardStatus.REVOKED:
            continue
        groups[line.round, line.track, line.division, line.heat].append(
            {
                "line": line,
                "answers": said.get(line.entry, []),
                "names": [
                    HIDDEN if (line.entry, member.person) in hidden else _masked(names.get(member.person))
                    for member in line.members
                ],
            }
        )
    find = request.query_params.get("find", "").strip()[:LONGEST]
    shown = {key: [item for item in lines if _is_sought(item["line"], units, find)] for key, lines in groups.items()}
    slot = season.rules.timeline.get(f"{part}_notice") if part else None
    window = season.rules.window("results_notice")
    opens, closes = (slot.opens, slot.closes) if slot and slot.opens and slot.closes else (window.opens, window.closes)
    response = context.pages.render(
        request,
        "notice.html",
        {
            **season_frame(season.rules, season.mode),
            "state": state,
            "running": to_unix_micros(opens) <= now <= to_unix_micros(closes) and final is None,
            "taken": not part and now <= to_unix_micros(window.closes),
            "opens": to_unix_micros(opens),
            "closes": to_unix_micros(closes),
            "part": part,
            "groups": {key: lines for key, lines in shown.items() if lines},
            "total": sum(map(len, groups.values())),
            "find": find,
            "counts": _by_tier(season, groups.values()),
            "units": units,
            "instructors": [{"line": line, "name": _masked(names.get(line.person))} for line in instructors],
            "unit_awards": await context.read.results.unit_awards(season_id, stage),
            "robots": False,
        },
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _is_sought(line: EntryAward, units: Mapping[str, Unit], words: str) -> bool:
    """Whether the words stand in the number, the title or the school; names are masked, and not looked for."""
    unit = units.get(line.unit)
    return holds_words(words, line.entry, line.title, *((unit.name.zh, unit.name.en) if unit else ()))


def _by_tier(season: Season, groups: Iterable[list[Any]]) -> list[tuple[Text, int]]:
    """How many got each tier, in the order of the rules, under its title."""
    counted = Counter((item["line"].round, item["line"].tier) for lines in groups for item in lines)
    titles: dict[tuple[str, str], Text] = {}
    for round_ in season.rules.rounds:
        for tier in (*round_.awards.tiers, round_.awards.otherwise) if round_.awards else ():
            if tier:
                titles[round_.id, tier.id] = tier.title
    return [(title, counted[key]) for key, title in titles.items() if counted[key]]


def answers_for_everybody(season: Season, entries: Iterable[StoredEntry]) -> dict[str, list[tuple[CustomField, str]]]:
    """What the public reads of each work beside its title, by entry."""
    return {
        stored.entry.entry: read_by(season.rules.track(stored.entry.track).fields, public_answers(stored))
        for stored in entries
    }


def not_to_be_named(entries: Iterable[StoredEntry]) -> set[tuple[str, str]]:
    """Entry and person of those who were asked and did not agree to be named in published lists."""
    return {
        (stored.entry.entry, person)
        for stored in entries
        for number, person in enumerate(stored.members, 1)
        if current_consent(stored.consents, number) and not has_agreed(stored.consents, number, "publish-name")
    }


def _masked(name: Name | None) -> str:
    return mask_name(name.best) if name and name.best else "*"
