"""What the organizer decides without an objection: that an entry is disqualified, or that its awards are revoked.

It is the same dated decision as that of a season folder: it counts at once, and by the next revision once results are final.
"""

from collections.abc import Sequence
from typing import Literal

from services.judging.application.objecting import check_decidable
from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.application.rounds import give_seats, stated_reason
from services.judging.domain.inputs import hash_of
from services.judging.domain.signatures import Signatory
from services.judging.domain.stages import PUBLIC
from shared.errors import Invalid, InvalidState, NotFound, error_at

Exclusion = Literal["disqualification", "revocation"]
EXCLUSIONS: tuple[Exclusion, ...] = ("disqualification", "revocation")


async def exclude(
    season: JudgedSeason,
    kind: Exclusion,
    entry: str,
    rounds: Sequence[str],
    reason: str,
    by: Signatory,
    store: Store,
) -> None:
    """Disqualify an entry from a round and all later ones, or revoke its awards of these rounds. Again changes nothing.

    Seats in a round that is still to be judged are given anew, so that the next in line moves up.

    Raises:
        NotFound: there is no such entry or round.
        Invalid: no round is named, or more than one from which it is out.
        InvalidState: no reason is given, the season is kept in records, results are being stated at this moment, or there
            are no results yet of which an award could be revoked.
    """
    if season.mode != "live":
        raise InvalidState("records-season")
    stored_entry, why = await store.facts.entry(season.id, entry), stated_reason(reason)
    if stored_entry is None or not stored_entry.in_first_round:
        raise NotFound("no-such-entry")
    named = [season.round(name).id for name in dict.fromkeys(rounds)]
    if not named or (kind == "disqualification" and len(named) > 1):
        raise Invalid("fields-invalid", errors=[error_at("rounds", "exclusion-rounds")])
    if kind == "revocation" and season.stage not in PUBLIC:
        raise InvalidState("revocation-before-results")
    check_decidable(season)
    values: dict[str, object] = {"at": await store.clock.now(), "entry": entry, "reason": why, "by": by.login}
    if kind == "disqualification":
        key, values = (
            f"disqualification-{named[0]}-{entry}",
            {**values, "type": "objection", "round": named[0], "upheld": True},
        )
    else:
        key, values = (
            f"revocation-{entry}-{hash_of(sorted(named))[:16]}",
            {**values, "type": "revocation", "rounds": named},
        )
    if await store.facts.action(season.id, key) is None:
        await record(f"{kind}-decided", season, by, store, why, facts={"entry": entry, "rounds": named})
        await store.facts.save_action(season.id, key, values)
    for round_ in season.rules.rounds:
        if round_.advance and round_.id in season.closings and round_.advance.to not in season.closings:
            await give_seats(season, round_, store)
