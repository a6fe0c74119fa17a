"""Accounts, links and sessions as they are kept, and what the use cases of accounts need of the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.commands import Command
from shared.events.base import IntegrationEvent
from shared.identity import Grant, Principal
from shared.identity.tokens import Kind


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    login: str
    password_hash: str
    grants: tuple[Grant, ...]
    person: str = ""
    language: str = "zh"
    mail: str = ""
    """A confirmed address, if there is one."""


@dataclass(frozen=True, slots=True)
class Link:
    """A single-use address: an invitation with grants, or a sign-in for one account."""

    hash: str
    grants: tuple[Grant, ...]
    account: str
    expires_at: int
    label: str = ""
    reason: str = ""
    """Why whoever accepts it takes the place of a judge that is there."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser (`browser`) or a personal API token (`personal`)."""

    id: str
    account: str
    kind: str
    expires_at: int
    secret_hash: str = ""
    label: str = ""
    revoked: bool = False
    grants: tuple[Grant, ...] = ()


class AccountStore(Protocol):
    async def find(self, account: str) -> Account | None: ...
    async def by_login(self, login: str) -> Account | None: ...
    async def add(self, account: Account, events: Sequence[IntegrationEvent] = ()) -> bool: ...
    async def in_seats(self, seats: Sequence[str]) -> list[Account]: ...
    async def leave_seats(self, account: str, seats: Sequence[str]) -> None: ...
    async def set_password(self, account: str, password_hash: str) -> None: ...
    async def set_mail(self, account: str, mail: str) -> None: ...
    async def of_people(self, people: Sequence[str]) -> dict[str, list[str]]: ...
    async def give(self, account: str, grants: Sequence[Grant], events: Sequence[IntegrationEvent] = ()) -> None: ...
    async def add_link(self, link: Link, command: Command) -> None: ...
    async def find_link(self, hashed: str) -> Link | None: ...
    async def use_link(self, hashed: str) -> Link | None: ...
    async def add_session(self, session: Session, command: Command | None = None) -> None: ...
    async def find_session(self, session: str) -> Session | None: ...
    async def sessions(self, account: str, kind: str) -> list[Session]: ...
    async def revoke_session(self, session: str, expires_at: int, events: Sequence[IntegrationEvent]) -> None: ...
    async def attempts(self, keys: Sequence[str]) -> list[int]: ...
    async def count_attempt(self, keys: Sequence[str], seconds: int) -> None: ...


class Passwords(Protocol):
    async def hash(self, password: str) -> str: ...
    async def matches(self, hashed: str, password: str) -> bool: ...


class Signer(Protocol):
    def sign(self, principal: Principal, kind: Kind) -> str: ...


class Audit(Protocol):
    """The audit log: appended to, never changed."""

    async def note(
        self,
        what: str,
        *,
        account: str = "",
        season: str = "",
        facts: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> None: ...
