"""An entry handed in whole, in one request: by a student's program, or by a school for its students."""

from dataclasses import replace

from services.registration.application.consenting import consent_needed, on_paper, own_consents
from services.registration.application.entering import begun, place, placed, submitted
from services.registration.application.forms import Applicant, Application
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.domain.consent import PURPOSES
from shared.commands import Command
from shared.errors import NotAllowed, Refused
from shared.season.time import to_unix_micros


async def hand_in(
    season: Season, applicant: Applicant, form: Application, *, paper: bool, command: Command, store: Store
) -> StoredEntry:
    """Enter and submit. Where a consent is missing the entry stays a draft, to be submitted when it is there.

    `paper` states that the school holds every consent that is needed, signed.

    Raises:
        Invalid: naming each field that will not do, or the same key came with another body.
        NotAllowed: `paper`, and this is not the school.
        Refused: registration is not open, or a limit of the season is reached.
    """
    if paper and not applicant.for_school:
        raise NotAllowed("consent-on-paper")
    now = await store.clock.now()
    closes = to_unix_micros(season.rules.window("registration").closes)
    try:
        stored = await begun(season, applicant, form, now, store)
    except Refused:  # the same request came through before the deadline, or before its own entry counted
        present = await placed(season, command, store)
        if present is None:
            raise
        return present
    missing = consent_needed(season, stored, now)
    if (missing and not paper) or len(stored.members) < season.rules.track(stored.entry.track).members[0]:
        return await place(season, stored, closes, command, store)
    consents = (*on_paper(missing, now), *own_consents(season, stored, PURPOSES, now))
    after, _ = submitted(season, replace(stored, consents=consents), now)
    after = replace(after, history=(*after.history, {"what": "submitted", "at": now, "by": applicant.account}))
    return await place(season, after, closes, command, store)
