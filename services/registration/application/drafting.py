"""Drafts of seasons: begun with a copy, a ready season file or a file of one's own; looked at; opened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from services.registration.application.ports import Audit, Season, Store
from services.registration.application.seasons import amend_season, format_value, open_season, season_of
from services.registration.domain.amendments import differences
from services.registration.domain.beginnings import BLANK, begin, begin_again, begin_unfinished
from shared.commands import Command
from shared.errors import Invalid, InvalidState, NotFound, error_at
from shared.identity import Principal, Role
from shared.season.plain_yaml import LONGEST, read_yaml, write_yaml
from shared.season.rules import SeasonRules
from shared.season.writing import write_rules


@dataclass(frozen=True, slots=True)
class Draft:
    """A season that is being written; `based_on` is the season it was copied from, empty for one from nothing."""

    id: str
    account: str
    based_on: str
    text: str
    updated_at: int


class Drafts(Protocol):
    """Where they are kept; each belongs to one account."""

    async def add(self, command: Command, account: str, based_on: str, text: str, now: int) -> Draft: ...
    async def find(self, draft: str, account: str) -> Draft: ...
    async def of(self, account: str) -> list[Draft]: ...
    async def write(self, draft: str, text: str, now: int) -> None: ...
    async def remove(self, draft: str) -> None: ...


async def copy_season(
    season: str, values: Mapping[str, str], principal: Principal, command: Command, store: Store, drafts: Drafts
) -> Draft:
    """A draft with the rules of a season that one organizes; with `year` and `opens` moved to that year, with `name` renamed.

    Raises:
        NotFound: there is no such season.
        NotAllowed: it is not the caller's to organize.
        Invalid: naming each value that will not do.
    """
    base = await season_of(season, store)
    principal.require(base.id, Role.CITY_ORGANIZER)
    text = write_rules(base.rules)
    if any(values.get(name) for name in ("year", "opens", "name_zh", "name_en")):
        text = write_rules(begin_again(read_yaml(text), {**values, "year": values.get("year") or base.rules.season.id}))
    return await drafts.add(command, principal.account, base.id, text, await store.clock.now())


async def begin_with(
    template: str,
    templates: Mapping[str, str],
    values: Mapping[str, str],
    principal: Principal,
    command: Command,
    store: Store,
    drafts: Drafts,
) -> Draft:
    """A draft with a ready season file, or with the blank one, under one's own name and around one's own dates.

    Raises:
        NotFound: there is no such file.
        Invalid: naming each value that will not do; also a series or season that is not the caller's to open.
    """
    if template not in templates:
        raise NotFound("no-such-template")
    rules = begin(read_yaml(templates[template]), values, blank=template == BLANK)
    if not _may_open(rules, principal):
        raise Invalid("fields-invalid", errors=[error_at("series", "field-season-not-yours")])
    return await drafts.add(command, principal.account, "", write_rules(rules), await store.clock.now())


async def begin_by_steps(
    template: str,
    templates: Mapping[str, str],
    values: Mapping[str, str],
    principal: Principal,
    command: Command,
    store: Store,
    drafts: Drafts,
) -> Draft:
    """A draft with a ready season file, of which the name, the year and the day registration opens are stated.

    Sponsor and approval are left open, and the series where the caller has none or several: the draft says so.

    Raises:
        NotFound: there is no such file.
        Invalid: naming each value that will not do.
    """
    if template not in templates:
        raise NotFound("no-such-template")
    series = own_series(principal, await store.seasons.all())
    file = begin_unfinished(read_yaml(templates[template]), {**values, "series": series})
    return await drafts.add(command, principal.account, "", write_yaml(file), await store.clock.now())


async def keep_file(content: bytes, principal: Principal, command: Command, store: Store, drafts: Drafts) -> Draft:
    """A draft with a season file of one's own, right or not: the draft says what is wrong with it.

    Raises:
        Invalid: it is no text of a season file.
    """
    return await drafts.add(command, principal.account, "", read_text(content), await store.clock.now())


def read_text(content: bytes) -> str:
    """The text of a season file, right or not.

    Raises:
        Invalid: it is empty, no text, or too long for a season file.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Invalid("file-unreadable", file="season.yaml", reason="NOT_UTF8", column="", place="") from error
    if not text.strip() or len(text) > LONGEST:
        raise Invalid("season-file-size", most=LONGEST)
    return text


def changes_of(base: Season | None, rules: SeasonRules | None) -> list[tuple[str, str, str]]:
    """What differs from the season that a draft was copied from: path, before, now. Nothing for one from nothing."""
    if base is None or rules is None:
        return []
    return [
        (difference.path, format_value(difference.before), format_value(difference.after))
        for difference in differences(base.rules, rules)
    ]


async def base_of(draft: Draft, store: Store) -> Season | None:
    """The season that it was copied from; None for one from nothing."""
    return await season_of(draft.based_on, store) if draft.based_on else None


async def open_draft(draft: Draft, rules: SeasonRules, principal: Principal, store: Store, drafts: Drafts) -> Season:
    """Open the season that a draft says, with the units of the one it was copied from. The draft is gone then.

    Raises:
        NotAllowed: the caller organizes neither this season nor its series.
        InvalidState: it is open with other rules, or its name or numbers are another's.
    """
    principal.stating(rules.id, rules.series.id).require(rules.id, Role.CITY_ORGANIZER)
    season = await open_season(rules, "live", await store.clock.now(), store)
    if draft.based_on:
        await store.units.save(season.id, (await store.units.of(draft.based_on)).values())
    await drafts.remove(draft.id)
    return season


def amends(base: Season | None, rules: SeasonRules | None) -> bool:
    """Whether a draft is of the very season that it was copied from: then it amends that season, and opens no other."""
    return base is not None and rules is not None and rules.id == base.id


def amendment_hash(season: Season, rules: SeasonRules) -> str:
    """What whoever amends a season has looked at: these rules in place of that version."""
    return sha256(f"{season.version}\n{write_rules(season.rules)}\n{write_rules(rules)}".encode()).hexdigest()[:32]


async def amend_by_draft(
    draft: Draft,
    rules: SeasonRules,
    seen: str,
    reason: str,
    by: Principal,
    store: Store,
    drafts: Drafts,
    audit: Audit,
) -> Season:
    """Put the rules of a draft in force in the season that it was copied from, as they were looked at. The draft is gone then.

    Raises:
        NotAllowed: the caller does not organize the season.
        InvalidState: the draft is of another season, or of one kept in records; something changed since it was looked at;
            the reason is missing, or something changes that an amendment may not change.
    """
    season = await base_of(draft, store)
    if season is None or not amends(season, rules):
        raise InvalidState("amend-other-season")
    by.require(season.id, Role.CITY_ORGANIZER)
    if season.mode != "live":
        raise InvalidState("records-season")
    if seen != amendment_hash(season, rules):
        raise InvalidState("amend-otherwise")
    amended = await amend_season(season, rules, reason, by, await store.clock.now(), store, audit)
    await drafts.remove(draft.id)
    return amended


def own_series(principal: Principal, seasons: Iterable[Season]) -> str:
    """The series that one may begin a season of, where it is known: for the first form."""
    held = {grant.series for grant in principal.grants if grant.role is Role.CITY_ORGANIZER and grant.series}
    held |= {season.rules.series.id for season in seasons if principal.may(season.id, Role.CITY_ORGANIZER)}
    return min(held) if len(held) == 1 else ""


def _may_open(rules: SeasonRules, principal: Principal) -> bool:
    return principal.stating(rules.id, rules.series.id).may(rules.id, Role.CITY_ORGANIZER)
