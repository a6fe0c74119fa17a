"""One's own page: an organizer's seasons, a judge's tasks, a school's entries, a student's works, each with what to do next."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from services.registration.adapters.entries import EntryFilter
from services.registration.application.consenting import consent_needed
from services.registration.application.ports import Season, StoredEntry
from services.registration.domain.entries import EDITABLE, deadline, takes_entries
from services.registration.domain.overview import (
    Due,
    Phase,
    SeasonFacts,
    Task,
    missing_before_next,
    next_due,
    phases_of,
    present_of,
)
from services.registration.entrypoints.context import Context, ContextOf, SignedIn
from services.registration.entrypoints.scope import Scope, is_organizer, scope_of
from services.registration.entrypoints.season_facts import season_facts
from shared.identity import Principal, Role
from shared.season.time import to_unix_micros
from shared.states import EntryStatus, StepState
from shared.web.workspace import OF_UNITS, WHOLE, paths_for, staff_roles

router = APIRouter(prefix="/registration", include_in_schema=False)

MOST_CARDS = 12
"""So many seasons are shown with their counts; whoever has more sees the others by name."""
MOST_TASKS = 3
"""So many are named on the card of a season; its overview has them all."""
JUDGES = frozenset({Role.JUDGE, Role.CHIEF_JUDGE})
PROGRAMMING = frozenset({Role.OPERATOR, *WHOLE, *OF_UNITS, *JUDGES})
"""Whose pages offer tokens for programs."""


@dataclass(frozen=True, slots=True)
class Card:
    """A season as whoever organizes it sees it from outside."""

    season: Season
    facts: SeasonFacts
    phases: tuple[Phase, ...]
    present: Phase
    due: Due | None
    tasks: tuple[Task, ...]
    paths: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PartCard:
    """A season as a school or a district sees it: its own part."""

    season: Season
    scope: Scope
    unit: Any
    counts: Mapping[str, int]
    to_confirm: int
    closes: int
    open: bool
    paths: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class JudgeCard:
    season: Season
    left: int
    """Works that wait for this judge, as judging told it."""
    due: Due | None


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry of one's own, and what it waits for: `consent`, `returned`, `draft`, or nothing."""

    stored: StoredEntry
    season: Season
    step: str
    until: int

    @property
    def open(self) -> bool:
        return self.step != ""


@router.get("/me")
async def me(context: ContextOf, request: Request, principal: SignedIn) -> Response:
    """What this account can do and what is waiting."""
    now, seasons = await context.store.clock.now(), await context.read.seasons.all()
    known = {season.id: season for season in seasons}
    entries = await context.read.entries.owned(principal.account, principal.people)
    certificates = await context.read.results.certificates_of(principal.people)
    roles = {season.id: staff_roles(principal, season.id) for season in seasons}
    organized = [season for season in seasons if roles[season.id] & WHOLE]
    running = [season for season in organized if season.final_at is None]
    shown = {
        "now": now,
        "cards": await asyncio.gather(*(_card(context, season, principal) for season in running[:MOST_CARDS])),
        "further": running[MOST_CARDS:],
        "ended": [season for season in organized if season.final_at is not None],
        "parts": [
            await _part(context, season, principal, now)
            for season in seasons
            if roles[season.id] & set(OF_UNITS) and not roles[season.id] & WHOLE
        ],
        "judging": [await _judge(context, season, principal, now) for season in seasons if roles[season.id] & JUDGES],
        "entering": [season for season in seasons if _enters(principal, season, Role.INSTRUCTOR, now)],
        "joining": [season for season in seasons if _enters(principal, season, Role.STUDENT, now)],
        "again": [season for season in seasons if _comes_again(principal, season, now)],
        "entries": entry_lines(entries, known, now),
        "certificates": certificates,
        "takes_part": bool(principal.people) or bool(entries),
        "organizes": is_organizer(principal),
        "programs": any(grant.role in PROGRAMMING for grant in principal.grants),
    }
    return context.pages.render(request, "me.html", shown)


def entry_lines(entries: Sequence[StoredEntry], seasons: Mapping[str, Season], now: int) -> list[EntryLine]:
    """One's entries, those that wait for something first, by their deadlines."""
    lines = []
    for stored in entries:
        season = seasons[stored.season]
        until = deadline(season.rules, stored.later, season.final_at)
        step = _step(season, stored, now) if season.mode == "live" and now <= until else ""
        lines.append(EntryLine(stored, season, step, until))
    return sorted(lines, key=lambda line: (not line.open, line.until if line.open else 0))


def _step(season: Season, stored: StoredEntry, now: int) -> str:
    if stored.standing not in EDITABLE:
        return ""
    if consent_needed(season, stored, now):
        return "consent"
    return "returned" if stored.standing == EntryStatus.RETURNED else "draft"


def _enters(principal: Principal, season: Season, role: Role, now: int) -> bool:
    """Whether somebody with this role may begin an entry now."""
    held = principal.grant(role, season.id) is not None
    return held and season.mode == "live" and takes_entries(season.rules, now, season.final_at)


def _comes_again(principal: Principal, season: Season, now: int) -> bool:
    """Whether a student of another season may enter this one with the same account."""
    took_part = any(grant.role is Role.STUDENT for grant in principal.grants)
    open_ = season.mode == "live" and takes_entries(season.rules, now, season.final_at)
    return took_part and open_ and not principal.grant(Role.STUDENT, season.id)


async def _card(context: Context, season: Season, principal: Principal) -> Card:
    facts, rules = await season_facts(context, season), season.rules
    phases = phases_of(rules, facts)
    paths = paths_for(principal, rules, season.mode)
    open_ = [task for task in missing_before_next(rules, facts) if task.state is StepState.NOW]
    waits = [task for task in open_ if task.page in paths][:MOST_TASKS]
    return Card(season, facts, phases, present_of(phases), next_due(rules, facts), tuple(waits), paths)


async def _part(context: Context, season: Season, principal: Principal, now: int) -> PartCard | None:
    units = await context.read.units.of(season.id)
    scope = scope_of(principal, season.id, season.rules, units)
    if scope is None:
        return None
    wanted = EntryFilter(season.id, scope.schools)
    waiting = await context.read.entries.counts(EntryFilter(season.id, scope.schools, to_confirm=True))
    return PartCard(
        season,
        scope,
        units[scope.unit],
        await context.read.entries.counts(wanted),
        sum(waiting.values()) if season.mode == "live" else 0,
        to_unix_micros(season.rules.window("registration").closes),
        season.mode == "live" and takes_entries(season.rules, now, season.final_at),
        paths_for(principal, season.rules, season.mode),
    )


async def _judge(context: Context, season: Season, principal: Principal, now: int) -> JudgeCard:
    held = (principal.grant(role, season.id) for role in JUDGES)
    mine = {grant.ref for grant in held if grant}
    left = await context.reminding.tasks_left.of(season.id)
    closed = frozenset(await context.read.results.closed_rounds(season.id))
    rounds = [round_ for round_ in season.rules.rounds if round_.id not in closed]
    closes = to_unix_micros(rounds[0].judging.closes) if rounds else 0
    due = Due("judging-closes", closes, rounds[0].title) if closes > now and season.final_at is None else None
    return JudgeCard(season, sum(count for judge, count in left.items() if judge in mine), due)
