"""Accounts, links and sessions in MongoDB; passwords by argon2id; tokens by the installation's own key."""

import asyncio
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.errors import DuplicateKeyError

from services.registration.application.identity import Account, Link, Session
from shared.base64url import encoded
from shared.commands import Command
from shared.errors import Refused
from shared.events.base import IntegrationEvent
from shared.events.registration import KeyPublishedV1
from shared.identity import Grant, Principal, Role, sign
from shared.identity.gate import Gate
from shared.identity.key_files import kept
from shared.identity.tokens import Kind
from shared.messaging.outbox import record, recorded
from shared.mongo import Mongo
from shared.season.records import micros, moment


class MongoAccounts:
    """The port of the accounts."""

    def __init__(self, mongo: Mongo, gate: Gate) -> None:
        self._gate = gate
        self._accounts, self._sessions = mongo.aggregates("accounts"), mongo.aggregates("sessions")
        self._links, self._attempts = mongo.aggregates("links"), mongo.database["attempts"]

    async def find(self, account: str) -> Account | None:
        return _account(await self._accounts.find_one({"_id": account}))

    async def by_login(self, login: str) -> Account | None:
        return _account(await self._accounts.find_one({"login": login}))

    async def add(self, account: Account) -> bool:
        document = {
            "_id": account.id,
            "login": account.login,
            "password_hash": account.password_hash,
            "grants": _claims(account.grants),
            "person": account.person,
            "language": account.language,
        }
        if account.person and any(grant.role is Role.STUDENT for grant in account.grants):
            document["student"] = account.person
        try:
            return await self._accounts.create(document)
        except DuplicateKeyError as error:
            if "student" in ((error.details or {}).get("keyPattern") or {}):
                raise Refused("student-known") from error
            return False

    async def set_password(self, account: str, password_hash: str) -> None:
        await self._accounts.collection.update_one({"_id": account}, {"$set": {"password_hash": password_hash}})

    async def set_mail(self, account: str, mail: str) -> None:
        await self._accounts.collection.update_one({"_id": account}, {"$set": {"mail": mail}})

    async def of_people(self, people: Sequence[str]) -> dict[str, list[str]]:
        """The accounts of these people."""
        found: dict[str, list[str]] = {}
        async for document in self._accounts.collection.find({"person": {"$in": list(people)}}, {"person": 1}):
            found.setdefault(document["person"], []).append(document["_id"])
        return found

    async def logins(self, people: Collection[str]) -> list[str]:
        """The login names of these people."""
        cursor = self._accounts.collection.find({"person": {"$in": list(people)}}, {"login": 1})
        return [document["login"] async for document in cursor]

    async def give(self, account: str, grants: Sequence[Grant]) -> None:
        await self._accounts.collection.update_one(
            {"_id": account}, {"$addToSet": {"grants": {"$each": _claims(grants)}}}
        )

    async def add_link(self, link: Link, command: Command) -> None:
        """Store the link that this command makes, once."""
        document = {
            "_id": link.hash,
            "grants": _claims(link.grants),
            "account": link.account,
            "label": link.label,
            "expires_at": moment(link.expires_at),
            "command": command.stored(),
        }
        if not await self._links.create(document):
            command.made((await self._links.find_one({"_id": link.hash}) or {})["command"])

    async def find_link(self, hashed: str) -> Link | None:
        return _link(await self._links.find_one({"_id": hashed, "used": {"$ne": True}}))

    async def use_link(self, hashed: str) -> Link | None:
        """Spend it. It stays until it expires, so that the command that made it does not make it anew."""
        return _link(
            await self._links.collection.find_one_and_update(
                {"_id": hashed, "used": {"$ne": True}}, {"$set": {"used": True}}
            )
        )

    async def add_session(self, session: Session, command: Command | None = None) -> None:
        """Store the session; one that this command made before stays as it is."""
        stored = await self._sessions.create(
            {
                "_id": session.id,
                "account": session.account,
                "kind": session.kind,
                "expires_at": session.expires_at,
                "secret_hash": session.secret_hash,
                "label": session.label,
                "revoked": False,
                "grants": _claims(session.grants),
                "command": command.stored() if command else {},
            },
        )
        if not stored and command:
            command.made((await self._sessions.find_one({"_id": session.id}) or {})["command"])

    async def find_session(self, session: str) -> Session | None:
        document = await self._sessions.find_one({"_id": session})
        return _session(document) if document else None

    async def sessions(self, account: str, kind: str) -> list[Session]:
        return [_session(document) async for document in self._sessions.find({"account": account, "kind": kind})]

    async def revoke_session(self, session: str, expires_at: int, events: Sequence[IntegrationEvent]) -> None:
        document = await self._sessions.find_one({"_id": session})
        if document:
            await self._sessions.change(session, document["version"], {"revoked": True}, recorded(events))
            await self._gate.revoke(session, expires_at)

    async def attempts(self, keys: Sequence[str]) -> list[int]:
        found = {d["_id"]: d["count"] async for d in self._attempts.find({"_id": {"$in": [_digest(k) for k in keys]}})}
        return [found.get(_digest(key), 0) for key in keys]

    async def count_attempt(self, keys: Sequence[str], seconds: int) -> None:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        for key in keys:
            await self._attempts.update_one(
                {"_id": _digest(key)}, {"$inc": {"count": 1}, "$setOnInsert": {"until": until}}, upsert=True
            )


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _claims(grants: Sequence[Grant]) -> list[dict[str, str]]:
    return [grant.as_claim() for grant in grants]


