"""Accounts for programs: operator tokens, invitations, sign-in links, personal API tokens."""

import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.forms import enter_person
from services.registration.application.identity import RoleStep
from services.registration.application.roles import Invitation, InvitationState, record_id
from services.registration.application.seasons import season_of
from services.registration.domain.accounts import LONGEST_ADDRESS
from services.registration.domain.messages import DeliveryState
from services.registration.domain.people import BORN, Name
from services.registration.entrypoints.context import CommandOf, Context, ContextOf, InPerson, SignedIn
from services.registration.entrypoints.inviting import invitation_url, mail_invitations
from services.registration.entrypoints.ways_in import invited_person, known_link, known_student, take_part_again
from shared.errors import Invalid, InvalidState, NotAllowed, NotSignedIn, error_at
from shared.http.client_address import address_of
from shared.http.contract import THROTTLED
from shared.http.idempotency import DESCRIBED
from shared.http.paging import Page, paged
from shared.identity import ANYWHERE, Grant, Role
from shared.season.time import MONTH
from shared.throttle import Throttle

Id = Annotated[str, Field(min_length=1, max_length=128)]
Reason = Annotated[str, Query(min_length=1, max_length=500, description="Kept on record.")]
OPERATOR_TRIES, OPERATOR_SECONDS = 10, 900


class GrantIn(BaseModel):
    """A role within a season and a unit; `ref` is for instance the judge's id."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    season: Id = ANYWHERE
    unit: Id = ANYWHERE
    ref: Annotated[str, Field(max_length=128)] = ""

    def grant(self) -> Grant:
        return Grant(self.role, self.season, self.unit, self.ref)

    @classmethod
    def of(cls, grant: Grant) -> "GrantIn":
        return cls(role=grant.role, season=grant.season, unit=grant.unit, ref=grant.ref)


class InvitationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grants: Annotated[list[GrantIn], Field(min_length=1, max_length=20)]
    days: Annotated[int, Field(ge=1, le=60)] = 14
    label: Annotated[str, Field(max_length=80)] = ""
    reason: Annotated[
        str, Field(max_length=500, description="Why whoever accepts takes the place of a judge that has an account.")
    ] = ""
    mail: Annotated[
        str,
        Field(max_length=LONGEST_ADDRESS, description="Where it is mailed as well, if the installation sends mail."),
    ] = ""


class InvitationOut(BaseModel):
    """An invitation; its address is not told again."""

    id: str
    grants: list[GrantIn]
    label: str
    expires_at: int = Field(description="0 for one that is not open.")
    state: InvitationState
    at: int = Field(description="When it came to its state; 0 while it is open.")
    to: str = Field(description="The login name of whoever accepted it.")
    mail: str = Field(description="Where it was to be mailed, of one that is open.")
    mailed: DeliveryState = Field(description="`none` for one without an address, or where no mail is sent.")


class AcceptanceIn(BaseModel):
    """An invitation to accept with the account that one is signed in to."""

    model_config = ConfigDict(extra="forbid")

    secret: Annotated[str, Field(min_length=1, max_length=128, description="The last part of its address.")]
    name: Annotated[str, Field(max_length=80, description="For instructors: as entries name them.")] = ""


class ParticipationIn(BaseModel):
    """The school of whoever takes part in a further season."""

    model_config = ConfigDict(extra="forbid")

    unit: Id


class RoleOut(BaseModel):
    """A role that an account holds in a season, or in its series; `own` is the caller's own."""

    id: str
    login: str
    role: Role
    season: str
    unit: str
    ref: str
    own: bool


class RoleRecordOut(BaseModel):
    """Who gave a role to whom, accepted it or took it back."""

    what: RoleStep
    role: Role
    season: str
    unit: str
    ref: str
    by: str
    to: str
    reason: str
    at: int


class SignInLinkIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: Annotated[str, Field(min_length=3, max_length=64)]
    grants: Annotated[list[GrantIn], Field(max_length=20)] = []
    hours: Annotated[int, Field(ge=1, le=72)] = 1
    person: Annotated[str, Field(max_length=64, description="The person behind a new account.")] = ""


class LinkOut(BaseModel):
    """A single-use address. It is shown once."""

    url: str


class TokenIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: Annotated[str, Field(min_length=1, max_length=80)]
    season: Id = ANYWHERE
    days: Annotated[int, Field(ge=1, le=400)] = 90


class TokenOut(BaseModel):
    """A personal API token. The token itself is shown once, when it is made."""

    id: str
    label: str
    expires_at: int
    token: str | None = None


class StudentIn(BaseModel):
    """A student of a school; school, name and birth month tell students apart."""

    model_config = ConfigDict(extra="forbid")

    unit: Id
    name_zh: Annotated[str, Field(max_length=80)] = ""
    name_en: Annotated[str, Field(max_length=80)] = ""
    birth: Annotated[str, Field(pattern=MONTH, json_schema_extra={"pattern": BORN})]


class StudentOut(BaseModel):
    person: str


router = APIRouter(prefix="/registration/v1", tags=["accounts"])


def place_of(invitation: Invitation) -> tuple[int, int, str]:
    """Where an invitation stands in its list."""
    if invitation.state is InvitationState.OPEN:
        return (0, invitation.expires_at, invitation.id)
    return (1, -invitation.at, invitation.id)


def _throttle(context: Context) -> Throttle:
    return Throttle(context.access.counters, "operator-secret", OPERATOR_TRIES, OPERATOR_SECONDS)


bearer = HTTPBearer(
    auto_error=False, scheme_name="operator-secret", description="The operator secret of the installation."
)


@router.post(
    "/operator-tokens",
    status_code=201,
    summary="A token for the operator of the installation",
    openapi_extra=DESCRIBED,
    responses=THROTTLED,
)
async def operator_token(
    context: ContextOf,
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    command: CommandOf,
) -> TokenOut:
    secret = context.settings.registration_operator_secret.get_secret_value()
    if credentials is None:
        raise NotSignedIn("operator-secret")
    await _throttle(context).spend(address_of(request))
    if len(secret) < 20 or not secrets.compare_digest(secret.encode(), credentials.credentials.encode()):
        raise NotSignedIn("operator-secret")
    await _throttle(context).give_back(address_of(request))
    return TokenOut(
        id="operator", label="operator", expires_at=0, token=await context.access.accounts.operator_token(command)
    )


@router.post("/invitations", status_code=201, summary="Invite somebody to a role", openapi_extra=DESCRIBED)
async def invite(
    context: ContextOf, request: Request, content: InvitationIn, principal: InPerson, command: CommandOf
) -> LinkOut:
    """Whoever opens the address makes an account with these roles. An organizer invites within their season."""
    for grant in content.grants:
        principal.require(grant.season, Role.CITY_ORGANIZER)
        if grant.role is Role.OPERATOR and not principal.may(ANYWHERE, Role.OPERATOR):
            raise NotAllowed("role-needed")
    secret = await context.access.accounts.invite(
        principal.gives(*(grant.grant() for grant in content.grants)),
        by=principal,
        days=content.days,
        label=content.label,
        reason=content.reason,
        mail=content.mail,
        command=command,
    )
    await mail_invitations(context, [secret], context.pages.translator(request))
    return LinkOut(url=invitation_url(context, secret))


