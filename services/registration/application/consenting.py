"""Consent: for whom it is missing, what follows from a decision, and who stands for its being the guardian's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.registration.application.entry_events import consents_event, entry_event
from services.registration.application.guardians import Visit, check_decides, decides_alone, new_guardian
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.domain.consent import (
    TAKE_PART,
    Channel,
    Consent,
    Method,
    carried_over,
    current,
    guardian_needed,
    guardian_to_be_told,
    has_agreed,
    in_order,
    lapse,
    may_follow,
)
from services.registration.domain.entries import Entry, Exit, next_round, status_of
from shared.errors import Invalid, InvalidState, NotAllowed, NotFound, error_at
from shared.events.base import IntegrationEvent
from shared.events.registration import EntryWithdrawnV1
from shared.season.printing import LONGEST_NAME
from shared.season.time import from_unix_micros, to_unix_micros
from shared.states import EntryStatus, WithdrawalCause

CONSENT_TEXT = "2026-11"
"""Version of the text that is agreed to. A change of the text is a new version, and needs a new consent."""


def consent_needed(season: Season, stored: StoredEntry, now: int) -> tuple[int, ...]:
    """The numbers of the members for whom somebody has yet to agree that they take part.

    The student who keeps the entry and is old enough agrees by handing it in.
    """
    month = f"{from_unix_micros(now):%Y-%m}"
    jurisdiction = season.rules.jurisdiction
    return tuple(
        number
        for number, (member, person) in enumerate(zip(stored.entry.members, stored.members, strict=True), 1)
        if not has_agreed(stored.consents, number, TAKE_PART, CONSENT_TEXT)
        and not (stored.entrant and person == stored.entrant and not guardian_needed(member.birth, month, jurisdiction))
    )


def have_refused(season: Season, stored: StoredEntry, now: int) -> bool:
    """Whether a member who is old enough to decide has decided not to take part. Nobody hands in against that."""
    return any(
        not newest.lapsed and not newest.holds(TAKE_PART) and decides_alone(season, stored, number, now)
        for number in range(1, len(stored.members) + 1)
        if (newest := current(stored.consents, number))
    )


def asks_purposes(season: Season, stored: StoredEntry, now: int) -> bool:
    """Whether whoever keeps the entry decides for themselves what they agree to, with handing it in: a student who is old
    enough and has not decided yet. Of everybody else it is not asked.
    """
    if stored.entrant not in stored.members:
        return False
    number = stored.members.index(stored.entrant) + 1
    newest = current(stored.consents, number)
    return decides_alone(season, stored, number, now) and (newest is None or newest.lapsed)


def position_map(stored: StoredEntry, members: Sequence[str]) -> dict[int, int]:
    """Where the members who stay stand from now on: old place → new place."""
    new = {person: place for place, person in enumerate(members, 1)}
    return {place: new[person] for place, person in enumerate(stored.members, 1) if person in new}


def consents_after(stored: StoredEntry, entry: Entry, members: Sequence[str], now: int) -> tuple[Consent, ...]:
    """The decisions for the members who stay, when the entry becomes this one. Those to take part in another group have
    lapsed: who agreed is asked again.
    """
    kept = carried_over(stored.consents, position_map(stored, members))
    same_group = (entry.track, entry.division) == (stored.entry.track, stored.entry.division)
    return kept if same_group else (*kept, *lapse(kept, len(members), now))


def changes_of(stored: StoredEntry, entry: Entry, members: Sequence[str]) -> dict[str, list[str]]:
    """What is written beside a change of what somebody had agreed to, so that they are told: group, members, or both."""
    agreed = any(
        consent and TAKE_PART in consent.purposes
        for consent in (current(stored.consents, number) for number in range(1, len(stored.members) + 1))
    )
    differs = {
        "group": (entry.track, entry.division) != (stored.entry.track, stored.entry.division),
        "members": set(members) != set(stored.members),
    }
    changed = [what for what, is_other in differs.items() if is_other]
    return {"changed": changed} if agreed and changed else {}


def own_consents(season: Season, stored: StoredEntry, purposes: Sequence[str], now: int) -> tuple[Consent, ...]:
    """What the student who hands in agrees to for themselves, where no guardian decides and nothing is written yet."""
    if not asks_purposes(season, stored, now):
        return ()
    number = stored.members.index(stored.entrant) + 1
    return (Consent(number, "", "", now, CONSENT_TEXT, Method.OWN, in_order([TAKE_PART, *purposes])),)


def on_paper(members: Sequence[int], now: int) -> tuple[Consent, ...]:
    """Consents that a school holds, signed."""
    return tuple(Consent(number, "", "", now, CONSENT_TEXT, Method.PAPER) for number in members)


async def decide(
    season: Season,
    stored: StoredEntry,
    member: int,
    purposes: Sequence[str],
    *,
    guardian: str,
    relation: str,
    channel: Channel,
    visit: Visit,
    now: int,
    store: Store,
    by: str = "",
    known: bool = False,
) -> Consent:
    """Keep what somebody decides for a member by link: for which purposes, or for none. It acts at once.

    Without agreement to take part an entry cannot be handed in; one that stands leaves the season, or its next round
    once judging has begun. Agreeing again takes that back until judging begins. `by` is a guardian who decided before,
    `known` one for whom somebody stands. How it came and from where stays in the entry's history.

    Raises:
        Invalid: the name or the relation is missing.
        NotAllowed: whoever is signed in may not decide for this member.
        NotFound: there is no such member.
        InvalidState: a guardian for whom somebody stands has refused.
    """
    if not 1 <= member <= len(stored.entry.members):
        raise NotFound("no-such-member")
    check_decides(season, stored, member, visit, now)
    fields = (("guardian", "field-guardian", guardian), ("relation", "field-relation", relation))
    errors = [error_at(field, code) for field, code, given in fields if not 0 < len(given.strip()) <= LONGEST_NAME]
    if errors:
        raise Invalid("fields-invalid", errors=errors)
    decided = Consent(
        member,
        guardian.strip(),
        relation.strip(),
        now,
        CONSENT_TEXT,
        Method.OWN if visit.session else Method.LINK,
        in_order(purposes),
        channel=channel,
        by=by or new_guardian(),
        confirmed="slip" if channel == "school" else "guardian" if known else "",
    )
    before = current(stored.consents, member)
    if before and replace(before, at=now) == decided:
        return before
    if not may_follow(stored.consents, decided):
        raise InvalidState("consent-refused")
    note = {
        "what": _what(before, decided),
        "at": now,
        "member": member,
        "purposes": list(decided.purposes),
        "channel": channel,
        **visit.record(),
    }
    await _keep(season, stored, decided, note, now, store)
    return decided


async def confirm(
    season: Season, stored: StoredEntry, member: int, by: str, genuine: bool, account: str, now: int, store: Store
) -> StoredEntry:
    """Stand for it that what was decided last, by this guardian, is the guardian's own; or, where the guardian says
    that it is not, undo it: then only a certain decision counts.

    Raises:
        InvalidState: there is nothing of this guardian's to confirm (any more).
    """
    newest = current(stored.consents, member)
    if newest is None or newest.certain or newest.by != by:
        raise InvalidState("consent-nothing-to-confirm")
    if genuine:
        decided = replace(newest, confirmed=account)
    else:
        decided = Consent(member, "", "", now, CONSENT_TEXT, newest.method, (), "school", confirmed=account)
    note = {"what": "consent-confirmed" if genuine else "consent-disowned", "at": now, "member": member, "by": account}
    return await _keep(season, stored, decided, note, now, store)


async def _keep(
    season: Season, stored: StoredEntry, decided: Consent, note: Mapping[str, Any], now: int, store: Store
) -> StoredEntry:
    after = replace(stored, version=stored.version + 1, consents=(*stored.consents, decided))
    after, events = _followed(season, after, now)
    await store.entries.save(after, events, note)
    return after


async def note_informed(
    season: Season, stored: StoredEntry, member: int, visit: Visit, now: int, store: Store
) -> StoredEntry:
    """Note that the guardian of a student who decides for themselves has been told. Once is enough.

    Raises:
        NotAllowed: somebody is signed in, so it is not the guardian.
        NotFound: nobody has to be told of this member.
    """
    if visit.session:
        raise NotAllowed("consent-signed-in")
    person = stored.entry.members[member - 1]
    if not guardian_to_be_told(person.birth, f"{from_unix_micros(now):%Y-%m}", season.rules.jurisdiction):
        raise NotFound("no-such-member")
    if was_informed(stored, member):
        return stored
    after = replace(stored, version=stored.version + 1)
    await store.entries.save(after, [], {"what": "guardian-told", "at": now, "member": member, **visit.record()})
    return after


def was_informed(stored: StoredEntry, member: int) -> bool:
    """Whether the guardian of this member has said that they know."""
    return any(note.get("what") == "guardian-told" and note.get("member") == member for note in stored.history)


def _what(before: Consent | None, decided: Consent) -> str:
    if TAKE_PART in decided.purposes:
        return "consented" if set(decided.purposes) >= set(before.purposes if before else ()) else "consent_narrowed"
    return "consent_withdrawal" if before and TAKE_PART in before.purposes else "consent_refused"


def _followed(season: Season, stored: StoredEntry, now: int) -> tuple[StoredEntry, Sequence[IntegrationEvent]]:
    """The entry after a decision, and what has to be told."""
    rounds = season.rules.rounds
    everybody = all(
        TAKE_PART in consent.purposes
        for number in range(1, len(stored.entry.members) + 1)
        if (consent := current(stored.consents, number))
    )
    later, exit_ = stored.later, stored.later.exit
    if stored.entry.submitted_at is not None and now < to_unix_micros(rounds[0].judging.opens):
        if not everybody and exit_ is None:
            later = replace(later, exit=Exit(EntryStatus.CONSENT_WITHDRAWN, now))
        elif everybody and exit_ and exit_.status == EntryStatus.CONSENT_WITHDRAWN:
            later = replace(later, exit=None)
    after = replace(stored, later=later)
    if stored.entry.submitted_at is not None:
        after = replace(
            after, standing=later.exit.status if later.exit else status_of(stored.entry, season.rules, later)
        )
    events: list[IntegrationEvent] = []
    if stored.published:
        events.append(consents_event(after))
        if after.standing != stored.standing:
            events.append(entry_event(after, first=False))
        leaves = next_round(season.rules, now)
        if not everybody and leaves and now >= to_unix_micros(rounds[0].judging.opens):
            entry = stored.entry.entry
            events.append(
                EntryWithdrawnV1(
                    season=season.id, entry=entry, round=leaves, at=now, cause=WithdrawalCause.CONSENT_WITHDRAWAL
                )
            )
    return after, events
