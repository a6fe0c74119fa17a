"""Which account is which judge: one account a judge, and the one who scores is the one whom registration appointed."""

from services.judging.application.ports import JudgedSeason, Store
from services.judging.domain.facts import Judge
from services.judging.domain.signatures import Signatory
from shared.errors import NotAllowed, NotFound


async def appointed_judge(season: JudgedSeason, judge_id: str, who: Signatory, store: Store) -> Judge:
    """The judge of this id, for the account that is this judge.

    An account that comes before the word of its appointment is taken for it; any other is refused from then on.

    Raises:
        NotFound: the season does not know the judge.
        NotAllowed: another account is this judge.
    """
    judge = await store.facts.judge(season.id, judge_id)
    if judge is None:
        raise NotFound("no-such-judge")
    holder = await store.accounts.appointed(season.id, judge_id) or await store.accounts.claim(season.id, judge_id, who)
    if holder.account != who.account:
        raise NotAllowed("judge-is-another")
    return judge
