"""What a step that cannot be undone is about: in counts, as they are when somebody is about to take it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.judging.application.award_events import Ordinals, awards_of
from services.judging.application.entered import EnteredSheets
from services.judging.application.finalizing import DERIVED
from services.judging.application.gathering import compute_results, load_facts
from services.judging.application.objecting import Objections
from services.judging.application.overseeing import progress
from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.rounds import open_decisions, present_in, takes_part
from services.judging.domain.inputs import hash_of
from services.judging.domain.stages import SeasonStage
from shared.errors import InvalidState
from shared.season.time import to_unix_micros
from shared.states import ResultStage

StepName = Literal["closing", "announcement", "finalization", "notice"]


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it is about to be taken; `part` is the round or the notice that it is about."""

    name: StepName
    part: str
    counts: Mapping[str, int]
    due: int | None = None
    """Before this moment, microseconds UTC, it is early and needs a reason; None: it is not early."""

    @property
    def hash(self) -> str:
        """What whoever takes it has looked at: other counts, another hash."""
        return hash_of(self.name, self.part, dict(self.counts))


async def look_at_step(
    season: JudgedSeason, name: StepName, part: str, store: Store, objections: Objections, sheets: EnteredSheets
) -> Step:
    """What a step is about, as things are now.

    Raises:
        NotFound: there is no such notice.
        InvalidState: it is not this step's turn.
    """
    if name == "closing":
        return await _closing(season, store, sheets)
    if name == "finalization":
        if season.stage != SeasonStage.ANNOUNCED:
            raise InvalidState("not-announced")
        result = await store.results.find(season.id, ResultStage.PROVISIONAL)
        filed = [each for each in await objections.of(season.id) if not each.outcome]
        counts = {
            **{f"documents-{kind}": count for kind, count in (result.recipients if result else {}).items()},
            "objections": len(filed),
            "proposals": sum(1 for each in filed if each.proposal),
        }
        return Step(
            name,
            "",
            counts,
            _early(to_unix_micros(season.rules.window("results_notice").closes), await store.clock.now()),
        )
    if name == "announcement" and season.stage != SeasonStage.CLOSED:
        raise InvalidState("round-open" if season.stage == SeasonStage.OPEN else "announced")
    if name == "notice" and part != DERIVED:
        season.round(part)
    facts = await load_facts(season, store)
    results = compute_results(facts, ResultStage.FINAL if season.settled else ResultStage.PROVISIONAL)
    awards = awards_of(facts, results, Ordinals())
    if name == "announcement":
        last = results.rounds[-1]
        return Step(
            name, "", {"entries": last.entrants, "scored": last.scored, "awards": sum(awards.recipients.values())}
        )
    lines = len(awards.instructors) + len(awards.units)
    if part != DERIVED:
        lines = sum(1 for line in awards.entries if line.round == part)
    return Step(name, part, {"awards": lines})


async def _closing(season: JudgedSeason, store: Store, sheets: EnteredSheets) -> Step:
    round_ = season.current
    if round_ is None:
        raise InvalidState("round-closed")
    present = await present_in(season, round_, store)
    entries = [entry for entry in (await store.facts.entries(season.id)).values() if takes_part(entry, present)]
    done = await progress(season, round_, store)
    waiting = [sheet for sheet in await sheets.of(season.id) if sheet.round == round_.id and sheet.confirmed_at is None]
    counts = {
        "entries": len(entries),
        "ballots": await store.scores.count(season.id, round_.id),
        "missing": sum(max(judge.assigned - judge.submitted, 0) for judge in done),
        "drafts": sum(judge.drafts for judge in done),
        "sheets": len(waiting),
    }
    if round_.advance:
        counts["ties"] = len(await open_decisions(season, round_, store))
    return Step("closing", round_.id, counts, _early(to_unix_micros(round_.judging.closes), await store.clock.now()))


def _early(due: int, now: int) -> int | None:
    return due if now < due else None


def check_looked_at(step: Step, seen: str) -> None:
    """Whether whoever takes the step has seen what it is about.

    Raises:
        InvalidState: something changed since they looked.
    """
    if seen != step.hash:
        raise InvalidState("step-otherwise")
