"""Opening a submitted ballot again, so that its judge may score once more."""

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.rounds import stated_reason
from shared.errors import NotFound, Refused


async def reopen(
    season: JudgedSeason, round_id: str, entry: str, component: str, judge: str, reason: str, by: str, store: Store
) -> None:
    """The ballot becomes a draft; every version stays, with who asked and why.

    Raises:
        NotFound: there is no such ballot.
        Refused: no reason is given, the round is closed, or the ballot is not submitted.
    """
    one = season.round(round_id)
    if one.id in season.closings:
        raise Refused("round-closed")
    why = stated_reason(reason)
    ballot = await store.scores.one(season.id, one.id, component, entry, judge)
    if ballot is None:
        raise NotFound("no-such-ballot")
    await store.scores.reopen(season.id, ballot, by, why)
