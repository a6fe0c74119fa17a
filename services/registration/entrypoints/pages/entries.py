"""A student's way: sign up, register an entry, guardian's consent, hand in, see where it stands."""

import secrets

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.consenting import consent_needed, consent_token, give_consent
from services.registration.application.entering import draft, edit, submit
from services.registration.application.forms import Applicant, Application, TeamMate, enter_person
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.domain.people import Name
from services.registration.entrypoints.context import Context, SignedIn, may_see
from shared.errors import Invalid, LaurelError, NotAllowed, NotFound
from shared.identity import Grant, Principal, Role
from shared.identity.gate import current
from shared.mongo import database_time
from shared.season.records import micros, parse_grade
from shared.web.forms import Filled, filled, values_of
from shared.web.names import masked
from shared.web.qr import qr_svg
from shared.web.season_header import SeasonHeader

MATES, INSTRUCTORS = (2, 3), (1, 2)


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration", include_in_schema=False, dependencies=[Depends(current)])
    pages, store = context.pages, context.store
    consent_key = context.key.derive("consent")

    async def clock() -> int:
        return micros(await database_time(context.database))

    async def applicant(season: Season, principal: Principal) -> Applicant:
        grant = principal.grant(Role.STUDENT, season.id)
        if grant is None or not principal.person:
            raise NotAllowed("students-only")
        return Applicant(principal.account, principal.person, grant.unit)

    async def own(season: str, entry: str, principal: Principal) -> StoredEntry:
        stored = await context.entries.find(season, entry)
        if stored is None or not may_see(principal, stored):
            raise NotFound("no-such-entry")
        return stored

    async def kept(season: str, entry: str, principal: Principal) -> StoredEntry:
        """The entry, for the account that keeps it and nobody else."""
        stored = await own(season, entry, principal)
        if stored.owner != principal.account:
            raise NotAllowed("role-needed")
        return stored

    async def sign_up_page(request: Request, season: Season, form: Filled, status: int = 200) -> Response:
        last = season.rules.unit_levels[-1]
        units = [unit for unit in (await context.units.of(season.id)).values() if unit.level == last]
        return pages.render(
            request,
            "sign-up.html",
            {"rules": season.rules, "season": SeasonHeader.of(season.rules), "schools": units, "form": form},
            status=status,
        )

    @routes.get("/seasons/{season_id}/sign-up")
    async def sign_up_form(request: Request, season_id: str) -> Response:
        season = await season_of(season_id, store, mode="live")
        return await sign_up_page(request, season, Filled())

    @routes.post("/seasons/{season_id}/sign-up")
    async def sign_up(request: Request, season_id: str) -> Response:
        season, sent = await season_of(season_id, store, mode="live"), await filled(request)
        try:
            birth = f"{sent['year']}-{sent['month'].zfill(2)}"
            name = Name(sent["name_zh"], sent["name_en"])
            person = await enter_person(season, sent["unit"], name, birth, context.command(), store)
            grants = [Grant(Role.STUDENT, season.id, sent["unit"])]
            translator = pages.translator(request)
            try:
                account = await context.accounts.register(
                    sent["login"], sent["password"], grants, person=person, language=translator.language
                )
            except Invalid as error:
                field = "password" if error.code.startswith("password") else "login"
                item = {"pointer": f"/{field}", "field": field, "code": f"problem-{error.code}", **error.values}
                raise Invalid(error.code, errors=[item], **error.values) from error
        except LaurelError as error:
            return await sign_up_page(request, season, sent.refused(error, pages.translator(request)), 422)
        return await context.browser.open(account, f"/registration/seasons/{season_id}/register")

    def entry_form(
        request: Request, season: Season, form: Filled, stored: StoredEntry | None, status: int = 200
    ) -> Response:
        return pages.render(
            request,
            "register.html",
            {
                "rules": season.rules,
                "season": SeasonHeader.of(season.rules),
                "form": form,
                "stored": stored,
                "mates": MATES,
                "instructors": INSTRUCTORS,
            },
            status=status,
        )

    @routes.get("/seasons/{season_id}/register")
    async def register_form(request: Request, season_id: str, principal: SignedIn) -> Response:
        season = await season_of(season_id, store, mode="live")
        await applicant(season, principal)
        return entry_form(request, season, Filled(), None)

    @routes.post("/seasons/{season_id}/register")
    async def register(request: Request, season_id: str, principal: SignedIn) -> Response:
        season, sent = await season_of(season_id, store, mode="live"), await filled(request)
        try:
            by = await applicant(season, principal)
            stored = await draft(season, by, _application(sent), await clock(), context.command(), store)
        except LaurelError as error:
            return entry_form(request, season, sent.refused(error, pages.translator(request)), None, 422)
        return RedirectResponse(f"/registration/entries/{season_id}/{stored.entry.entry}", status_code=303)

    @routes.get("/entries/{season_id}/{entry}/edit")
    async def edit_form(request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
        season, stored = await season_of(season_id, store, mode="live"), await kept(season_id, entry, principal)
        content = stored.entry
        values = {"track": content.track, "title": content.title, "grade": str(content.members[0].grade)}
        for number, member in enumerate(content.members[1:], 2):
            values |= {
                f"m{number}_name": member.name.best,
                f"m{number}_birth": member.birth,
                f"m{number}_grade": str(member.grade),
            }
        for number, instructor in enumerate(content.instructors, 1):
            values[f"i{number}_name"] = instructor.name
        return entry_form(request, season, values_of(**values), stored)

    @routes.post("/entries/{season_id}/{entry}/edit")
    async def change(request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
        season, stored = await season_of(season_id, store, mode="live"), await kept(season_id, entry, principal)
        sent = await filled(request)
        try:
            await edit(season, stored, await applicant(season, principal), _application(sent), await clock(), store)
        except LaurelError as error:
            return entry_form(request, season, sent.refused(error, pages.translator(request)), stored, 422)
        return RedirectResponse(f"/registration/entries/{season_id}/{entry}", status_code=303)

    @routes.get("/entries/{season_id}/{entry}")
    async def entry_page(request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
        """What to do now, how far it has come, and who agreed."""
        season, stored = await season_of(season_id, store), await own(season_id, entry, principal)
        return await show(request, season, stored, principal, Filled())

    async def show(
        request: Request, season: Season, stored: StoredEntry, principal: Principal, form: Filled, status: int = 200
    ) -> Response:
        now = await clock()
        links = []
        missing = consent_needed(stored, now) if stored.standing in ("draft", "returned") else ()
        mine = stored.owner == principal.account
        for number in missing if mine else ():  # an organizer must not be able to agree for a guardian
            token = consent_token(consent_key, stored.season, stored.entry.entry, number)
            url = f"{context.settings.public_url}/registration/consent/{stored.season}/{stored.entry.entry}/{number}/{token}"
            links.append({"member": stored.entry.members[number - 1], "url": url, "qr": qr_svg(url)})
        final = await context.results.stage(season.id, "final")
        awards = await context.results.entry_awards(season.id, "final") if final else []
        units = await context.units.of(season.id)
        return pages.render(
            request,
            "entry.html",
            {
                "rules": season.rules,
                "season": SeasonHeader.of(season.rules),
                "stored": stored,
                "links": links,
                "waiting": bool(missing),
                "mine": mine,
                "unit": units.get(stored.entry.unit),
                "closed": (await context.results.closed_rounds(season.id)).get(season.rules.rounds[0].id),
                "final": final,
                "provisional": await context.results.stage(season.id, "provisional"),
                "award": next((one for one in awards if one.entry == stored.entry.entry), None),
                "history": sorted(stored.history, key=lambda note: note["at"]),
                "form": form,
            },
            status=status,
        )

    @routes.post("/entries/{season_id}/{entry}/submit")
    async def hand_in(request: Request, season_id: str, entry: str, principal: SignedIn) -> Response:
        season, stored = await season_of(season_id, store, mode="live"), await kept(season_id, entry, principal)
        try:
            await submit(season, stored, await clock(), store)
        except LaurelError as error:
            form = Filled().refused(error, pages.translator(request))
            return await show(request, season, stored, principal, form, 409)
        return RedirectResponse(f"/registration/entries/{season_id}/{entry}", status_code=303)

    async def linked(season_id: str, entry: str, member: int, token: str) -> StoredEntry:
        right = consent_token(consent_key, season_id, entry, member)
        stored = await context.entries.find(season_id, entry) if secrets.compare_digest(right, token) else None
        if stored is None or not 1 <= member <= len(stored.entry.members):
            raise NotFound("link-spent")
        return stored

    def consent_page(
        request: Request, season: Season, stored: StoredEntry, member: int, form: Filled, status: int = 200
    ) -> Response:
        given = next((one for one in stored.consents if one.member == member), None)
        return pages.render(
            request,
            "consent.html",
            {
                "rules": season.rules,
                "season": SeasonHeader.of(season.rules),
                "stored": stored,
                "given": given,
                "child": masked(stored.entry.members[member - 1].name.best),
                "form": form,
                "robots": False,
            },
            status=status,
        )

    @routes.get("/consent/{season_id}/{entry}/{member}/{token}")
    async def consent_form(request: Request, season_id: str, entry: str, member: int, token: str) -> Response:
        stored = await linked(season_id, entry, member, token)
        return consent_page(request, await season_of(season_id, store), stored, member, Filled())

    @routes.post("/consent/{season_id}/{entry}/{member}/{token}")
    async def consent(request: Request, season_id: str, entry: str, member: int, token: str) -> Response:
        stored, season = await linked(season_id, entry, member, token), await season_of(season_id, store, mode="live")
        sent = await filled(request)
        try:
            if sent["agree"] != "yes":
                raise Invalid("fields-invalid", errors=[{"pointer": "/agree", "field": "agree", "code": "field-agree"}])
            await give_consent(stored, member, sent["guardian"], sent["relation"], await clock(), store)
        except LaurelError as error:
            return consent_page(request, season, stored, member, sent.refused(error, pages.translator(request)), 422)
        return RedirectResponse(request.url.path, status_code=303)

    return routes


def _application(sent: Filled) -> Application:
    mates = []
    for number in MATES:
        name, birth, grade = (sent[f"m{number}_{part}"] for part in ("name", "birth", "grade"))
        if name or birth or grade:
            named = Name("", name) if name.isascii() else Name(name, "")
            mates.append(TeamMate(named, birth, parse_grade(grade)))
    instructors = tuple(name for number in INSTRUCTORS if (name := sent[f"i{number}_name"]))
    return Application(sent["track"], sent["title"], parse_grade(sent["grade"]), tuple(mates), instructors)
