"""Children of one school who may be one: what others state of a child stays apart until the school says who it is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from services.registration.application.entry_events import consents_event, entry_event
from services.registration.application.limiting import within_limits
from services.registration.application.ports import Person, Season, Store, StoredEntry
from services.registration.domain.erasure import NOBODY
from services.registration.domain.limits import is_nomination
from services.registration.domain.people import alike, joined_key
from shared.errors import InvalidState
from shared.events.base import IntegrationEvent
from shared.events.registration import PersonNamedV1
from shared.season.text import Text


def look_alike(people: Iterable[Person]) -> list[list[Person]]:
    """Those of a school who agree in name and birth month, two or more together."""
    groups: dict[str, list[Person]] = {}
    for person in people:
        groups.setdefault(alike(person.key), []).append(person)
    return [group for group in groups.values() if len(group) > 1]


async def join(
    season: Season,
    people: Sequence[Person],
    with_account: Collection[str],
    by: str,
    now: int,
    store: Store,
    *,
    late: bool,
) -> Person:
    """Make these one child, as their school says they are: whoever has an account, else whom the school named.

    The entries of the others go over, within the limits of the season. What stopped in the middle is done again.

    Raises:
        InvalidState: they do not agree in name and month, two have an account, two are in one team, together they have more
            entries than the season allows, or results are announced (`late`).
    """
    if late:
        raise InvalidState("children-after-results")
    if len(people) < 2 or len({alike(person.key) for person in people}) > 1:
        raise InvalidState("children-not-alike")
    if sum(1 for person in people if person.id in with_account) > 1:
        raise InvalidState("children-two-accounts")
    kept = min(people, key=lambda person: (person.id not in with_account, person.key != alike(person.key), person.key))
    others = [person for person in people if person is not kept]
    for other in others:
        for stored in await store.entries.with_people(season.id, [other.id]):
            await _hand_over(season, stored, other.id, kept.id, by, now, store)
    for other in others:
        nobody = PersonNamedV1(person=other.id, version=other.version + 1, name=Text(zh=NOBODY.zh, en=NOBODY.en))
        await store.people.rename(other, NOBODY, [nobody], key=joined_key(other.id, kept.id))
    if kept.key != alike(kept.key):
        await store.people.rename(kept, kept.name, [], key=alike(kept.key))
    return kept


async def _hand_over(
    season: Season, stored: StoredEntry, person: str, to: str, by: str, now: int, store: Store
) -> None:
    if to in stored.members:
        raise InvalidState("children-one-team")
    members = tuple(to if member == person else member for member in stored.members)
    after = replace(stored, version=stored.version + 1, members=members)
    events: list[IntegrationEvent] = (
        [entry_event(after, first=False), consents_event(after)] if stored.published else []
    )
    note = {"what": "children-joined", "at": now, "by": by}

    async def save(entry: StoredEntry) -> None:
        nominated = (slot for slot in stored.slots if is_nomination(slot))
        await store.entries.save(replace(entry, slots=(*entry.slots, *nominated)), events, note)

    if stored.slots:
        await within_limits(season, after, store, save)
    else:  # it left, or nothing is limited: it holds no places
        await store.entries.save(after, events, note)
