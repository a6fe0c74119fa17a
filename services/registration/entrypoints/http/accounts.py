"""Accounts for programs: operator tokens, invitations, sign-in links, personal API tokens."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.forms import enter_person
from services.registration.application.identity import RoleStep
from services.registration.application.seasons import season_of
from services.registration.domain.people import BORN, Name
from services.registration.entrypoints.context import CommandOf, Context, ContextOf, InPerson, SignedIn
from shared.errors import NotAllowed, NotSignedIn
from shared.http.client_address import address_of
from shared.http.idempotency import DESCRIBED
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


class InvitationOut(BaseModel):
    """An invitation that nobody has accepted yet; its address is not told again."""

    id: str
    grants: list[GrantIn]
    label: str
    expires_at: int


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


def _throttle(context: Context) -> Throttle:
    return Throttle(context.access.counters, "operator-secret", OPERATOR_TRIES, OPERATOR_SECONDS)


bearer = HTTPBearer(auto_error=False, description="The operator secret of the installation.")


@router.post(
    "/operator-tokens",
    status_code=201,
    summary="A token for the operator of the installation",
    openapi_extra=DESCRIBED,
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
async def invite(context: ContextOf, content: InvitationIn, principal: InPerson, command: CommandOf) -> LinkOut:
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
        command=command,
    )
    return LinkOut(url=f"{context.settings.public_url}/registration/invitations/{secret}")


@router.get("/invitations", summary="Open invitations to your seasons")
async def invitations(
    context: ContextOf, principal: SignedIn, season: Annotated[str, Query(max_length=128)] = ""
) -> list[InvitationOut]:
    """Those that nobody has accepted, and that have neither expired nor been withdrawn."""
    return [
        InvitationOut(
            id=invitation.id,
            grants=[GrantIn.of(grant) for grant in invitation.grants],
            label=invitation.label,
            expires_at=invitation.expires_at,
        )
        for invitation in await context.access.roles.invitations(principal, season)
    ]


@router.delete("/invitations/{invitation}", status_code=204, summary="Withdraw an invitation")
async def withdraw_invitation(context: ContextOf, invitation: str, principal: InPerson, reason: Reason) -> Response:
    """Nobody can accept it from now on."""
    await context.access.roles.withdraw_invitation(principal, invitation, reason)
    return Response(status_code=204)


@router.get("/seasons/{season}/roles", summary="Who has which role in a season")
async def held(context: ContextOf, season: str, principal: SignedIn) -> list[RoleOut]:
    """Roles of the staff, of the season and of its series."""
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
        for held_role in await context.access.roles.held(principal, season)
    ]


@router.delete("/seasons/{season}/roles/{role}", status_code=204, summary="Withdraw a role")
async def withdraw_role(context: ContextOf, season: str, role: str, principal: InPerson, reason: Reason) -> Response:
    """Sessions and tokens of its holder that lean on it end within seconds, in all services."""
    await context.access.roles.withdraw(principal, season, role, reason)
    return Response(status_code=204)


@router.get("/seasons/{season}/role-records", summary="Who gave and withdrew which roles")
async def records(context: ContextOf, season: str, principal: SignedIn) -> list[RoleRecordOut]:
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
        for record in await context.access.roles.records(principal, season)
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


@router.get("/tokens", summary="One's own personal API tokens")
async def list_(context: ContextOf, principal: SignedIn) -> list[TokenOut]:
    return [
        TokenOut(id=session.id, label=session.label, expires_at=session.expires_at)
        for session in await context.access.accounts.personal_tokens(principal)
    ]


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
