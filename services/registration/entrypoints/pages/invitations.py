"""The invitations of a season: what became of each, and sending again or withdrawing one or many."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.registration.application.ports import Season
from services.registration.application.roles import Invitation, InvitationStage
from services.registration.application.seasons import season_of
from services.registration.domain.messages import DeliveryState
from services.registration.domain.reasons import stated_reason
from services.registration.entrypoints.context import Context, ContextOf, InPerson, SignedIn
from services.registration.entrypoints.inviting import Slip, invitation_url, mail_invitations
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound
from shared.identity import Principal, Role
from shared.web.forms import FormData, read_form
from shared.web.lists import (
    NOTHING,
    Asked,
    Listing,
    Outcome,
    Ticked,
    act_on_each,
    as_csv,
    chosen_act,
    chosen_keys,
    holds_words,
    list_rows,
    read_asked,
    read_ticked,
)
from shared.web.season_header import season_frame
from shared.web.translation import Translator

router = APIRouter(prefix="/registration/seasons/{season_id}/invitations", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation as its list shows it: whom it is for, by name, and who made it."""

    invitation: Invitation
    name: str
    role: Role
    by: str

    @property
    def id(self) -> str:
        return self.invitation.id

    @property
    def day(self) -> int:
        """Until when it is good, or since when it is what it is."""
        return self.invitation.expires_at or self.invitation.at


ACTS = ("renew", "withdraw")
ALWAYS = (InvitationStage.UNOPENED, InvitationStage.OPENED, InvitationStage.ACCEPTED)
"""Tabs that show with nothing in them."""


async def rows_of(context: Context, season: Season, principal: Principal) -> list[InvitationRow]:
    """Those that the visitor made or may see, by name."""
    listed = await context.access.roles.all_invitations(principal, season.id)
    units = await context.read.units.of(season.id)
    judges = await context.judges.of(season.id) if principal.may(season.id, Role.CITY_ORGANIZER) else {}
    makers = {grant.by for invitation in listed for grant in invitation.grants if grant.by}
    logins = {maker: account.login for maker in makers if (account := await context.access.accounts.find(maker))}

    def row(invitation: Invitation) -> InvitationRow:
        grant = invitation.grants[0]
        judge = judges.get(grant.ref)
        unit = units.get(grant.unit)
        name = judge.name if judge else unit.name.zh or unit.name.en if unit else invitation.label or grant.ref
        return InvitationRow(invitation, name, grant.role, logins.get(grant.by, ""))

    return [row(invitation) for invitation in listed]


async def rows_to_show(context: Context, season: Season, principal: Principal) -> list[InvitationRow]:
    """The same for whoever has some, or may make some.

    Raises:
        NotAllowed: the visitor has none and may make none.
    """
    rows = await rows_of(context, season, principal)
    if not rows and not principal.may(season.id, Role.CITY_ORGANIZER, Role.DISTRICT_ORGANIZER, Role.SCHOOL_ADMIN):
        raise NotAllowed("role-needed")
    return rows


def list_invitations(rows: Sequence[InvitationRow], asked: Asked, t: Translator) -> Listing[InvitationRow]:
    """Those that fit what was asked for; words look in names, roles and addresses."""

    def fits(row: InvitationRow) -> bool:
        invitation = row.invitation
        texts = (row.name, t(f"role-{row.role}"), invitation.mail, invitation.to, row.by, invitation.grants[0].ref)
        return (not asked["role"] or row.role == asked["role"]) and holds_words(asked["q"], *texts)

    return list_rows(rows, asked, {stage: partial(_at, stage) for stage in InvitationStage}, fits, always=ALWAYS)


def _at(stage: InvitationStage, row: InvitationRow) -> bool:
    return row.invitation.stage is stage


async def invitations_page(
    context: Context,
    request: Request,
    season: Season,
    principal: Principal,
    form: FormData,
    *,
    ticked: Ticked = NOTHING,
    outcome: Outcome | None = None,
    slips: Sequence[Slip] = (),
    mailed: Sequence[DeliveryState] = (),
    status: int = 200,
) -> Response:
    rows = await rows_to_show(context, season, principal)
    asked = read_asked(request, "q", "role")
    shown = {
        **season_frame(season.rules, season.mode),
        "listing": list_invitations(rows, asked, context.pages.translator(request)),
        "asked": asked,
        "roles": sorted({row.role for row in rows}),
        "form": form,
        "ticked": ticked,
        "outcome": outcome,
        "slips": slips,
        "mailed": mailed.count(DeliveryState.SENT),
        "not_mailed": mailed.count(DeliveryState.FAILED),
    }
    return context.pages.render(request, "invitations.html", shown, status=status)


