"""The consent link: a guardian, or a team mate who is old enough, decides on a phone, without an account."""

import secrets

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.consenting import consent_token, decide, informed, was_informed
from services.registration.application.ports import Season, StoredEntry
from services.registration.application.seasons import season_of
from services.registration.domain.consent import (
    SHOWCASE,
    TAKE_PART,
    Consent,
    current,
    guardian_needed,
    guardian_to_be_told,
)
from services.registration.entrypoints.context import Context
from services.registration.entrypoints.slips import slip_for
from shared.errors import Invalid, LaurelError, NotFound, error_at
from shared.identity.gate import current as visitor
from shared.season.records import moment
from shared.web.forms import Filled
from shared.web.names import masked
from shared.web.season_header import SeasonHeader

LINK_HOURS = 24


def router(context: Context) -> APIRouter:
    routes = APIRouter(
        prefix="/registration/consent/{season_id}/{entry}/{member}/{token}",
        include_in_schema=False,
        dependencies=[Depends(visitor)],
    )
    pages, store = context.pages, context.store
    key = context.key.derive("consent")

    async def linked(season_id: str, entry: str, member: int, token: str) -> StoredEntry:
        right = consent_token(key, season_id, entry, member)
        stored = await context.entries.find(season_id, entry) if secrets.compare_digest(right, token) else None
        if stored is None or not 1 <= member <= len(stored.entry.members):
            raise NotFound("link-spent")
        return stored

    async def page(
        request: Request, season: Season, stored: StoredEntry, member: int, form: Filled, status: int = 200
    ) -> Response:
        person, decided = stored.entry.members[member - 1], current(stored.consents, member)
        month = f"{moment(await store.clock.now()):%Y-%m}"
        return pages.render(
            request,
            "consent.html",
            {
                "rules": season.rules,
                "season": SeasonHeader.of(season.rules),
                "stored": stored,
                "decided": decided,
                "agreed": decided is not None and TAKE_PART in decided.purposes,
                "child": masked(person.name.best),
                "for_child": guardian_needed(person.birth, month, season.rules.jurisdiction),
                "to_tell": guardian_to_be_told(person.birth, month, season.rules.jurisdiction),
                "told": was_informed(stored, member),
                "purposes": SHOWCASE,
                "form": form,
                "robots": False,
            },
            status=status,
        )

    @routes.get("")
    async def form(request: Request, season_id: str, entry: str, member: int, token: str) -> Response:
        stored, season = await linked(season_id, entry, member, token), await season_of(season_id, store)
        decided = current(stored.consents, member)
        return await page(request, season, stored, member, _as_decided(decided) if decided else Filled())

    @routes.post("")
    async def consent(request: Request, season_id: str, entry: str, member: int, token: str) -> Response:
        stored = await linked(season_id, entry, member, token)
        season = await season_of(season_id, store, mode="live")
        sent = await request.form()
        if sent.get("do") == "informed":
            await informed(season, stored, member, await store.clock.now(), store)
            return RedirectResponse(request.url.path, status_code=303)
        filled = Filled({name: str(value).strip()[:200] for name, value in sent.items()})
        try:
            if filled["agree"] not in ("yes", "no"):
                raise Invalid("fields-invalid", errors=[error_at("agree", "field-agree")])
            purposes = [TAKE_PART, *(name for name in SHOWCASE if filled[name])] if filled["agree"] == "yes" else []
            await decide(
                season,
                stored,
                member,
                purposes,
                guardian=filled["guardian"],
                relation=filled["relation"],
                now=await store.clock.now(),
                store=store,
            )
        except LaurelError as error:
            refused = filled.refused(error, pages.translator(request))
            return await page(request, season, stored, member, refused, 422)
        return RedirectResponse(request.url.path, status_code=303)

    @routes.post("/sign-in")
    async def new_way_in(request: Request, season_id: str, entry: str, member: int, token: str) -> Response:
        """A new sign-in link for the child, made by the guardian: for a forgotten password."""
        stored = await linked(season_id, entry, member, token)
        season, person = await season_of(season_id, store, mode="live"), stored.members[member - 1]
        name = masked(stored.entry.members[member - 1].name.best)
        slip = await slip_for(context, season_id, stored.entry.unit, person, name, LINK_HOURS, by=None)
        page = {
            "rules": season.rules,
            "season": SeasonHeader.of(season.rules),
            "slips": [slip],
            "hours": LINK_HOURS,
            "back": request.url.path.removesuffix("/sign-in"),
            "robots": False,
        }
        return pages.render(request, "slips.html", page)

    return routes


def _as_decided(decided: Consent) -> Filled:
    agree = "yes" if TAKE_PART in decided.purposes else "no"
    values = {"guardian": decided.guardian, "relation": decided.relation, "agree": agree}
    return Filled(values | {name: "yes" for name in SHOWCASE if name in decided.purposes})
