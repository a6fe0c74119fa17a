"""An entry handed in whole, in one request: by a student's program, or by a school for its students."""

from dataclasses import replace

from services.registration.application.consenting import consent_needed, on_paper, own_consents
from services.registration.application.entering import (
    as_submitted,
    build_draft,
    find_by_command,
    find_new_obstacle,
    insert_numbered,
)
from services.registration.application.forms import Applicant, Application
from services.registration.application.ports import Season, Store, StoredEntry
from services.registration.domain.consent import PURPOSES
from shared.commands import Command
from shared.errors import InvalidState, NotAllowed
from shared.season.time import to_unix_micros


async def submit_entry(
    season: Season, applicant: Applicant, form: Application, *, paper: bool, command: Command, store: Store
) -> StoredEntry:
    """Enter and submit. Where a file, a consent or a member is missing it stays a draft, to be submitted when it is there.

    `paper` states that the school holds every consent that is needed, signed.

    Raises:
        Invalid: naming each field that will not do, or the same key came with another body.
        NotAllowed: `paper`, and this is not the school.
        InvalidState: registration is not open, or a limit of the season is reached.
    """
    if paper and not applicant.for_school:
        raise NotAllowed("consent-on-paper")
    now = await store.clock.now()
    try:
        return await _submit(season, applicant, form, now, paper=paper, command=command, store=store)
    except InvalidState:  # the same request came through before the deadline, or before its own entry counted
        present = await find_by_command(season, command, store)
        if present is None:
            raise
        return present


async def _submit(
    season: Season, applicant: Applicant, form: Application, now: int, *, paper: bool, command: Command, store: Store
) -> StoredEntry:
    closes = to_unix_micros(season.rules.window("registration").closes)
    stored = await build_draft(season, applicant, form, now, store)
    if paper:
        stored = replace(stored, consents=on_paper(consent_needed(season, stored, now), now))
    if find_new_obstacle(season, stored, now):
        return await insert_numbered(season, stored, closes, command, store)
    consents = (*stored.consents, *own_consents(season, stored, PURPOSES, now))
    after, _ = as_submitted(season, replace(stored, consents=consents), now)
    after = replace(
        after,
        history=(*after.history, {"what": "submitted", "at": now, "by": applicant.account, "standing": after.standing}),
    )
    return await insert_numbered(season, after, closes, command, store)
