"""Rounds: who takes part, closing one, and the seats in the next."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.judging.application.gathering import load_facts
from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.domain.facts import Entry, Season
from services.judging.domain.inputs import hash_of
from services.judging.domain.results import compute_rounds
from services.judging.domain.seats import OpenDecision, Seating
from services.judging.domain.signatures import Signatory
from services.judging.domain.stages import SeasonStage
from shared.errors import Invalid, InvalidState
from shared.events.judging import RoundClosedV1
from shared.season.rules import Round
from shared.season.time import to_unix_micros
from shared.states import EntryStatus

REASON = 4
"""Shortest reason for doing something before its time."""


async def moment_of(season: JudgedSeason, stated: int | None, store: Store) -> int:
    """The time that counts: what a record states, or the database's clock."""
    if season.mode == "records":
        if stated is None:
            raise Invalid("action-field", field="at")
        return stated
    if stated is not None:
        raise InvalidState("live-season")
    return await store.clock.now()


def early(season: JudgedSeason, step: str, at: int, due: int, reason: str) -> dict[str, dict[str, str]]:
    """What to keep when something is done before it is due; nothing is needed afterwards."""
    if at >= due:
        return {}
    return {"reasons": {**season.reasons, step: stated_reason(reason)}}


def stated_reason(reason: str) -> str:
    """The reason without blanks around it. Raises InvalidState where none is given."""
    if len(reason.strip()) < REASON:
        raise InvalidState("reason-needed")
    return reason.strip()


def takes_part(entry: Entry, present: frozenset[str] | None) -> bool:
    """Whether an entry is scored in a round with these competing entries (see `present_in`); exhibition entries always are."""
    return entry.in_first_round and (
        present is None or entry.entry in present or entry.standing == EntryStatus.EXHIBITION
    )


async def present_in(season: JudgedSeason, round_: Round, store: Store) -> frozenset[str] | None:
    """The competing entries of a later round, by the seats that were told last; None for the first: all valid ones."""
    position = season.rules.rounds.index(round_)
    if position == 0:
        return None
    return await store.seatings.present(season.id, season.rules.rounds[position - 1].id) or frozenset()


async def close_round(
    season: JudgedSeason, round_id: str, stated: int | None, reason: str, by: Signatory, store: Store
) -> None:
    """Take no more scores in a round, and give the seats in the next. Closing before the end of judging needs a reason.

    Raises:
        InvalidState: a round before it is still open, or no reason is given.
        Unavailable: something that was told to judging was lost on the way and has not arrived again.
    """
    round_ = season.round(round_id)
    if round_.id not in season.closings:
        if round_ is not season.current:
            raise InvalidState("round-before-open")
        await store.streams.require_whole()
        at = await moment_of(season, stated, store)
        kept = early(season, f"closed-{round_.id}", at, to_unix_micros(round_.judging.closes), reason)
        present = await present_in(season, round_, store)
        if present is None:
            present = frozenset(e.entry for e in (await store.facts.entries(season.id)).values() if e.in_first_round)
        event = RoundClosedV1(
            season=season.id,
            round=round_.id,
            closed_at=at,
            entries=len(present),
            ballots=await store.scores.count(season.id, round_.id),
        )
        await record("round-closed", season, by, store, reason, facts={"round": round_.id, "stated": at})
        closings = {**season.closings, round_.id: at}
        stage = SeasonStage.CLOSED if len(closings) == len(season.rules.rounds) else SeasonStage.OPEN
        await store.seasons.advance(season, {"stage": stage, "closings": closings, **kept}, [event])
        season = replace(season, closings=closings, version=season.version + 1)
    if round_.advance:
        await give_seats(season, round_, store)


async def give_seats(season: JudgedSeason, round_: Round, store: Store) -> Seating:
    """Compute who goes on from a closed round, and tell it if it is something new."""
    facts = await load_facts(season, store)
    seating = _seating(facts, round_)
    if season.mode == "live":
        seating = decided_only(seating, facts)
    at = season.closings[round_.id] if season.mode == "records" else await store.clock.now()
    await store.seatings.save(season.id, round_.id, round_.advance.to if round_.advance else "", seating, at)
    return seating


def _seating(facts: Season, round_: Round) -> Seating:
    return compute_rounds(facts, facts.decisions, round_.id)[-1].seating or Seating()


async def open_decisions(season: JudgedSeason, round_: Round, store: Store) -> tuple[OpenDecision, ...]:
    """What the rules do not decide about the seats that a round gives, as it is now."""
    return _seating(await load_facts(season, store), round_).open


def decided_only(seating: Seating, facts: Season) -> Seating:
    """Without the seats that only an id would have given: they wait for the chief judge's decision.

    So do, in the same group, seats from the pool and of those who moved up: they may hang on whom it is decided for.
    """
    waiting: set[str] = set()
    for decision in seating.open:
        in_group = {name: via for name, via in seating.via.items() if _group(facts.entries[name]) == decision.group}
        if decision.kind == "seat":
            waiting.update(decision.options)
            waiting.update(name for name, via in in_group.items() if via != "quota")
        else:
            waiting.update(in_group)
    return replace(seating, via={name: via for name, via in seating.via.items() if name not in waiting})


def _group(entry: Entry) -> str:
    return f"{entry.track}-{entry.division}"


async def settle(
    season: JudgedSeason, round_id: str, first: Sequence[str], reason: str, by: Signatory, store: Store
) -> None:
    """Record who goes first where the rules leave entries or units equal, and give the seats anew.

    Raises:
        InvalidState: nothing is open about these, or no reason is given.
    """
    round_, facts = season.round(round_id), await load_facts(season, store)
    chosen = set(first)
    open_decision = next(
        (d for d in _seating(facts, round_).open if chosen <= set(d.options) and len(chosen) == d.seats), None
    )
    if open_decision is None:
        raise InvalidState("nothing-open")
    why, ahead, options = (
        stated_reason(reason),
        [name for name in open_decision.options if name in chosen],
        list(open_decision.options),
    )
    values = {
        "type": "preference",
        "at": await store.clock.now(),
        "round": round_.id,
        "first": ahead,
        "options": options,
        "reason": why,
        "by": by.login,
    }
    await record("order-decided", season, by, store, why, facts={"round": round_.id, "first": ahead})
    await store.facts.save_action(season.id, f"preference-{round_.id}-{hash_of(options)[:16]}", values)
    if round_.id in season.closings:
        await give_seats(season, round_, store)


async def entry_left(season: JudgedSeason, round_id: str, store: Store) -> None:
    """An entry left a round: its seat goes to the next in line, if the round before is closed."""
    before = _before(season, round_id)
    if before is not None and before.id in season.closings:
        await give_seats(season, before, store)


def _before(season: JudgedSeason, round_id: str) -> Round | None:
    rounds: Mapping[str, Round] = {round_.advance.to: round_ for round_ in season.rules.rounds if round_.advance}
    return rounds.get(round_id)
