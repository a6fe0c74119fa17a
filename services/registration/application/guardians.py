"""Guardians: the links by which they are asked, the link of their own once they have decided, and who may decide.

A link that asks is good for one decision, for one child in one entry, and for some weeks. It rests on nothing that is
stored: what it is good for is signed into it, with the number of decisions so far, so that a decision ends it. Whoever
decides gets a link of their own, for as long as the child's data is kept: to look, to change, to withdraw.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import get_args
from uuid import uuid4

from services.registration.application.ports import Person, Season, Store, StoredEntry
from services.registration.domain.consent import ON_PAPER, Channel, Consent, current, guardian_needed
from services.registration.domain.erasure import NOBODY
from services.registration.domain.messages import CORRECTION
from services.registration.domain.people import joined_into, stated_by
from shared.base64url import encode
from shared.errors import Invalid, NotAllowed, NotFound, error_at
from shared.season.time import from_unix_micros, to_unix_micros

DAY = 86_400_000_000
LINK_DAYS = 30
LONGEST_ASKED = 500


@dataclass(frozen=True, slots=True)
class Visit:
    """Who decides, as far as it can be seen: a session if there is one, and a keyed digest of the address."""

    people: tuple[str, ...] = ()
    """Who they are in the seasons in which they take part."""
    session: str = ""
    address: str = ""

    def record(self) -> dict[str, str]:
        """How it stands beside the decision."""
        return {"session": self.session, "address": self.address}


def asking_until(season: Season, stored: StoredEntry, now: int) -> int | None:
    """Until when a link that asks is good, in microseconds UTC: some weeks, but no longer than the entry may be handed
    in; None after that. It is the same all day, so that a page that shows a link shows the same one.
    """
    closes = to_unix_micros(season.rules.window("registration").closes)
    last = max(closes, stored.later.extended_until or closes)
    return min(last, slip_until(now)) if now <= last else None


def slip_until(now: int) -> int:
    """The same for what a school hands out, also after registration."""
    return (now // DAY + LINK_DAYS + 1) * DAY


class GuardianLinks:
    """The secret parts of guardians' links, which only this installation can make: 128 bits."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def ask(self, stored: StoredEntry, member: int, channel: Channel, until: int) -> str:
        """For whoever decides for this member next."""
        return f"{channel[0]}-{until // 1_000_000:x}-{self._asking(stored, member, channel, until // 1_000_000)}"

    def channel_of(self, stored: StoredEntry, member: int, token: str, now: int) -> Channel | None:
        """Who saw this link; None for one that is not for this member, was used, or has expired."""
        letter, _, rest = token.partition("-")
        until, _, _ = rest.partition("-")
        channel: Channel | None = next((arg for arg in get_args(Channel) if arg[0] == letter), None)
        seconds = int(until, 16) if until and len(until) < 12 and not set(until) - set("0123456789abcdef") else 0
        if channel is None or not 1 <= member <= len(stored.members) or now > seconds * 1_000_000:
            return None
        right = self.ask(stored, member, channel, seconds * 1_000_000)
        return channel if hmac.compare_digest(token.encode(), right.encode()) else None

    def _asking(self, stored: StoredEntry, member: int, channel: str, until: int) -> str:
        decided = sum(1 for consent in stored.consents if consent.member == member)
        return self._signed(stored.season, stored.entry.entry, stored.members[member - 1], channel, until, decided)

    def own(self, season: str, person: str, guardian: str) -> str:
        """For this guardian of this child, who has decided before."""
        return f"{guardian}-{self._signed('guardian', season, person, guardian)}"

    def guardian_of(self, season: str, person: str, token: str) -> str:
        """Raises NotFound for a link that is not one of ours."""
        guardian = token.partition("-")[0]
        if not hmac.compare_digest(token.encode(), self.own(season, person, guardian).encode()):
            raise NotFound("link-spent")
        return guardian

    def _signed(self, *parts: object) -> str:
        return encode(hmac.new(self._key, "/".join(map(str, parts)).encode(), sha256).digest()[:16])