@router.get("/invitations", summary="Open invitations to your seasons")
async def invitations(
    context: ContextOf,
    principal: SignedIn,
    page: Annotated[Page, Depends(paged(int, int, str))],
    season: Annotated[str, Query(max_length=128)] = "",
    state: Annotated[
        InvitationState | Literal["all"],
        Query(description="All but the open ones are of one season, which has to be named."),
    ] = InvitationState.OPEN,
) -> list[InvitationOut]:
    """Those that you made, or to seasons that you organize. Open: neither accepted, nor expired, withdrawn or renewed.
    The open ones come first, those that expire soonest before others; then the others, newest first.
    """
    roles = context.access.roles
    if state == InvitationState.OPEN:
        listed = await roles.invitations(principal, season)
    elif season:
        listed = await roles.all_invitations(principal, season)
    else:
        raise Invalid("fields-invalid", errors=[error_at("season", "field-season")])
    return [
        InvitationOut(
            id=invitation.id,
            grants=[GrantIn.of(grant) for grant in invitation.grants],
            label=invitation.label,
            expires_at=invitation.expires_at,
            state=invitation.state,
            at=invitation.at,
            to=invitation.to,
            mail=invitation.mail,
            mailed=invitation.mailed,
        )
        for invitation in page.cut((each for each in listed if state in ("all", each.state)), place_of)
    ]


@router.post(
    "/invitations/acceptance",
    status_code=204,
    summary="Accept an invitation with one's own account",
    responses={409: {"description": "You have this role already, or are another judge of the season"}},
)
async def accept(context: ContextOf, request: Request, content: AcceptanceIn, principal: InPerson) -> Response:
    """For whoever is signed in with a browser's session. A browser gets a token with the new roles at once."""
    link = await known_link(context, request, context.access.accounts.invitation(content.secret))
    person = await invited_person(context, link, content.name)
    await context.access.accounts.accept_as(content.secret, principal, person)
    return await context.access.browser.refresh(request, Response(status_code=204))


@router.post(
    "/invitations/{invitation}/renewal",
    status_code=201,
    summary="Send an invitation again",
    openapi_extra=DESCRIBED,
    responses={409: {"description": "It was accepted, withdrawn or renewed"}},
)
async def renew_invitation(
    context: ContextOf,
    request: Request,
    invitation: str,
    principal: InPerson,
    command: CommandOf,
    season: Annotated[str, Query(max_length=128, description="Needed for one that has expired.")] = "",
) -> LinkOut:
    """A new address, good for 14 days; the former one ends."""
    secret = await context.access.roles.renew_invitation(principal, invitation, season, command)
    await mail_invitations(context, [secret], context.pages.translator(request))
    return LinkOut(url=invitation_url(context, secret))


@router.delete("/invitations/{invitation}", status_code=204, summary="Withdraw an invitation")
async def withdraw_invitation(context: ContextOf, invitation: str, principal: InPerson, reason: Reason) -> Response:
    """Nobody can accept it from now on."""
    await context.access.roles.withdraw_invitation(principal, invitation, reason)
    return Response(status_code=204)


@router.get("/seasons/{season}/roles", summary="Who has which role in a season")
async def held(
    context: ContextOf, season: str, principal: SignedIn, page: Annotated[Page, Depends(paged(str, str))]
) -> list[RoleOut]:
    """Roles of the staff, of the season and of its series, by login name."""
    return [
        RoleOut(
            id=held_role.id,
            login=held_role.login,
            role=held_role.grant.role,
            season=held_role.grant.season,
            unit=held_role.grant.unit,
            ref=held_role.grant.ref,
            own=held_role.own,
        )
        for held_role in page.cut(
            await context.access.roles.held(principal, season), lambda held_role: (held_role.login, held_role.id)
        )
    ]


@router.delete("/seasons/{season}/roles/{role}", status_code=204, summary="Withdraw a role")
async def withdraw_role(context: ContextOf, season: str, role: str, principal: InPerson, reason: Reason) -> Response:
    """Sessions and tokens of its holder that lean on it end within seconds, in all services."""
    await context.access.roles.withdraw(principal, season, role, reason)
    return Response(status_code=204)


