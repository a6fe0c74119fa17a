"""A unit's summary of its season's work 工作总结: written and filed by the unit, scored by the organizer.

What is filed is told to judging at once, without scores; each score that is given or changed is told anew.
"""

from collections.abc import Mapping
from dataclasses import replace

from services.registration.application.ports import Audit, Season, Store, StoredSummary
from services.registration.domain.reasons import stated_reason
from services.registration.domain.summaries import MOST_TEXT, award_of, check_filing, read_item_scores
from shared.errors import Invalid, InvalidState, NotFound, error_at
from shared.events.base import IntegrationEvent
from shared.events.registration import SummaryFiledV1


async def summary_of(season: Season, unit: str, store: Store) -> StoredSummary:
    """The summary of a unit that files one; an empty draft of version 0 while nothing was written.

    Raises:
        NotFound: the season asks for no summaries, or not of such a unit.
    """
    award, stored_unit = award_of(season.rules), await store.units.find(season.id, unit)
    if stored_unit is None or stored_unit.level != award.level:
        raise NotFound("no-such-unit")
    return await store.summaries.find(season.id, unit) or StoredSummary(season.id, unit, 0, None, "")


async def write_summary(
    season: Season, unit: str, text: str, *, filing: bool, by: str, now: int, store: Store
) -> StoredSummary:
    """Keep what a unit writes as a draft, or file it. One that was filed may be filed anew until the deadline, by the
    database's clock, or until it is scored. Who has filed none by then may file one that is late.

    Raises:
        Invalid: the text is too long, or missing in one that is filed.
        InvalidState: it is too early or too late, it was scored, or it was filed before and this is a draft.
        NotFound: the season asks for no summary of such a unit.
        VersionConflict: somebody else of the unit wrote at this moment.
    """
    stored, plain = await summary_of(season, unit, store), text.strip()
    until = check_filing(season.rules, now, stored.submitted_at)
    if stored.items:
        raise InvalidState("summary-scored")
    if len(plain) > MOST_TEXT or (filing and not plain):
        raise Invalid("fields-invalid", errors=[error_at("text", "field-summary-text", most=str(MOST_TEXT))])
    if stored.submitted_at is not None and not filing:
        raise InvalidState("summary-filed")
    if filing and stored.submitted_at is not None and plain == stored.text:
        return stored
    submitted_at = now if filing else None
    after = replace(stored, version=stored.version + 1, text=plain, submitted_at=submitted_at)
    note = {"what": "summary-filed" if filing else "summary-written", "at": now, "by": by}
    await store.summaries.keep(after, [filed_event(after)] if filing else [], note, until=until)
    return after


def is_taken(season: Season, stored: StoredSummary, now: int) -> bool:
    """Whether a summary may be written at this time."""
    try:
        check_filing(season.rules, now, stored.submitted_at)
    except InvalidState:
        return False
    return not stored.items


async def score_summary(
    season: Season,
    unit: str,
    cells: Mapping[str, str],
    reason: str,
    *,
    by: str,
    now: int,
    store: Store,
    audit: Audit,
) -> StoredSummary:
    """Give a filed summary its scores, all at once; another score afterwards states why.

    Raises:
        Invalid: naming each item whose score is missing or not possible.
        InvalidState: it was not filed, or other scores were given before and no reason is stated.
        NotFound: the season asks for no summary of such a unit.
        VersionConflict: somebody else scored or filed it at this moment.
    """
    stored, items = await summary_of(season, unit, store), read_item_scores(season.rules, cells)
    if stored.submitted_at is None:
        raise InvalidState("summary-not-filed")
    if items == dict(stored.items):
        return stored
    why = stated_reason(reason) if stored.items else reason.strip()
    scores = {name: f"{score:f}" for name, score in items.items()}
    await audit.note(
        "summary-scored",
        account=by,
        season=season.id,
        facts={"unit": unit, "items": scores, "before": {name: f"{score:f}" for name, score in stored.items.items()}},
        private={"reason": why},
    )
    after = replace(stored, version=stored.version + 1, items=items)
    note = {"what": "summary-scored", "at": now, "by": by, "items": scores, "reason": why}
    await store.summaries.keep(after, [filed_event(after)], note)
    return after


def filed_event(stored: StoredSummary) -> IntegrationEvent:
    """What is told of a summary that was filed."""
    if stored.submitted_at is None:
        raise ValueError("a draft is not told")
    return SummaryFiledV1(
        season=stored.season,
        unit=stored.unit,
        version=stored.version,
        submitted_at=stored.submitted_at,
        items=dict(stored.items),
    )
