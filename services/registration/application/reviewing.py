"""Qualification review: school, district, city, each in its turn, with caps on what a unit sends on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.registration.application.entry_events import standing_events
from services.registration.application.limiting import within_limits
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.domain.entries import ReviewState, status_of
from services.registration.domain.limits import Claim, nomination, nomination_counter
from services.registration.domain.reasons import stated_reason
from services.registration.domain.reviewing import Places, Verdict, covers, next_step, review_closes, unit_above
from services.registration.domain.units import Unit
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed
from shared.season.rules import SeasonRules
from shared.states import EntryStatus


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who reviews: an account, for one unit of the tree; the organizer of the whole season for its top unit."""

    account: str
    unit: str
    level: str


def verdict_of(word: str) -> Verdict:
    """The verdict of this word.

    Raises:
        Invalid: there is none.
    """
    try:
        return Verdict(word)
    except ValueError:
        raise Invalid("verdict-unknown") from None


async def review(
    season: Season,
    stored: StoredEntry,
    verdict: Verdict,
    reason: str,
    by: Reviewer,
    units: Mapping[str, Unit],
    now: int,
    store: Store,
) -> StoredEntry:
    """Approve for one's level, return, reject, or reopen what was rejected. The last approval tells the others.

    A higher level may act in place of the lower ones. A place is taken where the unit that sends on has a cap.

    Raises:
        NotAllowed: the entry is not under this reviewer's unit, or it is not their turn yet.
        InvalidState: the entry is not waiting, the reason is missing, the review is over, or the unit's places are used up.
    """
    if verdict != Verdict.APPROVED:
        stated_reason(reason)
    rules = season.rules
    if not covers(units, by.unit, stored.entry.unit):
        raise NotAllowed("role-needed")
    wanted = EntryStatus.REJECTED if verdict == Verdict.REOPENED else EntryStatus.PENDING
    if stored.standing != wanted or stored.entry.submitted_at is None:
        raise InvalidState("entry-not-pending")
    step = next_step(rules, stored.approvals)
    levels = list(rules.unit_levels)
    if step is None or levels.index(by.level) > levels.index(step):
        raise NotAllowed("not-your-turn")
    closes = review_closes(rules, by.level)
    if closes is not None and now > closes and by.level != levels[0]:
        raise InvalidState("review-closed")
    note = {"what": verdict, "at": now, "reason": reason.strip(), "by": by.account, "level": by.level}
    after = replace(stored, version=stored.version + 1)
    if verdict == Verdict.APPROVED:
        return await _approve(season, after, by, units, note, store)
    entry = replace(
        stored.entry, review=ReviewState.WAITING if verdict == Verdict.REOPENED else ReviewState(verdict.value)
    )
    after = replace(after, entry=entry, standing=status_of(entry, rules, stored.later), approvals=())
    if verdict == Verdict.REJECTED:
        await store.entries.save(replace(after, slots=()), [], note)
        return replace(after, slots=())

    async def save(each_entry: StoredEntry) -> StoredEntry:
        await store.entries.save(each_entry, [], note)
        return each_entry

    return await within_limits(season, after, store, save)


async def _approve(
    season: Season,
    after: StoredEntry,
    by: Reviewer,
    units: Mapping[str, Unit],
    note: Mapping[str, object],
    store: Store,
) -> StoredEntry:
    rules, levels = season.rules, list(season.rules.unit_levels)
    done = [step for step in rules.reviewers if levels.index(step) >= levels.index(by.level)]
    approvals = (*after.approvals, *(step for step in done if step not in after.approvals))
    more = _place_of(rules, after, approvals, units)
    after = replace(after, approvals=approvals)
    if next_step(rules, approvals) is None:
        entry = replace(after.entry, review=ReviewState.APPROVED)
        after = replace(after, entry=entry, standing=status_of(entry, rules, after.later), published=True)

    async def save(each_entry: StoredEntry) -> StoredEntry:
        await store.entries.save(each_entry, standing_events(each_entry) if each_entry.published else [], note)
        return each_entry

    return await within_limits(season, after, store, save, more)


def _place_of(
    rules: SeasonRules, stored: StoredEntry, approvals: Sequence[str], units: Mapping[str, Unit]
) -> list[Claim]:
    """The place among those that its unit may send on, once that unit has approved."""
    if rules.nominations is None or rules.nominations.level not in approvals:
        return []
    unit = unit_above(units, stored.entry.unit, rules.nominations.level)
    return nomination(rules, unit, stored.entry.track, stored.entry.division) if unit else []


async def review_many(
    season: Season,
    entries: Sequence[StoredEntry],
    verdict: Verdict,
    reason: str,
    by: Reviewer,
    units: Mapping[str, Unit],
    now: int,
    store: Store,
) -> list[tuple[StoredEntry, LaurelError | None]]:
    """The same for many, one by one in the given order; each with what kept it back, if anything did."""
    outcome: list[tuple[StoredEntry, LaurelError | None]] = []
    for stored in entries:
        try:
            outcome.append((await review(season, stored, verdict, reason, by, units, now, store), None))
        except LaurelError as error:
            outcome.append((stored, error))
    return outcome


async def places(season: Season, unit: str, store: Store) -> dict[tuple[str, str], Places]:
    """How the capped groups of a unit stand now: by track and division."""
    rules = season.rules
    if rules.nominations is None:
        return {}
    result = {}
    for track in rules.tracks:
        for division in track.divisions:
            cap = rules.nominations.places_of(unit, track.id, division)
            if cap is not None:
                claim = Claim("NOMINATION_LIMIT", nomination_counter(unit, track.id, division), 1, cap)
                used = len(await store.entries.holders(claim.slots(season.id)))
                result[track.id, division] = Places(cap, used)
    return result