def new_guardian() -> str:
    """What tells a guardian from others."""
    return uuid4().hex[:16]


def decides_alone(season: Season, stored: StoredEntry, member: int, now: int) -> bool:
    """Whether this member is old enough to decide for themselves."""
    birth = stored.entry.members[member - 1].birth
    return not guardian_needed(birth, f"{from_unix_micros(now):%Y-%m}", season.rules.jurisdiction)


def check_decides(season: Season, stored: StoredEntry, member: int, visit: Visit, now: int) -> None:
    """A guardian decides without an account, so a session is somebody else's: the child's, a team mate's, a teacher's.

    Raises:
        NotAllowed: this session may not decide for this member. A student who is old enough may, for themselves.
    """
    themselves = stored.members[member - 1] in visit.people
    if visit.session and not (themselves and decides_alone(season, stored, member, now)):
        raise NotAllowed("consent-signed-in")


def on_keepers_word(stored: StoredEntry, person: Person | None, with_account: Iterable[str]) -> bool:
    """Whether this child is known by the word of whoever keeps the entry and by nothing else, so that the keeper may
    hand on what is for the guardian. Whoever is here in another way is asked in another way.
    """
    return (
        person is not None
        and bool(stored.owner)
        and stated_by(person.key) == stored.owner
        and person.id not in set(with_account)
    )


@dataclass(frozen=True, slots=True)
class Guardian:
    """A guardian at their own link: the child as they know it, and the entries that they see."""

    id: str
    person: str
    known: bool
    """Whether somebody stands for their being the guardian. Until then they see what they decided themselves."""
    entries: tuple[StoredEntry, ...]

    def newest(self) -> Consent:
        """What they last decided."""
        decided = [consent for stored in self.entries for consent in _decisions(stored, self.person, self.id)]
        return max(reversed(decided), key=lambda consent: consent.at)


async def guardian(season: Season, person: str, identity: str, store: Store) -> Guardian:
    """The guardian of a link of their own.

    Raises:
        NotFound: nothing of theirs is left.
    """
    stored_person = await store.people.find(person)
    if stored_person and (joined := joined_into(stored_person.key)):
        return await guardian(season, joined, identity, store)
    if stored_person is None or stored_person.name == NOBODY:
        raise NotFound("link-spent")
    entries = await store.entries.with_people(season.id, [person])
    decisions = {stored.entry.entry: _decisions(stored, person, identity) for stored in entries}
    theirs = [stored for stored in entries if decisions[stored.entry.entry]]
    if not theirs:
        raise NotFound("link-spent")
    known = any(consent.certain for decided in decisions.values() for consent in decided)
    return Guardian(identity, person, known, tuple(entries if known else theirs))


def _decisions(stored: StoredEntry, person: str, identity: str) -> list[Consent]:
    """What this guardian decided for the child in this entry."""
    place = stored.members.index(person) + 1 if person in stored.members else 0
    return [
        consent for consent in stored.consents if consent.member == place and identity and consent.whose == identity
    ]


def signed_on_paper(stored: StoredEntry) -> tuple[int, ...]:
    """The members whose guardian signed on paper and decides with a link of their own from then on."""
    newest = ((number, current(stored.consents, number)) for number in range(1, len(stored.members) + 1))
    return tuple(number for number, consent in newest if consent and consent.whose == ON_PAPER)


async def ask_correction(
    season: Season, stored: StoredEntry, member: int, asked: str, visit: Visit, now: int, store: Store
) -> StoredEntry:
    """Keep what a guardian asks to be put right, for the school to see and to answer.

    Raises:
        Invalid: nothing is asked, or too much.
        NotAllowed: whoever is signed in is not the guardian.
    """
    check_decides(season, stored, member, visit, now)
    text = asked.strip()
    if not 0 < len(text) <= LONGEST_ASKED:
        raise Invalid("fields-invalid", errors=[error_at("asked", "field-asked")])
    after = replace(stored, version=stored.version + 1)
    await store.entries.save(
        after, [], {"what": CORRECTION, "at": now, "person": stored.members[member - 1], "asked": text}
    )
    return after
