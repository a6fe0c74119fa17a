"""Consent: for whom it is needed, the secret of its link, and what is kept of it."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256

from services.registration.application.forms import LONGEST_NAME, error_at
from services.registration.application.ports import Consent, Store, StoredEntry
from services.registration.domain.people import guardian_needed
from shared.errors import Invalid, NotFound
from shared.season.records import moment

CONSENT_TEXT = "2026-11"
"""Version of the text that guardians agree to; a change of the text is a new version."""


def consent_needed(stored: StoredEntry, now: int) -> tuple[int, ...]:
    """The numbers of the members for whom somebody has yet to consent by link.

    A guardian for everybody under 14, and a team mate over that age for themselves; the student who hands in and is
    14 or older consents by submitting.
    """
    month = f"{moment(now):%Y-%m}"
    given = {consent.member for consent in stored.consents}
    return tuple(
        number
        for number, member in enumerate(stored.entry.members, 1)
        if number not in given and (number > 1 or guardian_needed(member.birth, month))
    )


def consent_token(key: bytes, season: str, entry: str, member: int) -> str:
    """The secret part of a consent link: 128 bits that only this installation can make."""
    digest = hmac.new(key, f"{season}/{entry}/{member}".encode(), sha256).digest()
    return urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


async def give_consent(
    stored: StoredEntry, member: int, guardian: str, relation: str, now: int, store: Store
) -> StoredEntry:
    """Record who agreed, in which relation, when and how.

    Raises:
        Invalid: the name or the relation is missing.
        NotFound: there is no such member.
    """
    if not 1 <= member <= len(stored.entry.members):
        raise NotFound("no-such-member")
    errors = [
        error_at(field, code)
        for field, code, given in (
            ("guardian", "field-guardian", guardian),
            ("relation", "field-relation", relation),
        )
        if not given.strip() or len(given) > LONGEST_NAME
    ]
    if errors:
        raise Invalid("fields-invalid", errors=errors)
    if any(consent.member == member for consent in stored.consents):
        return stored
    consent = Consent(member, guardian.strip(), relation.strip(), now, CONSENT_TEXT, "link")
    after = replace(stored, version=stored.version + 1, consents=(*stored.consents, consent))
    await store.entries.save(after, [], {"what": "consented", "at": now, "member": member})
    return after
