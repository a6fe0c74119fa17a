"""A student's first step into a season: with a new account, or with the one of an earlier season; a team may wait.

Who joins a team need not choose a login name and a password: they get an account with a name of their school, and a card
with the way back into it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.consenting import consent_needed
from services.registration.application.forms import check_person, enter_oneself
from services.registration.application.guardians import asking_until
from services.registration.application.identity import Account
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.application.teams import check_joining, find_closed
from services.registration.domain.entries import deadline, grades_of
from services.registration.domain.people import Name, birth_of
from services.registration.domain.units import Unit
from services.registration.entrypoints.context import Context, ContextOf, Visitor
from services.registration.entrypoints.guardian_links import GuardianPages
from services.registration.entrypoints.joining import join_by_code, team_of
from services.registration.entrypoints.login_cards import LoginCard, account_with_card
from services.registration.entrypoints.pages.accounts import on_field
from services.registration.entrypoints.ways_in import known_student, take_part_again
from shared.commands import Command
from shared.errors import Invalid, LaurelError, error_at
from shared.http.client_address import address_of
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import current_user
from shared.season.csv_rows import parse_grade
from shared.throttle import Throttle
from shared.web.forms import FormData, read_form
from shared.web.season_header import season_frame

SIGN_UPS_AN_HOUR = 600
"""From one address: several classes of a school, and no more."""
SCHOOLS_AT_ONCE, NAMES_AT_ONCE = 60, 600
"""In one list to choose from; of more, one is looked for by its name, which the browser completes from so many names."""
CARD_HOURS = 30 * 24
"""So long the way back is good of whoever chose no password."""


router = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current_user)])


def _throttle(context: Context) -> Throttle:
    return Throttle(context.access.counters, "sign-up", SIGN_UPS_AN_HOUR, 3600, "too-often")


async def sign_up_page(
    context: Context,
    request: Request,
    season: Season,
    principal: Principal | None,
    form: FormData,
    team: StoredEntry | None = None,
    status: int = 200,
) -> Response:
    closed = find_closed(season, team) if team else None
    units = await context.read.units.of(season.id)
    schools = _schools(season, units)
    many = len(schools) > SCHOOLS_AT_ONCE
    listed = (
        [unit for unit in schools if unit.unit == form["unit"] or _called(unit, form["school"])] if many else schools
    )
    known = await known_student(context, principal)
    shown = {
        **season_frame(season.rules, season.mode),
        "schools": _by_district(listed, units),
        "many": many,
        "names": schools if many and len(schools) <= NAMES_AT_ONCE else [],
        "grades": grades_of(season.rules, season.rules.track(team.entry.track)) if team else {},
        "form": form,
        "team": team,
        "closed": closed.code if closed else "",
        "until": deadline(season.rules, team.later, season.final_at) if team else 0,
        "team_school": units.get(team.entry.unit) if team else None,
        "known": known,
        "birth": birth_of(known.key) if known else "",
        "sign_in": f"/registration/sign-in?next={quote(_address(season.id, 'sign-up', form['code']), safe='/')}",
    }
    return context.pages.render(request, "sign-up.html", shown, status=status)


def _schools(season: Season, units: Mapping[str, Unit]) -> list[Unit]:
    return [unit for unit in units.values() if unit.level == season.rules.unit_levels[-1]]


def _called(unit: Unit, words: str, *, whole: bool = False) -> bool:
    """Whether these words stand in a name of the school, or are the `whole` name."""
    names = [name.casefold() for name in (unit.name.zh, unit.name.en) if name]
    sought = words.casefold()
    return bool(sought) and any(sought == name if whole else sought in name for name in names)


def _by_district(schools: Iterable[Unit], units: Mapping[str, Unit]) -> list[tuple[Unit | None, list[Unit]]]:
    """The schools under what they belong to, in the order of the organizer's list."""
    grouped: dict[str, list[Unit]] = {}
    for school in schools:
        grouped.setdefault(school.parent, []).append(school)
    return [(units.get(parent), listed) for parent, listed in grouped.items()]


async def _chosen_school(context: Context, season: Season, sent: FormData) -> str:
    """The school that was chosen from the list, or whose whole name was typed, where only one is called so."""
    if sent["unit"] or not sent["school"]:
        return sent["unit"]
    schools = _schools(season, await context.read.units.of(season.id))
    called = [unit.unit for unit in schools if _called(unit, sent["school"], whole=True)]
    return called[0] if len(called) == 1 else ""


def _address(season_id: str, page: str, code: str) -> str:
    return f"/registration/seasons/{season_id}/{page}{f'?code={quote(code)}' if code else ''}"


