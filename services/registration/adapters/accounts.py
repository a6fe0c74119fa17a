"""Accounts, links and sessions in MongoDB; passwords by argon2id; tokens by the installation's own key."""

import asyncio
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pymongo.errors import DuplicateKeyError

from services.registration.application.identity import Account, Link, RoleRecord, Session
from services.registration.domain.accounts import JUDGES, judge_seats
from services.registration.domain.messages import DeliveryState
from shared.base64url import encode
from shared.commands import Command
from shared.errors import InvalidState, Unavailable
from shared.events.base import IntegrationEvent
from shared.events.registration import KeyPublishedV1
from shared.identity import ANYWHERE, AS_PERSON, Grant, Principal, Role, sign
from shared.identity.authenticator import Authenticator
from shared.identity.key_files import Keep, keep_file
from shared.identity.principal import Kind, people_of
from shared.messaging.outbox import record, record_events
from shared.mongo import Mongo
from shared.mongo.aggregate import VersionConflict
from shared.season.time import from_unix_micros, to_unix_micros

CLAIM_SECONDS = 30
"""How long an invitation is held for whoever is accepting it; a process that died meanwhile holds it no longer."""


OF_UNITS = (Role.SCHOOL_ADMIN.value, Role.DISTRICT_ORGANIZER.value)
"""Who administers a unit."""
UNUSED: Mapping[str, Any] = {"used": {"$ne": True}, "withdrawn": {"$exists": False}}


def unclaimed_links(now: datetime) -> dict[str, Any]:
    """Links that nobody is accepting now."""
    return {"$or": [{"claimed_until": {"$exists": False}}, {"claimed_until": {"$lt": now}}]}


def accounts_of(people: Collection[str]) -> dict[str, Any]:
    """The accounts that are one of these people, in whatever season."""
    by_role = {"$elemMatch": {"r": {"$in": list(AS_PERSON)}, "f": {"$in": list(people)}}}
    return {"$or": [{"person": {"$in": list(people)}}, {"grants": by_role}]}


PEOPLE = {"person": 1, "grants": 1}
"""What of an account's document says whom it is."""


