"""Opening a season, from when on its rules are frozen, and amending it: a new version with a reason."""

import json
from dataclasses import replace
from typing import Any

from services.registration.application.ports import Amendment, Audit, Mode, Season, Store
from services.registration.domain.amendments import differences, not_amendable
from services.registration.domain.reasons import stated_reason
from shared.errors import InvalidState, NotFound, Unavailable
from shared.events.registration import SeasonAmendedV1, SeasonOpenedV1
from shared.identity import Principal
from shared.season.rules import SeasonRules

MOST_NAMED = 10


async def open_season(rules: SeasonRules, mode: Mode, at: int, store: Store) -> Season:
    """Open the season, or find it open with the same rules.

    Raises:
        InvalidState: it is live and has what only records have so far, material or a self-assessment; it is open with other
            rules or in the other mode, another season gives the same certificate numbers,
            or another series has a name that begins like this one.
        Unavailable: it is open, and the database cannot show how.
    """
    if mode == "live" and rules.self_assessment:
        raise InvalidState("self-assessment-by-records")
    if mode == "live" and rules.media:
        raise InvalidState("media-not-live")
    for other in await store.seasons.all():
        mine, theirs = rules.serials, other.rules.serials
        if other.id != rules.id and mine and theirs and mine.prefix == theirs.prefix:
            raise InvalidState("serial-prefix-taken", prefix=mine.prefix, season=other.id)
        item, another = f"{rules.series.id}-", f"{other.rules.series.id}-"
        if item != another and (item.startswith(another) or another.startswith(item)):
            raise InvalidState(
                "series-overlaps", series=other.rules.series.id
            )  # or the season of one could have the id of another's
    season = Season(rules.id, 1, mode, at, rules)
    event = SeasonOpenedV1(season=season.id, version=1, mode=mode, opened_at=at, rules=rules)
    if not await store.seasons.add(season, [event]):
        present = await store.seasons.find(rules.id)
        if present is None:
            raise Unavailable("try-again")
        if present.rules != rules or present.mode != mode:
            raise InvalidState("season-frozen", season=rules.id)
        return present
    return season


async def season_of(season_id: str, store: Store, *, mode: Mode | None = None) -> Season:
    """The season, in the mode that is needed.

    Raises:
        NotFound: there is none.
        InvalidState: it is kept in the other mode.
    """
    season = await store.seasons.find(season_id)
    if season is None:
        raise NotFound("no-such-season")
    if mode and season.mode != mode:
        raise InvalidState("records-season" if season.mode == "records" else "live-season")
    return season


async def amend_season(
    season: Season, rules: SeasonRules, reason: str, by: Principal, now: int, store: Store, audit: Audit
) -> Season:
    """Put amended rules in force, for a reason that everybody sees; who did it is on record. The same rules change nothing.

    Raises:
        InvalidState: the reason is missing, or something changes that an amendment may not change.
    """
    if rules == season.rules:
        return season
    why = stated_reason(reason)
    fixed = not_amendable(season.rules, rules, now)
    if fixed:
        raise InvalidState("not-amendable", paths=", ".join(difference.path for difference in fixed[:MOST_NAMED]))
    changes = tuple(
        (difference.path, format_value(difference.before), format_value(difference.after))
        for difference in differences(season.rules, rules)
    )
    amendment = Amendment(season.version + 1, now, why, changes)
    amended = replace(season, version=amendment.version, rules=rules, amendments=(*season.amendments, amendment))
    event = SeasonAmendedV1(
        season=season.id,
        version=amended.version,
        mode=season.mode,
        amended_at=now,
        reason=amendment.reason,
        rules=rules,
    )
    await store.seasons.amend(amended, amendment, [event])
    facts = {"version": amended.version, "reason": why, "paths": [path for path, _, _ in changes]}
    await audit.note("season-amended", account=by.account, season=season.id, facts=facts, private={"login": by.login})
    return amended


def format_value(value: Any) -> str:
    """A value of the rules as it is written."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
