"""Self-assessment 自评 in use: the files of a season kept in records, and what is told to judging.

What an entry sends and what a verifier says are looked at together, by their times: a row of one file may count only because of a row of the
other. So each of both files is kept as it was handed in, and the later one has the last word on both.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from services.registration.application.ports import Season, Store, StoredAssessment, StoredEntry
from services.registration.domain.self_assessment import (
    SCORE_COLUMNS,
    VERIFICATION_COLUMNS,
    Acts,
    Assessment,
    Fallen,
    Known,
    SelfScore,
    Told,
    assess,
    check_self_scores,
    check_verifications,
    rule_of,
)
from shared.events.base import IntegrationEvent
from shared.events.registration import AssessedItem, SelfAssessmentSettledV1
from shared.season.csv_rows import Rejection, Report, Sheet
from shared.season.fields import NO, YES
from shared.season.rules import SeasonRules
from shared.season.time import to_unix_micros
from shared.sheets.reading import asked, read_sheet
from shared.states import JUDGED

ITEM_COLUMNS = ("entry", "item", "self", "sampled", "state", "returns", "verified")


def takes_part(rules: SeasonRules, entry: StoredEntry) -> bool:
    """Whether an entry scores itself: of a track that does, and in the running."""
    return entry.standing in JUDGED and entry.entry.track in rules.assessed_tracks


async def take_in_self_scores(season: Season, content: bytes, store: Store) -> Report:
    """Take in `self_scores.csv` in place of what was handed in before. The same file again changes nothing.

    A score outside the window counts where a verification had sent the item back: hand it in again after `verifications.csv`.

    Raises:
        InvalidState: the season has no self-assessment.
    """
    rule_of(season.rules)
    sheet = await read_sheet("self_scores.csv", content, asked(SCORE_COLUMNS), season.id)
    entries = await store.entries.of(season.id)
    accepted, rejected = check_self_scores(sheet, Known(season.rules, entries, await _media(season, store)))
    present = await store.assessments.of(season.id)
    acts = {entry: replace(_acts_in(present, entry), scores=accepted.get(entry, ())) for entry in {*accepted, *present}}
    return await _settled(season, sheet, entries, present, acts, rejected, store)


async def take_in_verifications(season: Season, content: bytes, store: Store) -> Report:
    """Take in `verifications.csv` in place of what was handed in before. The same file again changes nothing.

    Raises:
        InvalidState: the season has no self-assessment.
    """
    rule_of(season.rules)
    sheet = await read_sheet("verifications.csv", content, asked(VERIFICATION_COLUMNS), season.id)
    entries = await store.entries.of(season.id)
    accepted, rejected = check_verifications(sheet, Known(season.rules, entries))
    present = await store.assessments.of(season.id)
    acts = {
        entry: replace(_acts_in(present, entry), verifications=accepted.get(entry, ()))
        for entry in {*accepted, *present}
    }
    return await _settled(season, sheet, entries, present, acts, rejected, store)


def _acts_in(present: Mapping[str, StoredAssessment], entry: str) -> Acts:
    return present[entry].acts if entry in present else Acts()


async def _media(season: Season, store: Store) -> dict[str, set[str]]:
    """The material of each entry."""
    named: dict[str, set[str]] = defaultdict(set)
    for item in (await store.media.of(season.id)).values():
        named[item.entry].add(item.media)
    return named


async def _settled(
    season: Season,
    sheet: Sheet,
    entries: Mapping[str, StoredEntry],
    present: Mapping[str, StoredAssessment],
    acts: Mapping[str, Acts],
    rejected: list[Rejection],
    store: Store,
) -> Report:
    """Keep what was done about each entry, and tell what it comes to where that is something new."""
    changed, fallen = 0, list(rejected)
    at = to_unix_micros(rule_of(season.rules).verification.closes)
    for name, entry in sorted(entries.items()):
        part = takes_part(season.rules, entry)
        if not part and name not in acts:
            continue
        done = acts.get(name, Acts())
        result = assess(season.rules, name, done, takes_part=part)
        fallen += [_rejection(sheet, each) for each in result.fallen if _is_of(sheet, each)]
        before = present.get(name) or StoredAssessment(season.id, name, 0, Acts())
        changed += await settle(season, before, done, Told.of(result) if part else before.told, at, store)
    accepted = len(sheet.rows) - len(fallen)
    return Report(sheet.file, accepted, changed, sheet.every(fallen))


async def settle(
    season: Season,
    before: StoredAssessment,
    acts: Acts,
    told: Told | None,
    at: int,
    store: Store,
    *,
    until: int | None = None,
) -> bool:
    """Keep what was done and tell what it comes to, each where it is something new. Whether anything was.

    Raises:
        InvalidState: the database's clock is past `until`.
        VersionConflict: somebody else did something about it at this moment.
    """
    news = told is not None and told != before.told
    if before.version and before.acts == acts and not news:
        return False
    version = before.version + 1
    after = replace(
        before, version=version, acts=acts, told=told, told_version=version if news else before.told_version
    )
    await store.assessments.keep(after, [settled_event(season, after, at)] if news else [], until=until)
    return True


async def assessed_entries(season: Season, store: Store, now: int | None = None) -> list[tuple[str, Assessment]]:
    """What each entry that takes part comes to, by id; at a moment, else at the end.

    Raises:
        InvalidState: the season has no self-assessment.
    """
    rule_of(season.rules)
    entries, present = await store.entries.of(season.id), await store.assessments.of(season.id)
    return [
        (name, assess(season.rules, name, _acts_in(present, name), now=now))
        for name, entry in sorted(entries.items())
        if takes_part(season.rules, entry)
    ]


async def item_rows(season: Season, store: Store) -> list[tuple[str, ...]]:
    """Every item as it stands at the end: entries by id, items as the rubric prints them."""
    return [
        (
            entry,
            item.item,
            f"{item.own:.2f}",
            YES if item.sampled else NO,
            item.state,
            str(item.returns),
            f"{item.verified:.2f}",
        )
        for entry, assessment in await assessed_entries(season, store)
        for item in assessment.items
    ]


def settled_event(season: Season, stored: StoredAssessment, at: int) -> IntegrationEvent:
    """What is told of a self-assessment."""
    told = stored.told
    if told is None:
        raise ValueError("nothing to tell")
    return SelfAssessmentSettledV1(
        season=stored.season,
        entry=stored.entry,
        version=stored.told_version,
        component=rule_of(season.rules).component,
        total=told.total,
        items={
            name: AssessedItem(own=item.own, verified=item.verified, state=item.state)
            for name, item in told.items.items()
        },
        at=at,
    )


def _is_of(sheet: Sheet, fallen: Fallen) -> bool:
    return isinstance(fallen.act, SelfScore) == (sheet.file == "self_scores.csv")


def _rejection(sheet: Sheet, fallen: Fallen) -> Rejection:
    return Rejection(file=sheet.file, row=fallen.act.row, column=fallen.column, code=fallen.code)