@router.get("/seasons/{season}/role-records", summary="Who gave and withdrew which roles")
async def records(
    context: ContextOf, season: str, principal: SignedIn, page: Annotated[Page, Depends(paged(int, str))]
) -> list[RoleRecordOut]:
    """Newest first. What is written here is never changed."""
    return [
        RoleRecordOut(
            what=record.what,
            role=record.grant.role,
            season=record.grant.season,
            unit=record.grant.unit,
            ref=record.grant.ref,
            by=record.by,
            to=record.to,
            reason=record.reason,
            at=record.at,
        )
        for record in page.cut(
            await context.access.roles.records(principal, season),
            lambda record: (record.at, record_id(record)),
            newest_first=True,
        )
    ]


@router.post("/sign-in-links", status_code=201, summary="A single-use sign-in for one account", openapi_extra=DESCRIBED)
async def sign_in_link(context: ContextOf, content: SignInLinkIn, principal: InPerson, command: CommandOf) -> LinkOut:
    """For operators: demonstrations, and people who have lost every other way in."""
    principal.require(ANYWHERE)
    secret = await context.access.accounts.sign_in_link(
        content.login,
        principal.gives(*(grant.grant() for grant in content.grants)),
        by=principal,
        hours=content.hours,
        person=content.person,
        command=command,
    )
    return LinkOut(url=f"{context.settings.public_url}/registration/links/{secret}")


@router.post(
    "/seasons/{season}/students", status_code=201, summary="Record a student of a school", openapi_extra=DESCRIBED
)
async def record_student(
    context: ContextOf, season: str, content: StudentIn, principal: SignedIn, command: CommandOf
) -> StudentOut:
    """The same student again is the same person."""
    principal.require(season, Role.CITY_ORGANIZER)
    stored_season = await season_of(season, context.store, mode="live")
    name = Name(content.name_zh.strip(), content.name_en.strip())
    person = await enter_person(stored_season, content.unit, name, content.birth, command, context.store)
    return StudentOut(person=person)


@router.post(
    "/seasons/{season}/participation",
    status_code=201,
    summary="Take part in a further season",
    responses={409: {"description": "You were a student in no season before"}},
)
async def take_part(
    context: ContextOf, request: Request, response: Response, season: str, content: ParticipationIn, principal: InPerson
) -> StudentOut:
    """For a student of an earlier season, with the account they have. A browser gets a token with the new role at once;
    tokens for programs that were made before do not have it.
    """
    stored_season = await season_of(season, context.store, mode="live")
    if principal.grant(Role.STUDENT, season):
        return StudentOut(person=principal.person_in(season))
    known = await known_student(context, principal)
    if known is None:
        raise InvalidState("students-before")
    person = await take_part_again(context, stored_season, content.unit, known, principal)
    await context.access.browser.refresh(request, response)
    return StudentOut(person=person)


@router.get("/tokens", summary="One's own personal API tokens")
async def list_(
    context: ContextOf, principal: SignedIn, page: Annotated[Page, Depends(paged(int, str))]
) -> list[TokenOut]:
    """Those that expire soonest before others."""
    tokens = page.cut(
        await context.access.accounts.personal_tokens(principal), lambda session: (session.expires_at, session.id)
    )
    return [TokenOut(id=session.id, label=session.label, expires_at=session.expires_at) for session in tokens]


@router.post("/tokens", status_code=201, summary="Make a personal API token", openapi_extra=DESCRIBED)
async def make(context: ContextOf, content: TokenIn, principal: SignedIn, command: CommandOf) -> TokenOut:
    """It carries your roles in one season, or in all, until it expires or is revoked."""
    session, token = await context.access.accounts.personal_token(
        principal, content.label, content.season, content.days, command
    )
    return TokenOut(id=session.id, label=session.label, expires_at=session.expires_at, token=token)


@router.delete("/tokens/{token}", status_code=204, summary="Revoke a personal API token")
async def revoke(context: ContextOf, token: str, principal: SignedIn) -> Response:
    await context.access.accounts.revoke_personal(principal, token)
    return Response(status_code=204)