def people_in(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The people whom an account is, by that part of its document."""
    return people_of(document["person"], _grants(document["grants"]))


class MongoAccounts:
    """The port of the accounts."""

    def __init__(self, mongo: Mongo, gate: Authenticator) -> None:
        self._gate = gate
        self._accounts, self._sessions = mongo.aggregates("accounts"), mongo.aggregates("sessions")
        self._links, self._records = mongo.aggregates("links"), mongo.aggregates("role_records")

    async def find(self, account: str) -> Account | None:
        return account_from(await self._accounts.find_one({"_id": account}))

    async def by_login(self, login: str) -> Account | None:
        return account_from(await self._accounts.find_one({"login": login}))

    async def add(self, account: Account, events: Sequence[IntegrationEvent] = ()) -> bool:
        document = {
            "_id": account.id,
            "login": account.login,
            "password_hash": account.password_hash,
            "grants": _claims(account.grants),
            "person": account.person,
            "language": account.language,
            "mail": account.mail,
            "credentials": account.credentials,
            "withdrawals": account.withdrawals,
        }
        if account.person and any(grant.role is Role.STUDENT for grant in account.grants):
            document["student"] = account.person
        try:
            return await self._accounts.create({**document, **_seats(account.grants)}, record_events(events))
        except DuplicateKeyError as error:
            pattern = (error.details or {}).get("keyPattern") or {}
            if "student" in pattern:
                raise InvalidState("student-known") from error
            if "judges" in pattern:
                raise InvalidState("judge-known", judge=", ".join(grant.ref for grant in account.grants)) from error
            return False

    async def in_seats(self, seats: Sequence[str]) -> list[Account]:
        """The accounts that are these judges."""
        wanted: list[dict[str, Any]] = [{"judges": {"$in": list(seats)}}]
        for seat in seats:  # accounts from before seats were kept apart
            season, _, judge = seat.partition("/")
            wanted.append({"grants": {"$elemMatch": {"r": {"$in": list(JUDGES)}, "s": season, "f": judge}}})
        if not seats:
            return []
        cursor = self._accounts.find({"$or": wanted})
        return [account async for document in cursor if (account := account_from(document))]

    async def of_unit(self, seasons: Sequence[str], unit: str) -> list[str]:
        """The accounts that administer a unit in one of these seasons, written as grants write them."""
        held = {"r": {"$in": list(OF_UNITS)}, "s": {"$in": list(seasons)}, "u": unit}
        return [item["_id"] async for item in self._accounts.find({"grants": {"$elemMatch": held}})]

    async def by_unit(self, seasons: Sequence[str], units: Collection[str]) -> dict[str, list[str]]:
        """The accounts that administer these units in one of these seasons, by unit."""
        held = {"r": {"$in": list(OF_UNITS)}, "s": {"$in": list(seasons)}, "u": {"$in": list(units)}}
        result: dict[str, list[str]] = {}
        async for document in self._accounts.find({"grants": {"$elemMatch": held}}).sort("_id", 1):
            account = account_from(document)
            for grant in account.grants if account else ():
                if grant.role in OF_UNITS and grant.season in seasons and grant.unit in units:
                    listed = result.setdefault(grant.unit, [])
                    if document["_id"] not in listed:
                        listed.append(document["_id"])
        return result

    async def change_school(self, season: str, person: str, unit: str) -> None:
        """Whoever is this student in the season is one of this school from now on."""
        await self._accounts.collection.update_many(
            {**accounts_of([person]), "grants": {"$elemMatch": {"r": Role.STUDENT, "s": season, "u": {"$ne": unit}}}},
            {"$set": {"grants.$[student].u": unit}, "$inc": {"version": 1}},
            array_filters=[{"student.r": Role.STUDENT, "student.s": season}],
        )

    async def leave_seats(self, account: str, seats: Sequence[str]) -> None:
        """The account is these judges no more."""
        for seat in seats:
            season, _, judge = seat.partition("/")
            role = {"r": {"$in": list(JUDGES)}, "s": season, "f": judge}
            await self._accounts.collection.update_one({"_id": account}, {"$pull": {"grants": role, "judges": seat}})

    async def set_password(self, account: Account, password_hash: str) -> bool:
        return await self._set_credentials(account, {"password_hash": password_hash})

    async def set_mail(self, account: Account, mail: str) -> bool:
        return await self._set_credentials(account, {"mail": mail})

    async def _set_credentials(self, account: Account, values: Mapping[str, Any]) -> bool:
        """Change them and void what was opened with the former, in one write. False if somebody else did meanwhile."""
        changed = await self._accounts.collection.update_one(
            {"_id": account.id, "credentials": account.credentials},
            {"$set": {**values, "credentials": account.credentials + 1, "unsettled": True}},
        )
        return bool(changed.modified_count)

    async def unsettled(self) -> list[str]:
        """Accounts whose sessions have yet to be ended after a change."""
        return [item["_id"] async for item in self._accounts.find({"unsettled": True}).limit(100)]

    async def settled(self, account: Account) -> None:
        """Nothing is left to end, unless there was another change since the account was read."""
        same = {"credentials": account.credentials, "withdrawals": account.withdrawals}
        await self._accounts.collection.update_one({"_id": account.id, **same}, {"$unset": {"unsettled": ""}})

    async def series(self) -> Mapping[str, str]:
        return await self._gate.series()

    async def note(self, records: Sequence[RoleRecord]) -> None:
        await self._records.create_many(
            (
                {
                    "_id": record.key,
                    "what": record.what,
                    "grant": record.grant.as_claim(),
                    "by": record.by,
                    "to": record.to,
                    "reason": record.reason,
                    "at": record.at,
                },
                (),
            )
            for record in records
        )

    async def of_people(self, people: Sequence[str]) -> dict[str, list[str]]:
        """The accounts of these people."""
        stored_document: dict[str, list[str]] = {}
        wanted = set(people)
        async for document in self._accounts.collection.find(accounts_of(wanted), PEOPLE):
            for person in wanted.intersection(people_in(document)):
                stored_document.setdefault(person, []).append(document["_id"])
        return stored_document

    async def with_role(self, role: Role, season: str, unit: str = ANYWHERE) -> list[str]:
        """The accounts with this role in this very season and unit."""
        wanted = {"grants": {"$elemMatch": {"r": role, "s": season, "u": unit}}}
        return [document["_id"] async for document in self._accounts.collection.find(wanted, {"_id": 1})]

    async def logins(self, people: Collection[str]) -> list[str]:
        """The login names of these people."""
        cursor = self._accounts.collection.find(accounts_of(people), {"login": 1})
        return [document["login"] async for document in cursor]

    async def give(self, account: str, grants: Sequence[Grant], events: Sequence[IntegrationEvent] = ()) -> None:
        """Further roles.

        Raises:
            InvalidState: another account is this judge.
            VersionConflict: the account was changed at this moment.
        """
        document = await self._accounts.find_one({"_id": account})
        if document is None:
            raise VersionConflict(account)
        held = [*_grants(document["grants"]), *grants]
        values = {"grants": _claims(held), **_seats(held)}
        try:
            await self._accounts.change(account, document["version"], values, record_events(events))
        except DuplicateKeyError as error:
            raise InvalidState("judge-known", judge=", ".join(grant.ref for grant in grants)) from error

    async def take(self, account: str, grants: Sequence[Grant]) -> bool:
        """Withdraw these, and void the browser sessions that carry them. False if one is not held (any more)."""
        parts = [{name: claim[name] for name in ("r", "s", "u", "f")} for claim in _claims(grants)]
        changed = await self._accounts.collection.update_one(
            {"_id": account, "$and": [{"grants": {"$elemMatch": part}} for part in parts]},
            {
                "$pull": {"grants": {"$or": parts}, "judges": {"$in": list(judge_seats(grants))}},
                "$inc": {"withdrawals": 1},
                "$set": {"unsettled": True},
            },
        )
        return bool(changed.modified_count)

    async def add_link(self, link: Link, command: Command) -> None:
        """Store the link that this command makes, once.

        Raises:
            Unavailable: it is there, and the database cannot show it.
        """
        document = {
            "_id": link.hash,
            "grants": _claims(link.grants),
            "account": link.account,
            "label": link.label,
            "reason": link.reason,
            "expires_at": from_unix_micros(link.expires_at),
            "credentials": link.credentials,
            "mail": link.mail,
            "mailed": link.mailed,
            "command": command.stored(),
        }
        if not await self._links.create(document):
            command.made(_shown(await self._links.find_one({"_id": link.hash}))["command"])

    async def find_link(self, hashed: str) -> Link | None:
        return link_from(await self._links.find_one({"_id": hashed, **UNUSED}))

    async def note_mailed(self, hashed: str, state: DeliveryState) -> None:
        await self._links.collection.update_one({"_id": hashed}, {"$set": {"mailed": state}})

    async def note_opened(self, hashed: str, at: int) -> None:
        """The first time counts."""
        await self._links.collection.update_one(
            {"_id": hashed, "opened_at": {"$exists": False}}, {"$set": {"opened_at": at}}
        )

    async def use_link(self, hashed: str) -> Link | None:
        """Spend it. It stays until it expires, so that the command that made it does not make it anew."""
        return link_from(
            await self._links.collection.find_one_and_update({"_id": hashed, **UNUSED}, {"$set": {"used": True}})
        )

    async def claim_link(self, hashed: str) -> Link | None:
        """Hold an open invitation for one who accepts it, against everybody else who does at the same time."""
        now = datetime.now(UTC)
        return link_from(
            await self._links.collection.find_one_and_update(
                {"_id": hashed, **UNUSED, "account": "", "expires_at": {"$gt": now}, **unclaimed_links(now)},
                {"$set": {"claimed_until": now + timedelta(seconds=CLAIM_SECONDS)}},
            )
        )

    async def release_link(self, hashed: str) -> None:
        """Let it be accepted by somebody else, or again."""
        await self._links.collection.update_one({"_id": hashed}, {"$unset": {"claimed_until": ""}})

    async def finish_link(self, hashed: str) -> bool:
        """Spend it for good. False if it was withdrawn meanwhile."""
        spent = await self._links.collection.update_one(
            {"_id": hashed, "withdrawn": {"$exists": False}}, {"$set": {"used": True}}
        )
        return bool(spent.matched_count)

    async def add_session(self, session: Session, command: Command | None = None) -> Session:
        """Store the session; one that this command made before stays as it is. Returns what is stored.

        Raises:
            Unavailable: it is there, and the database cannot show it.
        """
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
                "parent": session.parent,
                "credentials": session.credentials,
                "withdrawals": session.withdrawals,
                "command": command.stored() if command else {},
            },
        )
        if stored or not command:
            return session
        present = _shown(await self._sessions.find_one({"_id": session.id}))
        command.made(present["command"])
        return _session(present)

    async def find_session(self, session: str) -> Session | None:
        document = await self._sessions.find_one({"_id": session})
        return _session(document) if document else None

    async def sessions(self, account: str, kind: str) -> list[Session]:
        return [_session(document) async for document in self._sessions.find({"account": account, "kind": kind})]

    async def children(self, session: str) -> list[Session]:
        return [_session(document) async for document in self._sessions.find({"parent": session})]

    async def revoke_session(self, session: str, expires_at: int, events: Sequence[IntegrationEvent]) -> None:
        document = await self._sessions.find_one({"_id": session})
        if document is None:
            return
        try:
            if not document["revoked"]:
                await self._sessions.change(session, document["version"], {"revoked": True}, record_events(events))
        except VersionConflict:  # nothing but a revocation ever changes a session
            pass
        await self._gate.revoke(session, expires_at)


def _shown(document: dict[str, Any] | None) -> dict[str, Any]:
    """A document that must be there, because the database refused another in its place."""
    if document is None:
        raise Unavailable("try-again")
    return document


def _claims(grants: Sequence[Grant]) -> list[dict[str, Any]]:
    return [grant.as_claim() for grant in grants]


def _grants(claims: Sequence[dict[str, Any]]) -> tuple[Grant, ...]:
    return tuple(Grant.from_claim(claim) for claim in claims)


def _seats(grants: Sequence[Grant]) -> dict[str, Any]:
    """The values of the unique index by which no two accounts are the same judge."""
    seats = judge_seats(grants)
    return {"judges": list(seats)} if seats else {}


def account_from(document: Mapping[str, Any] | None) -> Account | None:
    """The account of a document."""
    if document is None:
        return None
    return Account(
        document["_id"],
        document["login"],
        document["password_hash"],
        _grants(document["grants"]),
        document["person"],
        document["language"],
        document["mail"],
        document["credentials"],
        document["withdrawals"],
    )


def link_from(document: Mapping[str, Any] | None) -> Link | None:
    """The link of a document."""
    if document is None:
        return None
    return Link(
        document["_id"],
        _grants(document["grants"]),
        document["account"],
        to_unix_micros(document["expires_at"]),
        document["label"],
        document["credentials"],
        document["reason"],
        document.get("mail", ""),
        DeliveryState(document.get("mailed", DeliveryState.NONE)),
        document.get("opened_at", 0),
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
        document["parent"],
        document["credentials"],
        document["withdrawals"],
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

    def __init__(self, file: Path, keep: Keep = keep_file) -> None:
        loaded = serialization.load_pem_private_key(keep(file, self._made), password=None)
        if not isinstance(loaded, Ed25519PrivateKey):
            raise TypeError(f"{file} does not hold an Ed25519 key")
        self._key = loaded
        raw = loaded.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.x = encode(raw)
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
