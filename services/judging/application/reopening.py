"""Opening a submitted ballot again, so that its judge may score once more."""

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.application.rounds import stated_reason
from services.judging.domain.facts import Ballot
from services.judging.domain.inputs import hash_of
from services.judging.domain.signatures import Signatory, require_two
from shared.errors import InvalidState, NotFound


async def look_at_ballot(
    season: JudgedSeason, round_id: str, entry: str, component: str, judge: str, store: Store
) -> Ballot:
    """The ballot that somebody is about to open again, as it is now.

    Raises:
        NotFound: there is no such ballot.
        InvalidState: the round is closed.
    """
    round_ = season.round(round_id)
    if round_.id in season.closings:
        raise InvalidState("round-closed")
    ballot = await store.scores.ballot(season.id, round_.id, component, entry, judge)
    if ballot is None:
        raise NotFound("no-such-ballot")
    return ballot


def ballot_hash(ballot: Ballot) -> str:
    """What whoever opens it again has looked at: submitted anew, another hash."""
    named = (ballot.round, ballot.entry, ballot.component, ballot.judge)
    return hash_of(named, ballot.status, ballot.submitted_at, [str(score) for score in ballot.scores])


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
    seen: str | None = None,
) -> None:
    """The ballot becomes a draft; every version stays, with who asked and why. On the page, only as it was looked at.

    Where another account has become the judge since, it is a step of the chief judge, who has nothing to do with how
    that account came in.

    Raises:
        NotFound: there is no such ballot.
        InvalidState: no reason is given, the round is closed, the ballot is not submitted, or it takes the
            chief judge, or it is another than was `seen`, by its hash.
    """
    ballot, why = await look_at_ballot(season, round_id, entry, component, judge, store), stated_reason(reason)
    if seen is not None and seen != ballot_hash(ballot):
        raise InvalidState("step-otherwise")
    holder, present = await store.scores.holder(season.id, ballot), await store.accounts.appointed(season.id, judge)
    if holder and present and present.account != holder:
        if not chief:
            raise InvalidState("chief-needed", judge=judge)
        require_two(present, by, season.rules)
    account = present.account if present else holder
    named = {"round": ballot.round, "entry": entry, "component": component, "judge": judge}
    facts = {**named, "submitted_by": holder, "opened_for": account}
    await record("ballot-reopened", season, by, store, why, facts=facts)
    await store.scores.reopen(season.id, ballot, by, why, account)
