"""What the organizer decides without an objection: that an entry is disqualified, or that its awards are revoked.

It is the same dated decision as that of a season folder: it counts at once, and by the next revision once results are final.
A disqualification is proposed by one person and confirmed by a second, unless the rules leave it to one. Until then it may
be taken back, and proposed anew.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from services.judging.application.objecting import check_decidable
from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.application.rounds import give_seats, stated_reason
from services.judging.domain.inputs import hash_of
from services.judging.domain.signatures import Signatory, exclusions_take_two, require_two
from services.judging.domain.stages import PUBLIC
from shared.errors import Invalid, InvalidState, NotFound, error_at

Exclusion = Literal["disqualification", "revocation"]
EXCLUSIONS: tuple[Exclusion, ...] = ("disqualification", "revocation")


PROPOSED = "proposed-exclusion"
"""The type under which a disqualification is kept that waits for a second person."""
SETTLED = "settled-exclusion"
"""The type of what became of a proposal: whoever writes it first has decided."""
CONFIRMED, TAKEN_BACK = "confirmed", "taken-back"


async def exclude(
    season: JudgedSeason,
    kind: Exclusion,
    entry: str,
    rounds: Sequence[str],
    reason: str,
    by: Signatory,
    store: Store,
) -> bool:
    """Disqualify an entry from a round and all later ones, or revoke its awards of these rounds. Again changes nothing.

    Seats in a round that is still to be judged are given anew, so that the next in line moves up. Returns whether it counts
    now; a disqualification waits for a second person, unless the rules leave it to one.

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
    key = _key(kind, entry, named)
    if kind == "disqualification" and exclusions_take_two(season.rules, season.mode):
        if await store.facts.action(season.id, key) is not None:
            return True
        at = await store.clock.now()
        waiting = {"type": PROPOSED, "at": at, "entry": entry, "round": named[0], "reason": why, "who": by.stored()}
        name, proposal = await _open_proposal(season, key, store)
        if proposal is None:
            await record("exclusion-proposed", season, by, store, why, facts={"entry": entry, "rounds": named})
            await store.facts.save_action(season.id, _proposed(name), waiting)
        return False
    await _count(season, kind, entry, named, why, by, store)
    return True


async def confirm_exclusion(season: JudgedSeason, exclusion: str, by: Signatory, store: Store) -> None:
    """A second person agrees to a disqualification: from now on it counts. Again changes nothing.

    Raises:
        InvalidState: none waits under this name; whoever proposed it, or invited them or was invited by them, cannot
            confirm it; or results are being stated at this moment.
    """
    proposal = await store.facts.action(season.id, _proposed(exclusion))
    if proposal is None:
        raise InvalidState("no-such-exclusion")
    first = Signatory.of(proposal["who"])
    require_two(first, by, season.rules)
    check_decidable(season)
    if await _settle(season, exclusion, CONFIRMED, by, store) == TAKEN_BACK:
        raise InvalidState("no-such-exclusion")
    entry, named, why = proposal["entry"], [proposal["round"]], proposal["reason"]
    await _count(season, "disqualification", entry, named, why, by, store, proposed_by=first)


async def take_back_exclusion(season: JudgedSeason, exclusion: str, reason: str, by: Signatory, store: Store) -> None:
    """Whoever proposed a disqualification, or would have to confirm it, lets it drop. Again changes nothing.

    Raises:
        InvalidState: no reason is given, or none waits under this name: it may have been confirmed meanwhile.
    """
    why, proposal = stated_reason(reason), await store.facts.action(season.id, _proposed(exclusion))
    counts = proposal and await store.facts.action(season.id, _key_of(proposal)) is not None
    if proposal is None or counts:
        raise InvalidState("no-such-exclusion")
    facts = {"entry": proposal["entry"], "rounds": [proposal["round"]]}
    if not await _outcome(season, exclusion, store):
        await record("exclusion-taken-back", season, by, store, why, facts=facts)
    if await _settle(season, exclusion, TAKEN_BACK, by, store) == CONFIRMED:
        raise InvalidState("no-such-exclusion")


async def waiting_exclusions(season: JudgedSeason, store: Store) -> list[tuple[str, Mapping[str, Any]]]:
    """What waits for a second person, newest first, each with the name under which it is confirmed or taken back."""
    proposals = await store.facts.proposed(season.id, PROPOSED)
    waiting = []
    for key in dict.fromkeys(_key_of(item) for item in proposals):
        name, proposal = await _open_proposal(season, key, store)
        if proposal is not None and await store.facts.action(season.id, key) is None:
            waiting.append((name, proposal))
    return waiting


async def _open_proposal(season: JudgedSeason, key: str, store: Store) -> tuple[str, Mapping[str, Any] | None]:
    """The proposal of this that was not taken back, or none and the name that the next has."""
    number, name = 1, key
    while await _outcome(season, name, store) == TAKEN_BACK:
        number += 1
        name = f"{number}-{key}"
    return name, await store.facts.action(season.id, _proposed(name))


async def _outcome(season: JudgedSeason, exclusion: str, store: Store) -> str:
    """What became of a proposal; empty while it waits, and for one that was confirmed under an earlier release."""
    settled = await store.facts.action(season.id, _settled(exclusion))
    return str(settled["outcome"]) if settled else ""


async def _settle(season: JudgedSeason, exclusion: str, outcome: str, by: Signatory, store: Store) -> str:
    """Decide what becomes of a proposal, unless somebody has; returns what was decided."""
    values = {"type": SETTLED, "at": await store.clock.now(), "outcome": outcome, "by": by.login}
    await store.facts.save_action(season.id, _settled(exclusion), values)
    return await _outcome(season, exclusion, store)


def _key_of(proposal: Mapping[str, Any]) -> str:
    return _key("disqualification", proposal["entry"], [proposal["round"]])


def _key(kind: Exclusion, entry: str, rounds: Sequence[str]) -> str:
    """Under which name it is kept: the same again is the same."""
    about = rounds[0] + f"-{entry}" if kind == "disqualification" else f"{entry}-{hash_of(sorted(rounds))[:16]}"
    return f"{kind}-{about}"


def _proposed(exclusion: str) -> str:
    return f"proposed-{exclusion}"


def _settled(exclusion: str) -> str:
    return f"settled-{exclusion}"


async def _count(
    season: JudgedSeason,
    kind: Exclusion,
    entry: str,
    named: Sequence[str],
    why: str,
    by: Signatory,
    store: Store,
    *,
    proposed_by: Signatory | None = None,
) -> None:
    key, values = (
        _key(kind, entry, named),
        {"at": await store.clock.now(), "entry": entry, "reason": why, "by": by.login},
    )
    facts: dict[str, object] = {"entry": entry, "rounds": list(named)}
    if proposed_by:
        facts["proposed_by"] = proposed_by.account
    about = (
        {"type": "objection", "round": named[0], "upheld": True}
        if kind == "disqualification"
        else {"type": "revocation", "rounds": list(named)}
    )
    if await store.facts.action(season.id, key) is None:
        await record(f"{kind}-decided", season, by, store, why, facts=facts)
        await store.facts.save_action(season.id, key, {**values, **about})
    for round_ in season.rules.rounds:
        if round_.advance and round_.id in season.closings and round_.advance.to not in season.closings:
            await give_seats(season, round_, store)
