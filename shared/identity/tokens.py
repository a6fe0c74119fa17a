"""Tokens: JSON Web Tokens signed with Ed25519 by registration, verified by everyone (RFC 7519, RFC 8037)."""

import time
from hashlib import sha256
from typing import Any, get_args

import jwt
from cachetools import TLRUCache
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.base64url import decode
from shared.identity.principal import Grant, Kind, Principal

ISSUER = "laurel"
ALGORITHM = "EdDSA"
LEEWAY = 30
CACHED = 4096
TYPES = {f"{kind}+jwt": kind for kind in get_args(Kind)}
"""What the header `typ` says of a token."""
REQUIRED = ["iss", "aud", "sub", "sid", "iat", "nbf", "exp"]


class TokenInvalid(Exception):
    """The token was not signed by a known key, is out of its time, or is not one of ours."""


class Keys:
    """The public keys that may sign, by key id, and the verdicts of late."""

    def __init__(self) -> None:
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._verdicts = TLRUCache[bytes, Principal](CACHED, _end_of_verdict, time.time)
        self.series: dict[str, str] = {}
        """Of each season known here its series; every principal looks into it."""

    def add(self, kid: str, x: str) -> None:
        """Trust the Ed25519 public key `x` (base64url without padding)."""
        self._keys[kid] = Ed25519PublicKey.from_public_bytes(decode(x))

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, kid: str) -> bool:
        return kid in self._keys

    def __getitem__(self, kid: str) -> Ed25519PublicKey:
        return self._keys[kid]

    def remembered(self, token: str) -> Principal | None:
        """The verdict on this token if it was verified before and is still in its time."""
        return self._verdicts.get(sha256(token.encode()).digest())

    def remember(self, token: str, principal: Principal) -> None:
        self._verdicts[sha256(token.encode()).digest()] = principal


def _end_of_verdict(_: bytes, principal: Principal, _now: float) -> float:
    return principal.expires_at + LEEWAY


def sign(key: Ed25519PrivateKey, kid: str, principal: Principal, kind: Kind) -> str:
    """A token for this principal."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": principal.account,
        "sid": principal.session,
        "login": principal.login,
        "person": principal.person,
        "grants": [grant.as_claim() for grant in principal.grants],
        "iat": principal.issued_at,
        "nbf": principal.issued_at,
        "exp": principal.expires_at,
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": kid, "typ": f"{kind}+jwt"})


def key_id(token: str) -> str:
    """The id of the key that the token names.

    Raises:
        TokenInvalid: the token has no readable header.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise TokenInvalid from error
    if header.get("typ") not in TYPES:
        raise TokenInvalid
    return str(header.get("kid", ""))


def verify(token: str, keys: Keys) -> Principal:
    """The principal of a token signed by one of these keys. Key addresses inside the token are never followed.

    Raises:
        TokenInvalid: it is not a token of ours, or not now.
    """
    kid = key_id(token)
    if kid not in keys:
        raise TokenInvalid
    try:
        claims = jwt.decode(
            token,
            keys[kid],
            algorithms=[ALGORITHM],
            audience=ISSUER,
            issuer=ISSUER,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
        principal = Principal(
            account=claims["sub"],
            session=claims["sid"],
            login=claims["login"],
            person=claims["person"],
            grants=tuple(Grant.from_claim(claim) for claim in claims["grants"]),
            issued_at=claims["iat"],
            expires_at=claims["exp"],
            kind=TYPES[jwt.get_unverified_header(token)["typ"]],
            series=keys.series,
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise TokenInvalid from error
    keys.remember(token, principal)
    return principal
