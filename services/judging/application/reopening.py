"""Opening a submitted ballot again, so that its judge may score once more."""

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.application.rounds import stated_reason
from services.judging.domain.signatures import Signatory, require_two
from shared.errors import InvalidState, NotFound


async def reopen(
    season: JudgedSeason,
    round_id: str,
    entry: str,
    component: str,
    judge: str,
    reason: str,
    by: Signatory,
    store: Store,
    *,
    chief: bool,
) -> None:
    """The ballot becomes a draft; every version stays, with who asked and why.

    Where another account has become the judge since, it is a step of the chief judge, who has nothing to do with how
    that account came in.

    Raises:
        NotFound: there is no such ballot.
        InvalidState: no reason is given, the round is closed, the ballot is not submitted, or it takes the chief judge.
    """
    round_ = season.round(round_id)
    if round_.id in season.closings:
        raise InvalidState("round-closed")
    why = stated_reason(reason)
    ballot = await store.scores.ballot(season.id, round_.id, component, entry, judge)
    if ballot is None:
        raise NotFound("no-such-ballot")
    holder, present = await store.scores.holder(season.id, ballot), await store.accounts.appointed(season.id, judge)
    if holder and present and present.account != holder:
        if not chief:
            raise InvalidState("chief-needed", judge=judge)
        require_two(present, by, season.rules)
    account = present.account if present else holder
    named = {"round": round_.id, "entry": entry, "component": component, "judge": judge}
    facts = {**named, "submitted_by": holder, "opened_for": account}
    await record("ballot-reopened", season, by, store, why, facts=facts)
    await store.scores.reopen(season.id, ballot, by, why, account)