def _on(season_id: str, code: str) -> str:
    """Where somebody goes on who is in the season."""
    return _address(season_id, "join" if code else "register", code)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who has just signed up."""

    account: Account
    person: str
    card: LoginCard | None = None
    """The way back, for whoever chose no password."""


def _stated(sent: FormData) -> tuple[Name, str]:
    return Name(sent["name_zh"], sent["name_en"]), f"{sent['year']}-{sent['month'].zfill(2)}"


def _chooses_login(sent: FormData, team: StoredEntry | None) -> bool:
    """Whether they sign up with a login name and a password of their own; who joins a team may leave both empty."""
    return team is None or bool(sent["login"] or sent["password"])


async def _check_newcomer(
    context: Context, season: Season, unit: str, sent: FormData, team: StoredEntry | None
) -> None:
    """Raises Invalid naming all that will not do, so that a password has to be typed again only once."""
    name, birth = _stated(sent)
    errors = []
    try:
        await check_person(season, unit, name, birth, context.store)
    except Invalid as error:
        errors += error.errors
    if team and parse_grade(sent["grade"]) is None:
        errors.append(error_at("grade", "field-grade"))
    if _chooses_login(sent, team):
        for refusal in await context.access.accounts.refusals_of_new(sent["login"], sent["password"]):
            errors += on_field(refusal).errors
    if errors:
        raise Invalid("fields-invalid", errors=errors)


async def _take_in(
    context: Context,
    season: Season,
    unit: str,
    sent: FormData,
    team: StoredEntry | None,
    command: Command,
    language: str,
) -> Newcomer:
    """A new account, and the person behind it; the same form again finds what it made."""
    name, birth = _stated(sent)
    person = await enter_oneself(season, unit, name, birth, command, context.store)
    if not _chooses_login(sent, team):
        account, card = await account_with_card(
            context, season.id, unit, person, name.best, CARD_HOURS, language, command
        )
        return Newcomer(account, person, card)
    grants = [Grant(Role.STUDENT, season.id, unit)]
    try:
        account = await context.access.accounts.register(
            sent["login"], sent["password"], grants, person=person, language=language
        )
    except Invalid as error:  # somebody else took the name at this moment
        raise on_field(error) from error
    return Newcomer(account, person)


@router.get("/seasons/{season_id}/sign-up")
async def sign_up_form(
    context: ContextOf, request: Request, season_id: str, principal: Visitor, code: str = ""
) -> Response:
    """For a new account, and for the account of an earlier season; who is in the season already goes on."""
    season = await season_of(season_id, context.store, mode="live")
    if principal and principal.grant(Role.STUDENT, season_id):
        return RedirectResponse(_on(season_id, code), status_code=303)
    form, team = FormData({"code": code}), None
    try:
        team = await team_of(context, season, code, address_of(request)) if code else None
    except LaurelError as error:
        form = FormData().with_errors(error, context.pages.translator(request))
    return await sign_up_page(context, request, season, principal, form, team)


@router.post("/seasons/{season_id}/sign-up")
async def sign_up(context: ContextOf, request: Request, season_id: str, principal: Visitor) -> Response:
    """With the code of a team one is its member at once; if that cannot be, its page says why."""
    season, sent = await season_of(season_id, context.store, mode="live"), await read_form(request)
    code, grade, team = sent["code"], parse_grade(sent["grade"]), None
    if principal and principal.grant(Role.STUDENT, season_id):
        return RedirectResponse(_on(season_id, code), status_code=303)
    if sent["act"] == "school":
        return await sign_up_page(context, request, season, principal, sent)
    if sent["act"] == "alone":
        return await sign_up_page(context, request, season, principal, FormData({**sent.values, "code": ""}))
    known, newcomer = await known_student(context, principal), None
    try:
        await _throttle(context).spend(address_of(request))
        team = await team_of(context, season, code, address_of(request)) if code else None
        unit = team.entry.unit if team else await _chosen_school(context, season, sent)
        if not known:
            await _check_newcomer(context, season, unit, sent, team)
        if team:
            name, birth = (known.name, birth_of(known.key)) if known else _stated(sent)
            now = await context.store.clock.now()
            await check_joining(season, team, name, birth, grade, now, context.store)
        if known and principal:
            person, account = await take_part_again(context, season, unit, known, principal), principal.account
        else:
            command, language = context.command_of(request, sent), context.pages.translator(request).language
            newcomer = await _take_in(context, season, unit, sent, team, command, language)
            person, account = newcomer.person, newcomer.account.id
    except LaurelError as error:
        refused = sent.with_errors(error, context.pages.translator(request))
        return await sign_up_page(context, request, season, principal, refused, team, 422)
    stored, to = None, _on(season_id, code)
    if team:
        try:
            stored = await join_by_code(context, season, code, grade, person, account)
            to = f"/registration/entries/{season_id}/{stored.entry.entry}"
        except LaurelError:  # the page of the team says what keeps one out, and which way leads on
            to = _on(season_id, code)
    if newcomer and newcomer.card:
        page = await _card_page(context, request, season, newcomer, newcomer.card, stored, to)
        return await context.access.browser.opened(newcomer.account, page)
    if newcomer:
        return await context.access.browser.open(newcomer.account, to)
    return await context.access.browser.refresh(request, RedirectResponse(to, status_code=303))


async def _card_page(
    context: Context,
    request: Request,
    season: Season,
    newcomer: Newcomer,
    card: LoginCard,
    stored: StoredEntry | None,
    to: str,
) -> Response:
    """What whoever joined without a password does next: ask a guardian, and keep the way back."""
    now, guardian = await context.store.clock.now(), None
    if stored and newcomer.person in stored.members:
        number, until = stored.members.index(newcomer.person) + 1, asking_until(season, stored, now)
        if until and number in consent_needed(season, stored, now):
            guardian = GuardianPages(context).slip(stored, number, "child", until)
    shown = {
        **season_frame(season.rules, season.mode),
        "principal": newcomer.account,
        "card": card,
        "days": CARD_HOURS // 24,
        "guardian": guardian,
        "stored": stored,
        "to": to,
    }
    return context.pages.render(request, "joined.html", shown)