@router.get("")
async def invitations(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """The invitations that one made for the season, or may see: what became of each."""
    season = await season_of(season_id, context.store)
    return await invitations_page(context, request, season, principal, FormData())


@router.get("/list.csv")
async def export(context: ContextOf, request: Request, season_id: str, principal: SignedIn) -> Response:
    """What the filter shows, without any address by which an invitation is accepted."""
    season, t = await season_of(season_id, context.store), context.pages.translator(request)
    rows = await rows_to_show(context, season, principal)
    listed = list_invitations(rows, read_asked(request, "q", "role"), t).chosen
    columns = ("name", "role", "by", "day", "state", "mail")
    return as_csv(
        f"{season_id}-invitations",
        [t(f"invitations-{name}") for name in columns],
        (
            (
                row.name,
                t(f"role-{row.role}"),
                row.by,
                t.day(row.day, season.rules.time_zone),
                t(f"invitations-state-{row.invitation.stage}"),
                row.invitation.mail,
            )
            for row in listed
        ),
    )


@router.post("")
async def change_many(context: ContextOf, request: Request, season_id: str, principal: InPerson) -> Response:
    """Make anew, or withdraw with a reason, all that were ticked; whoever is refused is named and stays ticked."""
    season, t = await season_of(season_id, context.store), context.pages.translator(request)
    sent, form = await request.form(), await read_form(request)
    ticked, rows = read_ticked(sent), await rows_of(context, season, principal)
    by_id = {row.id: row for row in rows}
    fitting = list_invitations(rows, read_asked(request, "q", "role"), t).chosen
    try:
        act = chosen_act(form["do"], ACTS)
        keys = chosen_keys(ticked, [row.id for row in fitting if row.invitation.renewable])
        why = stated_reason(form["reason"]) if act == "withdraw" else ""
    except LaurelError as error:
        refused = form.with_errors(error, t)
        return await invitations_page(context, request, season, principal, refused, ticked=ticked, status=422)
    command = context.command_of(request, FormData({**form.values, "row": ";".join(keys)}))
    secrets: dict[str, str] = {}

    async def do(key: str) -> None:
        if act == "withdraw":
            await context.access.roles.withdraw_invitation(principal, key, why)
        else:
            again = await context.access.roles.renew_invitation(principal, key, season_id, command.part(key))
            secrets[key] = again

    outcome = await act_on_each(f"invitation-{act}", keys, do, lambda key: by_id[key].name if key in by_id else key, t)
    made = [(by_id.get(key), secret) for key, secret in secrets.items()]
    return await _done(context, request, season, principal, outcome, made)


async def _done(
    context: Context,
    request: Request,
    season: Season,
    principal: Principal,
    outcome: Outcome,
    made: Sequence[tuple[InvitationRow | None, str]],
) -> Response:
    """The list after an act, with the slips of what was made anew: mailed where there is an address, to be printed else."""
    t = context.pages.translator(request)
    mailed = await mail_invitations(context, [secret for _, secret in made], t)
    return await invitations_page(
        context,
        request,
        season,
        principal,
        FormData(),
        ticked=outcome.left,
        outcome=outcome,
        slips=[
            Slip((row.name, t(f"role-{row.role}")) if row else (), invitation_url(context, secret))
            for row, secret in made
        ],
        mailed=mailed,
        status=outcome.status,
    )


@router.post("/{invitation}/{what}")
async def change_invitation(
    context: ContextOf,
    request: Request,
    season_id: str,
    invitation: str,
    what: Literal["withdrawal", "renewal"],
    principal: InPerson,
) -> Response:
    """Withdraw an open invitation, with a reason; or make it anew, so that the former address ends."""
    season, sent, roles = await season_of(season_id, context.store), await read_form(request), context.access.roles
    try:
        if what == "withdrawal":
            await roles.withdraw_invitation(principal, invitation, sent["reason"])
            return RedirectResponse(f"/registration/seasons/{season_id}/invitations", status_code=303)
        row = next((each for each in await rows_of(context, season, principal) if each.id == invitation), None)
        secret = await roles.renew_invitation(principal, invitation, season_id, context.command_of(request, sent))
    except (Invalid, InvalidState, NotFound) as error:
        if isinstance(error, NotFound) and not principal.may(season_id, Role.CITY_ORGANIZER):
            raise
        refused = sent.with_errors(error, context.pages.translator(request))  # also where it ended meanwhile
        return await invitations_page(context, request, season, principal, refused, status=422)
    return await _done(context, request, season, principal, Outcome("invitation-renew", 1), [(row, secret)])
