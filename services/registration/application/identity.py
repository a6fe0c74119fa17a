"""Accounts, links and sessions as they are kept, and what the use cases of accounts need of the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from services.registration.domain.messages import DeliveryState
from shared.commands import Command
from shared.events.base import IntegrationEvent
from shared.identity import Grant, Principal
from shared.identity.principal import Kind, people_of


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
    credentials: int = 0
    """How often password or address were changed: what was opened with earlier ones is void."""
    withdrawals: int = 0
    """How often roles were withdrawn: browser sessions opened before have tokens that still carry them."""

    @property
    def people(self) -> tuple[str, ...]:
        """Who they are in the seasons in which they take part or teach, the newest last."""
        return people_of(self.person, self.grants)


@dataclass(frozen=True, slots=True)
class Link:
    """A single-use address: an invitation with grants, or a sign-in for one account."""

    hash: str
    grants: tuple[Grant, ...]
    account: str
    expires_at: int
    label: str = ""
    credentials: int = 0
    """Of the account, when the link was made."""
    reason: str = ""
    """Why whoever accepts it takes the place of a judge that is there."""
    mail: str = ""
    """Where it is to be mailed, if anywhere, and how far that is."""
    mailed: DeliveryState = DeliveryState.NONE
    opened_at: int = 0
    """When somebody looked at the invitation first; 0 for one that nobody opened."""


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
    parent: str = ""
    """The personal token that made this one, and takes it along when it ends."""
    credentials: int = 0
    withdrawals: int = 0
    """Of the account, when it was opened."""


RoleStep = Literal["invited", "accepted", "given", "invitation-withdrawn", "invitation-renewed", "role-withdrawn"]


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """One line of who gave which role to whom, and who took it back; written once, never changed."""

    key: str
    what: RoleStep
    grant: Grant
    by: str
    """The login name of whoever did it."""
    to: str = ""
    """The login name of whoever holds it; empty while an invitation is open."""
    reason: str = ""
    at: int = 0


class AccountStore(Protocol):
    async def find(self, account: str) -> Account | None: ...
    async def by_login(self, login: str) -> Account | None: ...
    async def add(self, account: Account, events: Sequence[IntegrationEvent] = ()) -> bool: ...
    async def in_seats(self, seats: Sequence[str]) -> list[Account]: ...
    async def leave_seats(self, account: str, seats: Sequence[str]) -> None: ...
    async def set_password(self, account: Account, password_hash: str) -> bool: ...
    async def set_mail(self, account: Account, mail: str) -> bool: ...
    async def of_people(self, people: Sequence[str]) -> dict[str, list[str]]: ...
    async def give(self, account: str, grants: Sequence[Grant], events: Sequence[IntegrationEvent] = ()) -> None: ...
    async def take(self, account: str, grants: Sequence[Grant]) -> bool: ...
    async def add_link(self, link: Link, command: Command) -> None: ...
    async def find_link(self, hashed: str) -> Link | None: ...
    async def note_mailed(self, hashed: str, state: DeliveryState) -> None: ...
    async def note_opened(self, hashed: str, at: int) -> None: ...
    async def use_link(self, hashed: str) -> Link | None: ...
    async def claim_link(self, hashed: str) -> Link | None: ...
    async def release_link(self, hashed: str) -> None: ...
    async def finish_link(self, hashed: str) -> bool: ...
    async def add_session(self, session: Session, command: Command | None = None) -> Session: ...
    async def find_session(self, session: str) -> Session | None: ...
    async def sessions(self, account: str, kind: str) -> list[Session]: ...
    async def children(self, session: str) -> list[Session]: ...
    async def revoke_session(self, session: str, expires_at: int, events: Sequence[IntegrationEvent]) -> None: ...
    async def unsettled(self) -> list[str]: ...
    async def settled(self, account: Account) -> None: ...
    async def series(self) -> Mapping[str, str]: ...
    async def note(self, records: Sequence[RoleRecord]) -> None: ...


class Passwords(Protocol):
    async def hash(self, password: str) -> str: ...
    async def matches(self, hashed: str, password: str) -> bool: ...


class Signer(Protocol):
    def sign(self, principal: Principal, kind: Kind) -> str: ...
