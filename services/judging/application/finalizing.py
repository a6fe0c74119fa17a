"""From provisional to final results, and from one final revision to the next.

Announcing, finalizing and revising first write down that they have begun, with their time; from then on nothing that
they depend on may change. Whoever finds an unfinished one (the same request again, or the sweeper) carries it on, and
gets the same results.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.judging.application.award_events import (
    Awards,
    Difference,
    Ordinals,
    announcement_events,
    awards_of,
    difference,
    final_events,
)
from services.judging.application.gathering import compute_results, load_facts, without_collector
from services.judging.application.ports import Counted, JudgedSeason, ResultSet, Store
from services.judging.application.recording import record
from services.judging.application.rounds import early, moment_of
from services.judging.domain.facts import Season
from services.judging.domain.inputs import hash_of, inputs_hash, plain, rules_as_json, season_from
from services.judging.domain.results import ALGORITHM, Results
from services.judging.domain.signatures import Signatory, require_two
from services.judging.domain.stages import SeasonStage
from services.judging.domain.tables import HEADERS, Rows, tables, totals
from shared.crash_points import crash_point
from shared.errors import InvalidState, Unavailable
from shared.events.base import IntegrationEvent
from shared.events.judging import AwardGrantedV1, ResultsFinalizedV1
from shared.season.rules import SeasonRules
from shared.season.time import to_unix_micros
from shared.states import ResultStage


async def announce(season: JudgedSeason, stated: int | None, by: Signatory, store: Store) -> None:
    """Put the provisional results on public notice.

    Raises:
        InvalidState: a round is not closed.
        Unavailable: something that was told to judging was lost on the way and has not arrived again.
    """
    if season.stage == SeasonStage.OPEN:
        raise InvalidState("round-open")
    if season.stage == SeasonStage.CLOSED:
        await store.streams.require_whole()
        at = await moment_of(season, stated, store)
        await record("results-announced", season, by, store, facts={"stated": at})
        await store.seasons.advance(season, {"stage": SeasonStage.ANNOUNCING, "announced_at": at, "revision": 1}, [])
        season = replace(season, stage=SeasonStage.ANNOUNCING, announced_at=at, revision=1, version=season.version + 1)
    if season.stage == SeasonStage.ANNOUNCING:
        await _complete(season, store)


DERIVED = "derived"
"""The notice of awards that follow from others: instructors and units."""


async def announce_part(season: JudgedSeason, part: str, stated: int | None, by: Signatory, store: Store) -> None:
    """A public notice of its own: the awards of a closed round, or the derived awards. Doing it again changes nothing.

    Raises:
        NotFound: the season has no such round.
        InvalidState: the round is not closed or gives no awards; derived awards before the results are on notice.
        Unavailable: something that was told to judging was lost on the way and has not arrived again.
    """
    stage = f"notice-{part}"
    if await store.results.find(season.id, stage):
        return
    if part == DERIVED:
        if season.announced_at is None:
            raise InvalidState("not-announced")
    elif season.round(part).id not in season.closings:
        raise InvalidState("round-open")
    elif season.round(part).awards is None:
        raise InvalidState("round-without-awards")
    await store.streams.require_whole()
    at = await moment_of(season, stated, store)
    facts = await load_facts(season, store)
    results = compute_results(facts, ResultStage.FINAL if season.settled else ResultStage.PROVISIONAL)
    whole = awards_of(facts, results, Ordinals())
    if part == DERIVED:
        lines = Awards(instructors=whole.instructors, units=whole.units)
    else:
        lines = Awards(entries=tuple(entry for entry in whole.entries if entry.round == part))
    chunks = announcement_events(lines, season.id, at, notice=part)
    told_hash = hash_of(*(event.model_dump(mode="json") for chunk in chunks for event in chunk))
    await record("notice-given", season, by, store, facts={"part": part, "stated": at, "hash": told_hash})
    result = ResultSet(stage, 1, at, told_hash, inputs_hash(facts), {}, lines.recipients)
    await store.results.save(season.id, result, {}, chunks, {})


async def sign(season: JudgedSeason, by: Signatory, store: Store) -> None:
    """The first of two people vouches for the results as they are now; what is decided afterwards needs a new signature.

    Raises:
        InvalidState: the results are not on notice and not final.
    """
    if season.stage not in (SeasonStage.ANNOUNCED, SeasonStage.FINAL):
        raise InvalidState("not-announced")
    whole = inputs_hash(await load_facts(season, store))
    signature = {"by": by.login, "at": await store.clock.now(), "inputs_hash": whole, "who": by.stored()}
    await record("results-signed", season, by, store, facts={"inputs_hash": whole})
    await store.seasons.advance(season, {"signature": signature}, [])


async def _signed(season: JudgedSeason, by: Signatory, store: Store) -> None:
    """Whether somebody else vouches for the results as they are, where the season asks for two.

    Raises:
        InvalidState: nobody does, it is the same person or somebody they brought in, or something was decided since.
    """
    if season.rules.sign_off < 2 or season.mode != "live":
        return
    if not season.signature:
        raise InvalidState("signature-needed")
    who = season.signature.get("who")
    require_two(Signatory.of(who) if who else Signatory("", season.signature["by"]), by, season.rules)
    if season.signature["inputs_hash"] != inputs_hash(await load_facts(season, store)):
        raise InvalidState("signed-otherwise")


async def finalize(season: JudgedSeason, stated: int | None, reason: str, by: Signatory, store: Store) -> None:
    """Make the results final and grant the awards. Doing so before the notice ends needs a reason.

    Raises:
        InvalidState: the results have not been announced, or nobody else has signed them where the season asks for two.
        Unavailable: something that was told to judging was lost on the way and has not arrived again.
    """
    if season.stage in (SeasonStage.OPEN, SeasonStage.CLOSED, SeasonStage.ANNOUNCING):
        raise InvalidState("not-announced")
    if season.stage == SeasonStage.ANNOUNCED:
        await store.streams.require_whole()
        at = await moment_of(season, stated, store)
        await _signed(season, by, store)
        kept = early(season, "final", at, to_unix_micros(season.rules.window("results_notice").closes), reason)
        first = season.signature.get("who", {}).get("account", "")
        await record("results-finalized", season, by, store, reason, facts={"stated": at, "signed_by": first})
        await store.seasons.advance(
            season,
            {"stage": SeasonStage.FINALIZING, "finalized_at": at, "revision": 2, "decided_by": by.stored(), **kept},
            [],
        )
        season = replace(season, stage=SeasonStage.FINALIZING, finalized_at=at, revision=2, version=season.version + 1)
    if season.stage == SeasonStage.FINALIZING:
        await _complete(season, store)


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a table that a revision would state anew, or not any more."""

    table: str
    comes: bool
    row: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a revision would state, and what it would change."""

    revision: int
    difference: Difference
    before: Mapping[str, Rows]
    after: Mapping[str, Rows]

    @property
    def empty(self) -> bool:
        """Whether it would state what is stated already."""
        return all(self.before.get(name, []) == self.after.get(name, []) for name in HEADERS)

    @property
    def changes(self) -> list[Change]:
        """Every line that would go or come, table by table."""
        changes: list[Change] = []
        for name in HEADERS:
            old, new = self.before.get(name, []), self.after.get(name, [])
            changes += [Change(name, comes=False, row=row) for row in old if row not in set(new)]
            changes += [Change(name, comes=True, row=row) for row in new if row not in set(old)]
        return changes

    @property
    def hash(self) -> str:
        """What it would state and change, for whoever applies it: other facts, another hash."""
        awards = (self.difference.granted, self.difference.changed, self.difference.revoked)
        lines = [[line.model_dump(mode="json") for line in kind.lines] for kind in awards]
        return hash_of(self.revision, lines, {name: [list(row) for row in rows] for name, rows in self.after.items()})


async def propose_revision(season: JudgedSeason, store: Store) -> Proposal:
    """What applying everything decided since would change: ranks, seats, awards, instructors, units, credits.

    Raises:
        InvalidState: the results are not final.
    """
    if season.stage != SeasonStage.FINAL:
        raise InvalidState("not-final")
    facts = await load_facts(season, store)
    results = compute_results(facts, ResultStage.FINAL)
    before = await _stated(season, ResultStage.FINAL, HEADERS, store)
    _, change = await _next_awards(season, facts, results, season.revision + 1, store)
    return Proposal(season.revision + 1, change, before, tables(facts, results))


async def _stated(season: JudgedSeason, stage: ResultStage, names: Iterable[str], store: Store) -> dict[str, Rows]:
    """The tables of a stage as they were stated last."""
    result = await store.results.find(season.id, stage)
    if result is None:
        return {}
    return {name: [tuple(row) for row in await store.results.table(season.id, result, name)] for name in names}


async def revise(
    season: JudgedSeason, stated: int | None, reason: str, preview: str, by: Signatory, store: Store
) -> None:
    """State final results anew with everything decided since, as one revision. Nothing new, nothing happens.

    `preview` is the hash of what was proposed to whoever applies it: nothing else is applied.

    Raises:
        InvalidState: the results are not final, no reason is given, something was decided since the preview, or nobody
            else has signed them where the season asks for two.
        Unavailable: something that was told to judging was lost on the way and has not arrived again.
    """
    if season.stage == SeasonStage.FINAL:
        await store.streams.require_whole()
        proposal = await propose_revision(season, store)
        if proposal.empty:
            return
        if preview != proposal.hash:
            raise InvalidState("previewed-otherwise")
        at = await moment_of(season, stated, store)
        await _signed(season, by, store)
        kept = early(season, f"revision-{season.revision + 1}", at, at + 1, reason)
        first = season.signature.get("who", {}).get("account", "")
        facts = {"stated": at, "revision": season.revision + 1, "signed_by": first}
        await record("results-revised", season, by, store, reason, facts=facts)
        decided = {"decided_by": by.stored(), **kept}
        values = {"stage": SeasonStage.REVISING, "revised_at": at, "revision": season.revision + 1, **decided}
        await store.seasons.advance(season, values, [])
        season = replace(
            season,
            stage=SeasonStage.REVISING,
            revised_at=at,
            revision=season.revision + 1,
            reasons=kept["reasons"],
            version=season.version + 1,
        )
    if season.stage != SeasonStage.REVISING:
        raise InvalidState("not-final")
    await _complete(season, store)


async def complete_unfinished(store: Store) -> int:
    """The sweeper: carry on what a stopped process left half done."""
    unfinished = await store.seasons.unfinished()
    for season in unfinished:
        await _complete(season, store)
    return len(unfinished)


async def _complete(season: JudgedSeason, store: Store) -> None:
    stage = ResultStage.PROVISIONAL if season.stage == SeasonStage.ANNOUNCING else ResultStage.FINAL
    moments = {
        SeasonStage.ANNOUNCING: season.announced_at,
        SeasonStage.FINALIZING: season.finalized_at,
        SeasonStage.REVISING: season.revised_at,
    }
    at, reason = moments[season.stage] or 0, season.reasons.get(f"revision-{season.revision}", "")
    with without_collector():
        result, rows, chunks, ballots = await _result_set(season, stage, at, reason, store)
    crash_point("results.begun")
    await store.results.save(season.id, result, rows, chunks, ballots)
    crash_point("results.saved")
    try:
        await store.seasons.advance(
            season, {"stage": SeasonStage.ANNOUNCED if stage == ResultStage.PROVISIONAL else SeasonStage.FINAL}, []
        )
    except Unavailable:
        if not await _completed_meanwhile(season, store):
            raise


async def _completed_meanwhile(season: JudgedSeason, store: Store) -> bool:
    """Whether somebody else carried on the same step to its end: both stated the same, so both are done."""
    now = await store.seasons.find(season.id)
    return now is not None and (now.stage, now.revision) != (season.stage, season.revision)


async def _result_set(
    season: JudgedSeason, stage: ResultStage, at: int, reason: str, store: Store
) -> tuple[ResultSet, Mapping[str, Rows], list[list[IntegrationEvent]], Counted]:
    """The result set of a stage, its tables, the events that tell it, and the ballots that it counts."""
    facts = known_at(stage, await load_facts(season, store))
    results = compute_results(facts, stage)
    rows, whole = tables(facts, results), inputs_hash(facts)
    result_hash = hash_of_results(stage, whole, rows)
    if stage == ResultStage.PROVISIONAL:
        awards = awards_of(facts, results, Ordinals())
        chunks = announcement_events(awards, season.id, at)
    else:
        awards, change = await _next_awards(season, facts, results, season.revision, store)
        chunks = final_events(awards, change, season.id, season.revision, at, result_hash=result_hash, reason=reason)
    result = ResultSet(
        stage=stage,
        revision=season.revision,
        at=at,
        result_hash=result_hash,
        inputs_hash=whole,
        totals=totals(facts, results),
        recipients=awards.recipients,
        reason=reason,
    )
    return result, rows, chunks, facts.ballots


async def _next_awards(
    season: JudgedSeason, facts: Season, results: Results, revision: int, store: Store
) -> tuple[Awards, Difference]:
    """The lines of a final revision, and what it changes; numbers that an earlier revision gave stay."""
    granted: list[AwardGrantedV1] = []
    before = Awards()
    for number in range(2, revision):
        events = await store.results.lines(season.id, number)
        granted += [event for event in events if isinstance(event, AwardGrantedV1)]
        before = Awards.of(event for event in events if isinstance(event, ResultsFinalizedV1))
    awards = awards_of(facts, results, Ordinals(granted))
    return awards, difference(before, awards)


def known_at(stage: ResultStage, facts: Season) -> Season:
    """What a stage is computed from: the provisional one knows nothing that was decided since its notice began."""
    if stage == ResultStage.FINAL:
        return facts
    opens = to_unix_micros(facts.rules.window("results_notice").opens)
    return replace(facts, decisions=facts.decisions.before(opens))


def hash_of_results(stage: ResultStage, inputs: str, rows: Mapping[str, Rows]) -> str:
    """The hash of a result set: algorithm, inputs with the rules, and every line of every table."""
    return hash_of(ALGORITHM, stage, inputs, {name: [list(row) for row in table] for name, table in rows.items()})


async def export(season: JudgedSeason, stage: ResultStage, store: Store) -> dict[str, Any]:
    """A result set with everything it was computed from; ids only. `verify` computes it again anywhere.

    Raises:
        InvalidState: something was decided since, so that its inputs are not these any more.
    """
    result = await store.results.find(season.id, stage)
    if result is None:
        raise InvalidState("no-such-stage")
    facts = known_at(stage, await load_facts(season, store))
    if inputs_hash(facts) != result.inputs_hash:
        raise InvalidState("decided-since")
    return {
        "format": "laurel-results-export/1",
        "algorithm": ALGORITHM,
        "season": season.id,
        "stage": stage,
        "revision": result.revision,
        "result_hash": result.result_hash,
        "inputs_hash": result.inputs_hash,
        "rules": rules_as_json(season.rules),
        "inputs": plain(facts),
        "tables": await _stated(season, stage, HEADERS, store),
    }


def verify(exported: Mapping[str, Any]) -> list[str]:
    """Compute an exported result set again. Where it differs: a hash, or a table with the first line; empty if nowhere.

    Raises:
        KeyError, TypeError, ValueError: it is no export.
    """
    rules = SeasonRules.model_validate(exported["rules"], extra="forbid")
    facts = season_from(rules, exported["inputs"])
    stage = ResultStage(exported["stage"])
    rows, whole = tables(facts, compute_results(facts, stage)), inputs_hash(facts)
    results = []
    if exported["algorithm"] != ALGORITHM:
        results.append(f"algorithm: {exported['algorithm']} / {ALGORITHM}")
    if whole != exported["inputs_hash"]:
        results.append("inputs_hash")
    for name, table in rows.items():
        given = [tuple(row) for row in exported["tables"][name]]
        if given != table:
            line = next(
                (n for n, (a, b) in enumerate(zip(given, table, strict=False), 2) if a != b),
                min(len(given), len(table)) + 2,
            )
            results.append(f"{name}.csv:{line}")
    if hash_of_results(stage, whole, rows) != exported["result_hash"]:
        results.append("result_hash")
    return results
