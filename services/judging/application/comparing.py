"""What entries gave themselves beside what the judges gave them."""

from services.judging.application.gathering import compute_results, load_facts
from services.judging.application.ports import JudgedSeason, Store
from services.judging.domain.self_assessment import Compared, comparison


async def compare(season: JudgedSeason, store: Store) -> list[Compared]:
    """A line for each entry that scored itself, as the scores are now.

    Raises:
        InvalidState: the season has no self-assessment.
        Unavailable: the database changed its leader meanwhile, so that something may be missing.
    """
    assessed, previous = await store.scores.assessed(season.id), await store.facts.previous(season.id)
    facts = await load_facts(season, store)
    return comparison(facts, compute_results(facts, season.newest), assessed, previous)
