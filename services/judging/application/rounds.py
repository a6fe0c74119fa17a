"""Closing a round, announcing its results, making them final.

Announcing and finalizing first write down that they have begun, with their time; from then on nothing that they
depend on may change. Whoever finds an unfinished one (the same request again, or the sweeper) carries it on, and
gets the same results.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeVar

from services.judging.application.ports import JudgedSeason, ResultSet, Store
from services.judging.domain.facts import Season
from services.judging.domain.results import ALGORITHM, Results, compute
from services.judging.domain.rounding import fixed
from services.judging.domain.tables import tables, totals
from shared.crash_points import reach
from shared.errors import Invalid, Refused
from shared.events.base import IntegrationEvent
from shared.events.judging import (
    AwardGrantedV1,
    EntryAward,
    InstructorAward,
    Recipient,
    ResultsAnnouncedV1,
    ResultsFinalizedV1,
    RoundClosedV1,
    UnitAward,
)
from shared.season.records import micros
from shared.season.text import Text

CHUNK = 200
REASON = 4
"""Shortest reason for doing something before its time."""

T = TypeVar("T")


async def _moment(season: JudgedSeason, stated: int | None, store: Store) -> int:
    """The time that counts: what a record states, or the database's clock."""
    if season.mode == "records":
        if stated is None:
            raise Invalid("action-field", field="at")
        return stated
    if stated is not None:
        raise Refused("live-season")
    return await store.clock.now()


def _early(season: JudgedSeason, stage: str, at: int, due: int, reason: str) -> dict[str, Any]:
    """What to keep when something is done before it is due; nothing is needed afterwards."""
    if at >= due:
        return {}
    if len(reason.strip()) < REASON:
        raise Refused("reason-needed")
    return {"reasons": {**season.reasons, stage: reason.strip()}}


async def close_round(season: JudgedSeason, stated: int | None, reason: str, store: Store) -> None:
    """Take no more ballots. Closing before the end of judging needs a reason."""
    if season.stage != "open":
        return
    at = await _moment(season, stated, store)
    one = season.rules.rounds[0]
    early = _early(season, "closed", at, micros(one.judging.closes), reason)
    entries = [entry for entry in (await store.facts.entries(season.id)).values() if entry.in_first_round]
    event = RoundClosedV1(
        season=season.id,
        round=one.id,
        closed_at=at,
        entries=len(entries),
        ballots=await store.ballots.count(season.id, one.id),
    )
    await store.seasons.advance(season, {"stage": "closed", "closed_at": at, **early}, [event])


async def announce(season: JudgedSeason, stated: int | None, store: Store) -> None:
    """Put the provisional results on public notice.

    Raises:
        Refused: the round is not closed.
    """
    if season.stage == "open":
        raise Refused("round-open")
    if season.stage == "closed":
        at = await _moment(season, stated, store)
        await store.seasons.advance(season, {"stage": "announcing", "announced_at": at}, [])
        season = replace(season, stage="announcing", announced_at=at, version=season.version + 1)
    if season.stage == "announcing":
        await _complete(season, store)


async def finalize(season: JudgedSeason, stated: int | None, reason: str, store: Store) -> None:
    """Make the results final and grant the awards. Doing so before the notice ends needs a reason.

    Raises:
        Refused: the results have not been announced.
    """
    if season.stage in ("open", "closed", "announcing"):
        raise Refused("not-announced")
    if season.stage == "announced":
        at = await _moment(season, stated, store)
        early = _early(season, "final", at, micros(season.rules.window("results_notice").closes), reason)
        await store.seasons.advance(season, {"stage": "finalizing", "finalized_at": at, **early}, [])
        season = replace(season, stage="finalizing", finalized_at=at, version=season.version + 1)
    if season.stage == "finalizing":
        await _complete(season, store)


async def complete_unfinished(store: Store) -> int:
    """The sweeper: carry on what a stopped process left half done."""
    unfinished = await store.seasons.unfinished()
    for season in unfinished:
        await _complete(season, store)
    return len(unfinished)


async def _complete(season: JudgedSeason, store: Store) -> None:
    final = season.stage == "finalizing"
    facts = await gather_facts(season, store)
    results = compute(facts, "final" if final else "provisional")
    stated = tables(facts, results)
    result_hash = hash_of(season, stated)
    entries, instructors, units = awards(facts, results)
    lines = Lines(season.id, 2 if final else 1, entries, instructors, units)
    at = (season.finalized_at if final else season.announced_at) or 0
    if final:
        chunks = [
            [
                lines.event(n, ResultsFinalizedV1, finalized_at=at, result_hash=result_hash),
                lines.granted(n, granted_at=at),
            ]
            for n in range(lines.count)
        ]
    else:
        chunks = [[lines.event(n, ResultsAnnouncedV1, announced_at=at)] for n in range(lines.count)]
    result = ResultSet(
        stage=results.stage,
        revision=lines.revision,
        at=at,
        result_hash=result_hash,
        totals=totals(facts, results),
        recipients={
            "student": sum(len(award.members) for award in entries),
            "instructor": sum(1 for award in instructors if award.status == "awarded"),
            "unit": len(units),
        },
    )
    reach("results.begun")
    await store.results.save(season.id, result, stated, chunks)
    reach("results.saved")
    await store.seasons.advance(season, {"stage": "final" if final else "announced"}, [])


