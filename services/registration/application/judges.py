"""Judges of a season: known here by name, told to judging by id; whom they avoid is understood before it is kept."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from services.registration.application.accounts import Accounts
from services.registration.application.identity import AccountStore
from services.registration.application.ports import Audit, Season, Store
from services.registration.domain.accounts import is_mail
from services.registration.domain.erasure import NOBODY, Terms, works_due
from services.registration.domain.judges import (
    EVERYBODY,
    Choice,
    Judge,
    JudgeDuty,
    JudgeForm,
    Meant,
    containing,
    fitting,
    judge_errors,
    next_ids,
    places,
    read_listed,
    read_tracks,
    readings,
    unit_choice,
)
from services.registration.domain.people import unit_of
from shared.commands import Command
from shared.errors import Invalid, InvalidState, NotFound, error_at
from shared.identity import Grant, Principal, Role
from shared.names import clean_name, comparable
from shared.season.csv_rows import Rejection, Report, Row, Sheet

REQUIRED = ("name", "contact", "tracks")
COLUMNS = (*REQUIRED, "languages", "employer", "avoid", "role", "judge")
FILE = "judges"
UNNUMBERED = "J"
"""Who gets the next number."""
INVITATION_DAYS = 30
MOST_LETTERS = 300
NAMED = 5
"""So many are named where several fit."""


class Judges(Protocol):
    """Where they are kept. Saving tells judging what it needs, and no name."""

    async def of(self, season: str) -> dict[str, Judge]: ...
    async def save(self, season: str, judges: Iterable[Judge], at: int) -> int: ...
    async def forget_names(self, season: str) -> int: ...


async def choices(season: Season, texts: Collection[str], store: Store) -> list[Choice]:
    """Whom these texts may mean: units, instructors, entries by id, and students of the schools that they name."""
    units = await store.units.of(season.id)
    listed = [unit_choice(unit, units) for unit in units.values()]
    schools: dict[str, Choice] = {}
    for text in texts:
        for _, where in readings(text):
            schools |= {choice.id: choice for place in where for choice in fitting(place, listed)}
    listed += [
        Choice(taught.instructor, "instructor", (taught.name,), places(taught.unit, units))
        for taught in await store.entries.instructors(season.id)
        if taught.name not in ("", NOBODY.zh)
    ]
    for unit in schools:
        listed += [
            Choice(person.id, "student", tuple(filter(None, (person.name.zh, person.name.en))), places(unit, units))
            for person in await store.people.of_school(season.id, unit)
            if person.name != NOBODY
        ]
    return listed + [
        Choice(stored.entry.entry, "entry", (stored.entry.entry,), places(stored.entry.unit, units))
        for stored in await store.entries.named(season.id, texts)
    ]


async def search(season: Season, words: str, store: Store) -> list[Choice]:
    """Units and people of the season whose name or place holds these words, the closest first."""
    return containing(words, await choices(season, [words], store))


async def meant_by(season: Season, judges: Iterable[Judge], store: Store) -> dict[str, Choice]:
    """Whom the ids mean that are kept with these judges; students who were chosen are named by their school."""
    wanted = {name for judge in judges for name in (judge.employer, *judge.avoid)} - {""}
    known = {choice.id: choice for choice in await choices(season, wanted, store) if choice.id in wanted}
    units = await store.units.of(season.id)
    for name in wanted - known.keys():
        person = await store.people.find(name)
        if person and person.season == season.id:
            where = places(unit_of(person.key), units)
            known[name] = Choice(name, "student", (person.name.best,), where)
    return known


@dataclass(frozen=True, slots=True)
class _Understood:
    """What a text means, or why it means nobody in particular."""

    id: str = ""
    problem: str = ""
    named: str = ""


def _understand(text: str, listed: Sequence[Choice], kinds: Collection[Meant]) -> _Understood:
    meant = {choice.id: choice for choice in fitting(text, listed) if choice.kind in kinds}
    if len(meant) == 1:
        return _Understood(next(iter(meant)))
    near = list(meant.values()) or [choice for choice in containing(text, listed) if choice.kind in kinds]
    named = "; ".join(dict.fromkeys(f"{choice.label} ({choice.id})" for choice in near[:NAMED]))
    return _Understood(problem="many" if meant else "near" if named else "nobody", named=named)


def _read(form: JudgeForm, season: Season, listed: Sequence[Choice]) -> Judge:
    """The judge that a form states.

    Raises:
        Invalid: naming each field that will not do, or that does not say whom it means.
    """
    errors = judge_errors(form, season.rules)
    employer = _understand(form.employer, listed, {"unit"}) if form.employer else _Understood()
    if employer.problem:
        errors.append(
            error_at("employer", f"field-judge-unit-{employer.problem}", text=form.employer, named=employer.named)
        )
    avoided = [(text, _understand(text, listed, EVERYBODY)) for text in form.avoid]
    for text, understood in avoided:
        if understood.problem:
            errors.append(
                error_at("avoid", f"field-judge-person-{understood.problem}", text=text, named=understood.named)
            )
    if errors:
        raise Invalid("fields-invalid", errors=errors)
    return Judge(
        form.judge,
        clean_name(form.name),
        form.contact.strip(),
        JudgeDuty(form.role),
        form.tracks,
        form.languages,
        employer.id,
        tuple(dict.fromkeys(understood.id for _, understood in avoided)),
    )


def _live(season: Season) -> None:
    if season.mode != "live":
        raise InvalidState("records-season")


async def record_judge(
    season: Season, form: JudgeForm, by: Principal, store: Store, judges: Judges, audit: Audit
) -> Judge:
    """Keep a judge, and tell judging; an id that is there is changed. Without an id the judge gets the next one.

    Raises:
        Invalid: naming each field that will not do, or that does not say whom it means.
        InvalidState: the season is kept in records.
    """
    _live(season)
    given = form if form.judge else replace(form, judge=next_ids(await judges.of(season.id), 1)[0])
    judge = _read(given, season, await choices(season, [form.employer, *form.avoid], store))
    await _keep(season, [judge], by, store, judges, audit)
    return judge


async def _keep(
    season: Season, kept: Sequence[Judge], by: Principal, store: Store, judges: Judges, audit: Audit
) -> int:
    facts = {
        "judges": [
            {"judge": j.judge, "as": j.role, "tracks": list(j.tracks), "employer": j.employer, "avoids": list(j.avoid)}
            for j in kept
        ]
    }
    await audit.note("judges-recorded", account=by.account, season=season.id, facts=facts, private={"login": by.login})
    return await judges.save(season.id, kept, await store.clock.now())


CODES = {
    "judge": "BAD_ID",
    "name": "BAD_NAME",
    "contact": "BAD_NAME",
    "role": "BAD_VALUE",
    "tracks": "UNKNOWN_TRACK",
    "languages": "BAD_VALUE",
}
MEANINGS = {"nobody": "NOBODY_MEANT", "near": "NOBODY_MEANT", "many": "SEVERAL_MEANT"}


async def record_sheet(
    season: Season, sheet: Sheet, by: Principal, store: Store, judges: Judges, audit: Audit, *, dry_run: bool = False
) -> Report:
    """Keep the judges of a list, row by row; the same list again changes nothing.

    Who has the name and contact of a judge who is there is that judge. A row falls that does not say whom it means.

    Raises:
        InvalidState: the season is kept in records.
    """
    _live(season)
    present = await judges.of(season.id)
    forms = [_form(row, season) for row in sheet.rows]
    listed = await choices(season, [text for form in forms for text in (form.employer, *form.avoid) if text], store)
    by_person = {_person(judge.name, judge.contact): judge.judge for judge in present.values()}
    free = iter(next_ids({*present, *(form.judge for form in forms)}, len(forms)))
    kept: dict[str, Judge] = {}
    rejected: list[Rejection] = []
    for row, form in zip(sheet.rows, forms, strict=True):
        person = _person(form.name, form.contact)
        if missing := next((column for column in REQUIRED if not row[column]), ""):
            rejected.append(sheet.reject(row, missing, "REQUIRED"))
            continue
        try:
            judge = _read(replace(form, judge=form.judge or by_person.get(person) or UNNUMBERED), season, listed)
        except Invalid as error:
            rejected.append(sheet.reject(row, error.errors[0]["field"], _code_of(error.errors[0])))
            continue
        if judge.judge in kept:
            rejected.append(sheet.reject(row, "judge" if form.judge else "name", "DUPLICATE_ID"))
            continue
        name = next(free) if judge.judge == UNNUMBERED else judge.judge
        kept[name], by_person[person] = replace(judge, judge=name), name
    changed = [judge for judge in kept.values() if present.get(judge.judge) != judge]
    if changed and not dry_run:
        await _keep(season, changed, by, store, judges, audit)
    return Report(sheet.file, len(kept), len(changed), sheet.every(rejected))


def _code_of(error: Mapping[str, str]) -> str:
    return CODES.get(error["field"]) or MEANINGS[error["code"].rpartition("-")[2]]


def _person(name: str, contact: str) -> tuple[str, str]:
    return comparable(name), comparable(contact)


def _form(row: Row, season: Season) -> JudgeForm:
    return JudgeForm(
        row["judge"],
        row["name"],
        row["contact"],
        row["role"] or JudgeDuty.SCORING,
        read_tracks(row["tracks"], season.rules),
        read_listed(row["languages"]),
        row["employer"],
        read_listed(row["avoid"]),
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """An invitation to be printed: for whom, and the secret of its address, which is shown once."""

    judge: Judge
    secret: str
    days: int = INVITATION_DAYS
    """So long it is good."""


@dataclass(frozen=True, slots=True)
class Invitations:
    """How judges are invited: with the roles that the caller may give, by the use case of accounts."""

    accounts: Accounts
    account_store: AccountStore


async def without_account(season: Season, judges: Iterable[Judge], account_store: AccountStore) -> list[Judge]:
    """Those of whom nobody has an account yet."""
    listed = list(judges)
    seats = [f"{season.id}/{judge.judge}" for judge in listed]
    taken = {
        grant.ref
        for account in await account_store.in_seats(seats)
        for grant in account.grants
        if grant.season == season.id
    }
    return [judge for judge in listed if judge.judge not in taken]


async def write_letters(
    season: Season,
    wanted: Collection[str],
    by: Principal,
    command: Command,
    judges: Judges,
    invitations: Invitations,
) -> list[Letter]:
    """Invitations for these judges, or for all who have no account; whoever has one is left out.

    Raises:
        NotFound: one of them is no judge of the season.
        InvalidState: the season is kept in records.
    """
    _live(season)
    known = await judges.of(season.id)
    if not set(wanted) <= known.keys():
        raise NotFound("no-such-judge")
    asked = [judge for name, judge in sorted(known.items()) if not wanted or name in wanted]
    letters = []
    for judge in (await without_account(season, asked, invitations.account_store))[:MOST_LETTERS]:
        role = Role.CHIEF_JUDGE if judge.role == JudgeDuty.CHIEF else Role.JUDGE
        secret = await invitations.accounts.invite(
            by.gives(Grant(role, season.id, "*", judge.judge)),
            by=by,
            days=INVITATION_DAYS,
            command=command.part(judge.judge),
            label=judge.judge,
            mail=judge.contact if is_mail(judge.contact) else "",
        )
        letters.append(Letter(judge, secret))
    return letters


async def forget_judges(terms: Terms, judges: Judges, store: Store) -> int:
    """The sweeper: names and contacts of judges go when the works do. Returns how many went."""
    now = await store.clock.now()
    seasons = [season for season in await store.seasons.all() if season.mode == "live"]
    return sum([await judges.forget_names(season.id) for season in seasons if works_due(season.rules, now, terms)])
