"""Accounts, sign-in, invitations and tokens. No default password exists anywhere."""

import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import uuid4

from services.registration.application.identity import Account, AccountStore, Audit, Link, Passwords, Session, Signer
from services.registration.domain.accounts import check_password, checked_login, judge_seats
from shared.commands import Command
from shared.errors import Invalid, NotAllowed, NotFound, NotSignedIn, Refused, TooMany
from shared.events.registration import JudgeAppointedV1, SessionRevokedV1
from shared.identity import OPERATOR_ACCOUNT, Grant, Principal, Role

SESSION_SECONDS = 12 * 3600
TOKEN_SECONDS = 3600
LONGEST_PERSONAL_DAYS = 400
ATTEMPTS_PAIR, ATTEMPTS_LOGIN, ATTEMPTS_ADDRESS = 10, 50, 100
ATTEMPT_SECONDS = 900


def hashed(secret: str) -> str:
    """Secrets of links and sessions are random, so a plain hash keeps them safe at rest."""
    return sha256(secret.encode()).hexdigest()


def _session_id(command: Command) -> str:
    return command.derive("session")[:16].hex()


def _link_secret(command: Command) -> str:
    return urlsafe_b64encode(command.derive("link")[:24]).decode()


def _held(grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """The grants as they are held from now on."""
    now = _micros(time.time())
    return tuple(replace(grant, at=now) for grant in grants)


def _appointed(account: Account, grants: Sequence[Grant], reason: str = "") -> list[JudgeAppointedV1]:
    """What is told of the judges that these grants make somebody."""
    return [
        JudgeAppointedV1(
            season=grant.season,
            judge=grant.ref,
            account=account.id,
            appointed_at=grant.at,
            by=grant.by,
            via=grant.via,
            reason=reason,
        )
        for grant in grants
        if judge_seats([grant])
    ]


def _micros(seconds: float) -> int:
    return int(seconds * 1_000_000)


class Accounts:
    """Everything about who somebody is."""

    def __init__(self, store: AccountStore, passwords: Passwords, signer: Signer, audit: Audit) -> None:
        self._store, self._passwords, self._signer, self._audit = store, passwords, signer, audit

    async def register(
        self,
        login: str,
        password: str,
        grants: Sequence[Grant],
        *,
        person: str = "",
        language: str = "zh",
        reason: str = "",
    ) -> Account:
        """A new account; with a reason it takes the place of judges that are there.

        Raises:
            Invalid: login name or password will not do, or the name is taken.
            Refused: another account is this judge.
        """
        plain = await self.check_new(login, password)
        held = _held(grants)
        account = Account(uuid4().hex, plain, await self._passwords.hash(password), held, person, language)
        if reason:
            await self._end_judges(held, account.id, reason)
        if not await self._store.add(account, _appointed(account, held, reason)):
            raise Invalid("login-taken")
        return account

    async def _end_judges(self, grants: Sequence[Grant], account: str, reason: str) -> None:
        """Whoever holds the seats of these grants is a judge no more, from now on and everywhere."""
        seats = judge_seats(grants)
        for former in await self._store.in_seats(seats):
            facts = {"seats": list(seats), "former": former.id, "new": account}
            await self._audit.note(
                "judge-replaced", account=grants[0].by, season=grants[0].season, facts=facts, private={"reason": reason}
            )
            await self._store.leave_seats(former.id, seats)
            await self.end_all_sessions(former.id)

    async def check_new(self, login: str, password: str) -> str:
        """The login name as a new account would have it.

        Raises:
            Invalid: login name or password will not do, or the name is taken.
        """
        plain = checked_login(login)
        check_password(password, plain)
        if await self._store.by_login(plain):
            raise Invalid("login-taken")
        return plain

    async def sign_in(self, login: str, password: str, address: str) -> Account:
        """The account of this login name and password.

        Failures are counted by name and address together, and more generously by each alone: guessing ends, while
        a stranger elsewhere cannot lock anybody out.

        Raises:
            NotSignedIn: they do not match; whether the name exists is not told.
            TooMany: too many failures lately.
        """
        plain = login.strip().lower()
        keys = [f"pair:{plain}:{address}", f"login:{plain}", f"address:{address}"]
        limits = (ATTEMPTS_PAIR, ATTEMPTS_LOGIN, ATTEMPTS_ADDRESS)
        if any(count >= limit for count, limit in zip(await self._store.attempts(keys), limits, strict=True)):
            raise TooMany("sign-in-throttled")
        account = await self._store.by_login(plain)
        matches = await self._passwords.matches(account.password_hash if account else "", password)
        if account is None or not matches:
            await self._store.count_attempt(keys, ATTEMPT_SECONDS)
            raise NotSignedIn("sign-in-failed")
        return account

    async def spend(self, what: str, most: int, seconds: int) -> None:
        """Count one use of something that may be used only so often in so long.

        Raises:
            TooMany: it has been used as often as it may be.
        """
        if (await self._store.attempts([what]))[0] >= most:
            raise TooMany("too-often")
        await self._store.count_attempt([what], seconds)

    async def set_password(self, principal: Principal, password: str) -> None:
        """Give the account a new password; its other browser sessions end.

        Raises:
            Invalid: the password will not do.
        """
        account = await self._account(principal)
        check_password(password, account.login)
        await self._store.set_password(account.id, await self._passwords.hash(password))
        for session in await self._store.sessions(account.id, "browser"):
            if session.id != principal.session:
                await self.end_session(session.id)

    async def open_session(self, account: Account) -> str:
        """A browser session; returns its secret, which only the browser keeps."""
        secret = secrets.token_urlsafe(32)
        session = Session(
            uuid4().hex, account.id, "browser", _micros(time.time() + SESSION_SECONDS), secret_hash=hashed(secret)
        )
        await self._store.add_session(session)
        return f"{session.id}.{secret}"

    async def token_of(self, session_secret: str) -> str | None:
        """A fresh token for a browser session that still holds, else None."""
        identity, _, secret = session_secret.partition(".")
        session = await self._store.find_session(identity)
        if (
            session is None
            or session.revoked
            or session.kind != "browser"
            or not secrets.compare_digest(session.secret_hash, hashed(secret))
            or session.expires_at < _micros(time.time())
        ):
            return None
        account = await self._store.find(session.account)
        return self._token(account, session, account.grants, TOKEN_SECONDS) if account else None

    def _token(self, account: Account, session: Session, grants: Sequence[Grant], seconds: int) -> str:
        now = int(time.time())
        principal = Principal(
            account=account.id,
            session=session.id,
            login=account.login,
            person=account.person,
            grants=tuple(grants),
            issued_at=now,
            expires_at=now + seconds,
        )
        return self._signer.sign(principal, "personal" if session.kind == "personal" else "session")

    async def end_session(self, session_id: str) -> None:
        """End a session or personal token now, everywhere."""
        session = await self._store.find_session(session_id)
        if session and not session.revoked:
            longest = max(session.expires_at, _micros(time.time() + TOKEN_SECONDS))
            event = SessionRevokedV1(session=session_id, expires_at=longest)
            await self._store.revoke_session(session_id, longest, [event])

    async def find(self, account: str) -> Account | None:
        return await self._store.find(account)

    async def set_mail(self, account: str, mail: str) -> None:
        """The confirmed address of an account; empty: none."""
        await self._store.set_mail(account, mail)

    async def behind(self, people: Iterable[str]) -> dict[str, list[str]]:
        """The accounts of these people, as far as they have any."""
        return await self._store.of_people(list(people))

    async def end_all_sessions(self, account: str) -> None:
        """End every session and token of an account, everywhere."""
        for kind in ("browser", "personal"):
            for session in await self._store.sessions(account, kind):
                await self.end_session(session.id)

    async def describe(self, account: str) -> dict[str, Any]:
        """What is kept of an account, without its secrets."""
        found = await self._store.find(account)
        if found is None:
            return {}
        roles = [grant.as_claim() for grant in found.grants]
        return {"login": found.login, "language": found.language, "roles": roles, "mail": found.mail}

    async def personal_token(
        self, principal: Principal, label: str, season: str, days: int, command: Command
    ) -> tuple[Session, str]:
        """A token for programs, with the account's roles in one season (or all), for some days.

        Raises:
            Invalid: no label, or the term is not 1 to 400 days.
            NotAllowed: the account has no role in that season.
        """
        if not label.strip() or not 1 <= days <= LONGEST_PERSONAL_DAYS:
            raise Invalid("token-terms", longest=LONGEST_PERSONAL_DAYS)
        account = await self._account(principal)
        grants = tuple(
            replace(grant, season=season) if season != "*" else grant
            for grant in account.grants
            if season == "*" or grant.season in ("*", season)
        )
        if not grants:
            raise NotAllowed("role-needed")
        seconds = days * 86400
        session = Session(
            _session_id(command),
            account.id,
            "personal",
            _micros(time.time() + seconds),
            label=label.strip()[:80],
            grants=grants,
        )
        await self._store.add_session(session, command)
        return session, self._token(account, session, grants, seconds)

    async def personal_tokens(self, principal: Principal) -> list[Session]:
        return [session for session in await self._store.sessions(principal.account, "personal") if not session.revoked]

    async def revoke_personal(self, principal: Principal, session_id: str) -> None:
        """Raises NotFound for a token that is not one's own."""
        session = await self._store.find_session(session_id)
        if session is None or session.account != principal.account or session.kind != "personal":
            raise NotFound("no-such-token")
        await self.end_session(session_id)

    async def invite(
        self, grants: Sequence[Grant], *, days: int, command: Command, label: str = "", reason: str = ""
    ) -> str:
        """A single-use invitation: whoever opens it makes an account with these roles. Returns its secret.

        With a reason, whoever accepts takes the place of a judge that is there.

        Raises:
            Invalid: a judge is invited to many seasons at once.
            Refused: another account is this judge, and no reason is given for replacing it.
        """
        await self._check_seats(grants, reason)
        secret = _link_secret(command)
        expires = _micros(time.time() + days * 86400)
        link = Link(hashed(secret), tuple(grants), "", expires, label, reason.strip())
        await self._note_link("invitation-made", link, reason=link.reason)
        await self._store.add_link(link, command)
        return secret

    async def _check_seats(self, grants: Sequence[Grant], reason: str = "", *, but: str = "") -> None:
        seats = judge_seats(grants)
        held = [account for account in await self._store.in_seats(seats) if account.id != but]
        if held and not reason.strip():
            (seat, *_) = [seat for seat in judge_seats(held[0].grants) if seat in seats]
            raise Refused("judge-known", judge=seat.partition("/")[2])

    async def _note_link(self, what: str, link: Link, account: str = "", **private: str) -> None:
        """A line about a link: which one, what it gives and who gave it. Its secret is never written down."""
        facts = {"link": link.hash[:16], "grants": [grant.as_claim() for grant in link.grants], "for": link.account}
        by = account or next((grant.by for grant in link.grants if grant.by), OPERATOR_ACCOUNT)
        season = link.grants[0].season if link.grants else ""
        await self._audit.note(what, account=by, season=season, facts=facts, private=private)

    async def invitation(self, secret: str) -> Link:
        """Raises NotFound for one that is used, expired or unknown."""
        link = await self._store.find_link(hashed(secret))
        if link is None or link.account or link.expires_at < _micros(time.time()):
            raise NotFound("link-spent")
        return link

    async def accept(self, secret: str, login: str, password: str, language: str, person: str = "") -> Account:
        """Make the invited account, or refuse and leave the invitation as it was; `person` is who is behind it."""
        link = await self.invitation(secret)
        account = await self.register(
            login, password, link.grants, person=person, language=language, reason=link.reason
        )
        await self._store.use_link(link.hash)
        await self._note_link("invitation-accepted", link, account.id)
        return account

    async def sign_in_link(
        self, login: str, grants: Sequence[Grant], *, hours: int, command: Command, person: str = ""
    ) -> str:
        """A single-use sign-in for the account of this name, which is made without a password if need be.

        Raises:
            Invalid: the name will not do, or a role is that of a judge of many seasons.
            Refused: another account is this judge.
        """
        plain = checked_login(login)
        account = await self._store.by_login(plain)
        await self._check_seats(grants, but=account.id if account else "")
        if account is None:
            account = Account(uuid4().hex, plain, "", _held(grants), person)
            await self._store.add(account, _appointed(account, account.grants))
        missing = _held([grant for grant in grants if grant not in account.grants])
        if missing:
            await self._store.give(account.id, missing, _appointed(account, missing))
        secret = _link_secret(command)
        link = Link(hashed(secret), (), account.id, _micros(time.time() + hours * 3600))
        await self._note_link("sign-in-link-made", replace(link, grants=tuple(grants)))
        await self._store.add_link(link, command)
        return secret

    async def link_account(self, secret: str, *, use: bool) -> Account:
        """The account a sign-in link is for; `use` spends the link. Raises NotFound for a spent one."""
        found = await (self._store.use_link if use else self._store.find_link)(hashed(secret))
        if found is None or not found.account or found.expires_at < _micros(time.time()):
            raise NotFound("link-spent")
        account = await self._store.find(found.account)
        if account is None:
            raise NotFound("link-spent")
        return account

    async def operator_token(self, command: Command) -> str:
        """A token for the operator of the installation, who has proved the installation's own secret."""
        await self._audit.note("operator-token-made", account=OPERATOR_ACCOUNT)
        grants = (Grant(Role.OPERATOR),)
        expires = _micros(time.time() + SESSION_SECONDS)
        session = Session(_session_id(command), OPERATOR_ACCOUNT, "personal", expires, grants=grants)
        await self._store.add_session(session, command)
        return self._token(Account(OPERATOR_ACCOUNT, OPERATOR_ACCOUNT, "", grants), session, grants, SESSION_SECONDS)

    async def _account(self, principal: Principal) -> Account:
        account = await self._store.find(principal.account)
        if account is None:
            raise NotSignedIn("sign-in-needed")
        return account
