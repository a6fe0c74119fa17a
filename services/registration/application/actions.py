"""Dated later actions that registration decides: extensions, withdrawals, corrected names, transfers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NotRequired, TypedDict

from services.registration.application.entry_events import entry_event
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.application.rights import correct_name
from services.registration.domain.entries import Exit, Later, extend_until, leave_season, next_round, status_of
from services.registration.domain.people import Name
from services.registration.domain.reasons import stated_reason
from shared.errors import Invalid, InvalidState, NotFound
from shared.events.base import IntegrationEvent
from shared.events.registration import EntryWithdrawnV1
from shared.season.csv_rows import whole_number
from shared.season.time import parse_moment, to_unix_micros
from shared.states import EntryStatus, WithdrawalCause

LEAVES = {
    WithdrawalCause.WITHDRAWAL: EntryStatus.WITHDRAWN,
    WithdrawalCause.CONSENT_WITHDRAWAL: EntryStatus.CONSENT_WITHDRAWN,
}
"""Actions by which an entry leaves, and where it stands then."""
TYPES = ("extension", *LEAVES, "name_correction", "transfer")


class ActionOutcome(TypedDict):
    """Where the entry stands after an action; of a corrected name also whose it is and which version."""

    entry: str
    standing: EntryStatus
    person: NotRequired[str]
    name_version: NotRequired[int]


async def apply_action(season: Season, action_id: str, action: Mapping[str, Any], store: Store) -> ActionOutcome:
    """Apply one action at the time it states. The same action again changes nothing.

    Raises:
        Invalid: a field is missing or not understood.
        NotFound: there is no such entry or member.
        InvalidState: what it asks is not possible in this season.
    """
    kind = action.get("type")
    if kind not in TYPES:
        raise Invalid("action-unknown", type=str(kind))
    at = _time(season, action, "at")
    stored = await store.entries.find(season.id, str(action.get("entry", "")))
    if stored is None:
        raise NotFound("no-such-entry")
    if any(note.get("action") == action_id for note in stored.history):
        return await _outcome(stored, action, store)
    note = {"action": action_id, "what": kind, "at": at, "reason": str(action.get("reason", ""))}
    if kind == "name_correction":
        await _correct_name(season, stored, action_id, action, at, store)
        stored = await store.entries.find(season.id, stored.entry.entry) or stored
        if any(note.get("action") == action_id for note in stored.history):
            return await _outcome(stored, action, store)
    later = _later(season, stored, action, at)
    after = replace(stored, version=stored.version + 1, later=later)
    after = replace(after, standing=status_of(after.entry, season.rules, later))
    events: list[IntegrationEvent] = [entry_event(after)] if after.standing != stored.standing else []
    left = _round_left(season, action, at)
    if left:
        events.append(EntryWithdrawnV1(season=season.id, entry=stored.entry.entry, round=left, at=at, cause=kind))
    await store.entries.save(after, events, note)
    return await _outcome(after, action, store)


def _round_left(season: Season, action: Mapping[str, Any], at: int) -> str:
    """The round that the entry leaves, when it takes part in the season until then; else nothing."""
    rounds = season.rules.rounds
    if action["type"] not in LEAVES or at < to_unix_micros(rounds[0].judging.opens):
        return ""
    named = (
        str(action.get("round", "")) if action["type"] == WithdrawalCause.WITHDRAWAL else next_round(season.rules, at)
    )
    if named not in {round_.id for round_ in rounds[1:]}:
        raise InvalidState("withdrawal-after-judging")
    return named


def _time(season: Season, action: Mapping[str, Any], field: str) -> int:
    value = parse_moment(str(action.get(field, "")), season.rules.zone)
    if value is None:
        raise Invalid("action-field", field=field)
    return value


def _later(season: Season, stored: StoredEntry, action: Mapping[str, Any], at: int) -> Later:
    kind = action["type"]
    if kind == "extension":
        stated_reason(str(action.get("reason", "")))
        return extend_until(season.rules, stored.later, _time(season, action, "until"), at)
    if at < to_unix_micros(season.rules.rounds[0].judging.opens):
        if kind == "withdrawal":
            return leave_season(season.rules, stored.standing, stored.later, at)
        if kind == "consent_withdrawal":
            return replace(stored.later, exit=stored.later.exit or Exit(EntryStatus.CONSENT_WITHDRAWN, at))
    return stored.later


def _member(stored: StoredEntry, action: Mapping[str, Any]) -> str:
    number = whole_number(str(action.get("member", "")))
    if number is None or not 1 <= number <= len(stored.members):
        raise NotFound("no-such-member")
    return stored.members[number - 1]


async def _outcome(stored: StoredEntry, action: Mapping[str, Any], store: Store) -> ActionOutcome:
    outcome: ActionOutcome = {"entry": stored.entry.entry, "standing": stored.standing}
    if action["type"] == "name_correction":
        person = await store.people.find(_member(stored, action))
        if person:
            outcome["person"], outcome["name_version"] = person.id, person.version
    return outcome


async def _correct_name(
    season: Season, stored: StoredEntry, action_id: str, action: Mapping[str, Any], at: int, store: Store
) -> None:
    person = await store.people.find(_member(stored, action))
    if person is None:
        raise NotFound("no-such-member")
    name = Name(str(action.get("name_zh", "")), str(action.get("name_en", "")))
    if not name.best:
        raise Invalid("action-field", field="name_zh")
    await correct_name(season, person.id, name, str(action.get("reason", "")), at, store, action=action_id)
