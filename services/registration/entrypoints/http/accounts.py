"""Accounts for programs: operator tokens, invitations, sign-in links, personal API tokens."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from services.registration.application.forms import enter_person
from services.registration.application.seasons import season_of
from services.registration.domain.people import Name
from services.registration.entrypoints.context import Context, SignedIn
from shared.commands import Command
from shared.errors import NotAllowed, NotSignedIn
from shared.http.idempotency import DESCRIBED, commands
from shared.identity import ANYWHERE, Grant, Role

Id = Annotated[str, Field(min_length=1, max_length=128)]


class GrantIn(BaseModel):
    """A role within a season and a unit; `ref` is for instance the judge's id."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    season: Id = ANYWHERE
    unit: Id = ANYWHERE
    ref: Annotated[str, Field(max_length=128)] = ""

    def grant(self) -> Grant:
        return Grant(self.role, self.season, self.unit, self.ref)


class InvitationIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grants: Annotated[list[GrantIn], Field(min_length=1, max_length=20)]
    days: Annotated[int, Field(ge=1, le=60)] = 14
    label: Annotated[str, Field(max_length=80)] = ""
    reason: Annotated[
        str, Field(max_length=500, description="Why whoever accepts takes the place of a judge that has an account.")
    ] = ""


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
    birth: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class StudentOut(BaseModel):
    person: str


def router(context: Context) -> APIRouter:
    routes = APIRouter(prefix="/registration/v1", tags=["accounts"])
    accounts, public = context.accounts, context.settings.public_url
    CommandOf = Annotated[Command, Depends(commands(context.key.derive("commands")))]  # noqa: N806 - a type
    bearer = HTTPBearer(auto_error=False, description="The operator secret of the installation.")

    @routes.post(
        "/operator-tokens",
        status_code=201,
        summary="A token for the operator of the installation",
        openapi_extra=DESCRIBED,
    )
    async def operator_token(
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
        command: CommandOf,
    ) -> TokenOut:
        secret = context.settings.registration_operator_secret.get_secret_value()
        given = credentials.credentials if credentials else ""
        if len(secret) < 20 or not secrets.compare_digest(secret.encode(), given.encode()):
            raise NotSignedIn("operator-secret")
        return TokenOut(id="operator", label="operator", expires_at=0, token=await accounts.operator_token(command))

    @routes.post("/invitations", status_code=201, summary="Invite somebody to a role", openapi_extra=DESCRIBED)
    async def invite(content: InvitationIn, principal: SignedIn, command: CommandOf) -> LinkOut:
        """Whoever opens the address makes an account with these roles. An organizer invites within their season."""
        for grant in content.grants:
            principal.require(grant.season, Role.CITY_ORGANIZER)
            if grant.role is Role.OPERATOR and not principal.may(ANYWHERE, Role.OPERATOR):
                raise NotAllowed("role-needed")
        secret = await accounts.invite(
            principal.gives(*(grant.grant() for grant in content.grants)),
            days=content.days,
            label=content.label,
            reason=content.reason,
            command=command,
        )
        return LinkOut(url=f"{public}/registration/invitations/{secret}")

    @routes.post(
        "/sign-in-links", status_code=201, summary="A single-use sign-in for one account", openapi_extra=DESCRIBED
    )
    async def sign_in_link(content: SignInLinkIn, principal: SignedIn, command: CommandOf) -> LinkOut:
        """For operators: demonstrations, and people who have lost every other way in."""
        principal.require(ANYWHERE)
        secret = await accounts.sign_in_link(
            content.login,
            principal.gives(*(grant.grant() for grant in content.grants)),
            hours=content.hours,
            person=content.person,
            command=command,
        )
        return LinkOut(url=f"{public}/registration/links/{secret}")

    @routes.post(
        "/seasons/{season}/students", status_code=201, summary="Record a student of a school", openapi_extra=DESCRIBED
    )
    async def record_student(season: str, content: StudentIn, principal: SignedIn, command: CommandOf) -> StudentOut:
        """The same student again is the same person."""
        principal.require(season, Role.CITY_ORGANIZER)
        found = await season_of(season, context.store, mode="live")
        name = Name(content.name_zh.strip(), content.name_en.strip())
        person = await enter_person(found, content.unit, name, content.birth, command, context.store)
        return StudentOut(person=person)

    @routes.get("/tokens", summary="One's own personal API tokens")
    async def list_(principal: SignedIn) -> list[TokenOut]:
        return [
            TokenOut(id=session.id, label=session.label, expires_at=session.expires_at)
            for session in await accounts.personal_tokens(principal)
        ]

    @routes.post("/tokens", status_code=201, summary="Make a personal API token", openapi_extra=DESCRIBED)
    async def make(content: TokenIn, principal: SignedIn, command: CommandOf) -> TokenOut:
        """It carries your roles in one season, or in all, until it expires or is revoked."""
        session, token = await accounts.personal_token(principal, content.label, content.season, content.days, command)
        return TokenOut(id=session.id, label=session.label, expires_at=session.expires_at, token=token)

    @routes.delete("/tokens/{token}", status_code=204, summary="Revoke a personal API token")
    async def revoke(token: str, principal: SignedIn) -> Response:
        await accounts.revoke_personal(principal, token)
        return Response(status_code=204)

    return routes