def _grants(claims: Sequence[dict[str, str]]) -> tuple[Grant, ...]:
    return tuple(Grant.from_claim(claim) for claim in claims)


def _account(document: dict[str, Any] | None) -> Account | None:
    if document is None:
        return None
    return Account(
        document["_id"],
        document["login"],
        document["password_hash"],
        _grants(document["grants"]),
        document["person"],
        document["language"],
        document.get("mail", ""),
    )


def _link(document: dict[str, Any] | None) -> Link | None:
    if document is None:
        return None
    return Link(
        document["_id"],
        _grants(document["grants"]),
        document["account"],
        micros(document["expires_at"]),
        document["label"],
    )


def _session(document: dict[str, Any]) -> Session:
    return Session(
        document["_id"],
        document["account"],
        document["kind"],
        document["expires_at"],
        document["secret_hash"],
        document["label"],
        document["revoked"],
        _grants(document["grants"]),
    )


class Argon2Passwords:
    """argon2id with 19 MiB, two at a time, so that signing in does not starve other work."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._gate = asyncio.Semaphore(2)
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        async with self._gate:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, hashed: str, password: str) -> bool:
        """Takes as long for an account that does not exist or has no password."""

        def check() -> bool:
            try:
                return self._hasher.verify(hashed or self._nobody, password) and bool(hashed)
            except (VerificationError, InvalidHashError):
                return False

        async with self._gate:
            return await asyncio.to_thread(check)


class SigningKey:
    """The installation's Ed25519 key in a file that only its owner may read; made on first use."""

    def __init__(self, file: Path) -> None:
        loaded = serialization.load_pem_private_key(kept(file, self._made), password=None)
        if not isinstance(loaded, Ed25519PrivateKey):
            raise TypeError(f"{file} does not hold an Ed25519 key")
        self._key = loaded
        raw = loaded.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.x = encoded(raw)
        self.kid = sha256(raw).hexdigest()[:16]

    @staticmethod
    def _made() -> bytes:
        return Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, principal: Principal, kind: Kind) -> str:
        return sign(self._key, self.kid, principal, kind)

    def derive(self, purpose: str) -> bytes:
        """A secret of its own for another purpose."""
        seed = self._key.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
        return sha256(b"laurel/" + purpose.encode() + seed).digest()

    async def publish(self, mongo: Mongo) -> None:
        """Tell the public key to the other services, once."""
        event = KeyPublishedV1(kid=self.kid, x=self.x)
        await mongo.aggregates("keys").create({"_id": self.kid, "x": self.x}, [record(event)])