async def gather_facts(season: JudgedSeason, store: Store) -> Season:
    """Everything the results are computed from. Ballots after the round was closed do not count."""
    ballots = [
        ballot
        for ballot in await store.ballots.of(season.id)
        if season.mode == "records" or season.closed_at is None or (ballot.submitted_at or 0) <= season.closed_at
    ]
    return Season(
        rules=season.rules,
        units=await store.facts.units(season.id),
        entries=await store.facts.entries(season.id),
        ballots=tuple(ballots),
        summaries=await store.facts.summaries(season.id),
        objections=tuple(await store.facts.objections(season.id)),
    )


def hash_of(season: JudgedSeason, stated: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """The hash of a result set: algorithm, rules and every line of every table."""
    content = [ALGORITHM, json.loads(season.rules.model_dump_json(by_alias=True)), {k: [*v] for k, v in stated.items()}]
    return sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def awards(facts: Season, results: Results) -> tuple[list[EntryAward], list[InstructorAward], list[UnitAward]]:
    """The results as awards, in the order in which they are called: each recipient with their ordinal."""
    one = facts.rules.rounds[0]
    named = {tier.id: tier.title for tier in one.awards.tiers} if one.awards else {}
    students = instructors = 0
    entry_awards: list[EntryAward] = []
    for group in results.groups:
        for standing in group.standings:
            tier = group.tiers.get(standing.entry.entry)
            if tier not in named or standing.score is None or standing.rank is None:
                continue
            recipients = []
            for member in standing.entry.members:
                students += 1
                recipients.append(Recipient(person=member.person, ordinal=students))
            entry_awards.append(
                EntryAward(
                    award=f"{one.id}/entry/{standing.entry.entry}",
                    round=one.id,
                    track=group.track,
                    division=group.division,
                    entry=standing.entry.entry,
                    title=standing.entry.title,
                    unit=standing.entry.unit,
                    tier=tier,
                    tier_title=named[tier],
                    rank=standing.rank,
                    score=fixed(standing.score, 4),
                    members=tuple(recipients),
                )
            )
    instructor_awards: list[InstructorAward] = []
    for line in results.instructors:
        instructors += line.awarded
        best = line.best.entry
        instructor_awards.append(
            InstructorAward(
                award=f"{one.id}/instructor/{line.instructor}",
                round=one.id,
                instructor=line.instructor,
                person=line.person,
                named_by=line.named_by,
                rank=line.rank,
                points=fixed(line.points, 2),
                basis=line.basis,
                tier=line.best.tier,
                tier_title=named.get(line.best.tier, Text(zh=line.best.tier)),
                entry=best.entry,
                title=best.title,
                track=best.track,
                division=best.division,
                unit=best.unit,
                position=line.position,
                status="awarded" if line.awarded else "not_awarded",
                ordinal=instructors if line.awarded else None,
            )
        )
    unit_awards: list[UnitAward] = []
    named_units = sorted((unit for unit in results.units if unit.status == "named"), key=lambda unit: unit.rank or 0)
    for units, unit in enumerate(named_units, 1):
        unit_awards.append(
            UnitAward(
                award=f"{one.id}/unit/{unit.unit}",
                round=one.id,
                level=unit.level,
                unit=unit.unit,
                rank=unit.rank or 0,
                value=fixed(unit.value, 4),
                ordinal=units,
            )
        )
    return entry_awards, instructor_awards, unit_awards


class Lines:
    """The awards of a result set in chunks of some hundreds."""

    def __init__(
        self,
        season: str,
        revision: int,
        entries: Sequence[EntryAward],
        instructors: Sequence[InstructorAward],
        units: Sequence[UnitAward],
    ) -> None:
        self.season, self.revision = season, revision
        self._entries, self._instructors, self._units = entries, instructors, units
        self.count = max(1, *(-(-len(part) // CHUNK) for part in (entries, instructors, units)))

    @staticmethod
    def _part(items: Iterable[T], number: int) -> tuple[T, ...]:
        return tuple(items)[number * CHUNK : (number + 1) * CHUNK]

    def event(self, number: int, event: Callable[..., IntegrationEvent], **values: Any) -> IntegrationEvent:
        """The chunk with this number, from 0, as an event."""
        return event(
            season=self.season,
            revision=self.revision,
            chunk=number + 1,
            chunks=self.count,
            entries=self._part(self._entries, number),
            instructors=self._part(self._instructors, number),
            units=self._part(self._units, number),
            **values,
        )

    def granted(self, number: int, **values: Any) -> AwardGrantedV1:
        """The same chunk with only what is awarded."""
        return AwardGrantedV1(
            season=self.season,
            revision=self.revision,
            chunk=number + 1,
            chunks=self.count,
            entries=self._part(self._entries, number),
            instructors=tuple(one for one in self._part(self._instructors, number) if one.status == "awarded"),
            units=self._part(self._units, number),
            **values,
        )
