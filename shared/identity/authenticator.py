"""The gate of a service: from a request to the principal behind it.

Keys and revoked sessions arrive as events and are kept in the service's own database, so that a service knows who
asks while registration is down.
"""

import json
import time
from collections.abc import Mapping

from starlette.requests import HTTPConnection

from shared.errors import NotAllowed, NotSignedIn, Unavailable
from shared.events.registration import KeyPublishedV1, SessionRevokedV1
from shared.identity.principal import Principal
from shared.identity.tokens import Keys, TokenInvalid, key_id, verify
from shared.messaging.delivery import Delivery
from shared.mongo import Database
from shared.season.time import from_unix_micros

TOKEN_COOKIE = "laurel_token"  # noqa: S105 - the cookie's name
REVOCATION_SECONDS = 3.0


def cookie_name(name: str, *, secure: bool, path: str = "/") -> str:
    """The name under which browsers take a cookie from this very site over TLS alone, where there is TLS.

    Nobody between, and no other site of the same domain, can then put one of theirs in its place.
    """
    if not secure:
        return name
    return f"__Host-{name}" if path == "/" else f"__Secure-{name}"


class Authenticator:
    """Tells who asks."""

    def __init__(self, database: Database, *, secure: bool = False) -> None:
        self._cookie = cookie_name(TOKEN_COOKIE, secure=secure)
        self._published, self._revoked = database["identity_keys"], database["identity_revoked"]
        self._seasons = database["seasons"]
        self.keys = Keys()
        self._revoked_ids: frozenset[str] = frozenset()
        self._read_at = 0.0

    async def publish(self, kid: str, x: str) -> None:
        """Trust this key from now on; old ones stay trusted."""
        await self._published.update_one({"_id": kid}, {"$setOnInsert": {"x": x}}, upsert=True)
        self.keys.add(kid, x)

    async def revoke(self, session: str, expires_at: int) -> None:
        """Refuse this session from now on; forgotten once its tokens have run out."""
        await self._revoked.update_one(
            {"_id": session}, {"$setOnInsert": {"expires_at": from_unix_micros(expires_at)}}, upsert=True
        )
        self._read_at = 0.0

    def subscribe(self, delivery: Delivery, service: str) -> None:
        """Keep keys and revocations as they are told."""

        @delivery.durable(KeyPublishedV1, f"{service}-key-published-v1")
        async def trust_key(event: KeyPublishedV1) -> None:
            await self.publish(event.kid, event.x)

        @delivery.durable(SessionRevokedV1, f"{service}-session-revoked-v1")
        async def refuse_session(event: SessionRevokedV1) -> None:
            await self.revoke(event.session, event.expires_at)

    async def principal(self, request: HTTPConnection) -> Principal | None:
        """Who asks: by bearer token, else by cookie; None for nobody."""
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            stored_principal = await self._verified(credential.strip())
            if stored_principal is None:
                raise NotSignedIn("token-invalid")
            return stored_principal
        token = request.cookies.get(self._cookie)
        return await self._verified(token) if token else None

    async def _verified(self, token: str) -> Principal | None:
        principal = self.keys.remembered(token)
        try:
            kid = "" if principal else key_id(token)
            if kid and kid not in self.keys:
                document: Mapping[str, str] | None = await self._published.find_one({"_id": kid})
                if document:
                    self.keys.add(kid, document["x"])
                elif not self.keys:  # a new installation: the first key is still on its way here
                    raise Unavailable("try-again")
            principal = principal or verify(token, self.keys)
        except TokenInvalid:
            return None
        if principal.session in await self._revocations():
            return None
        if any(grant.series for grant in principal.grants):
            await self.series()  # only the hosts of a series need it
        return principal

    async def series(self) -> Mapping[str, str]:
        """Of each season that is known here, the series that its rules state; read as seasons come."""
        async for season in self._seasons.find({"_id": {"$nin": list(self.keys.series)}}, {"rules": 1}):
            if "rules" in season:
                self.keys.series[season["_id"]] = json.loads(season["rules"])["series"]["id"]
        return self.keys.series

    async def _revocations(self) -> frozenset[str]:
        if time.monotonic() - self._read_at > REVOCATION_SECONDS:
            self._revoked_ids = frozenset([document["_id"] async for document in self._revoked.find({}, {"_id": 1})])
            self._read_at = time.monotonic()
        return self._revoked_ids


async def current_user(request: HTTPConnection) -> Principal | None:
    """Dependency: who asks, or None."""
    gate: Authenticator = request.app.state.gate
    principal = await gate.principal(request)
    request.state.principal = principal
    return principal


async def require_user(request: HTTPConnection) -> Principal:
    """Dependency: who asks; refuses nobody.

    Raises:
        NotSignedIn: there is no valid token.
    """
    principal = await current_user(request)
    if principal is None:
        raise NotSignedIn("sign-in-needed")
    return principal


async def require_person(request: HTTPConnection) -> Principal:
    """Dependency: who asks, themselves: what gives others a way in, or changes who somebody is, is no program's to do.

    Raises:
        NotSignedIn: there is no valid token.
        NotAllowed: it is a personal API token.
    """
    principal = await require_user(request)
    if principal.kind == "personal":
        raise NotAllowed("person-needed")
    return principal
