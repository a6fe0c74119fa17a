"""Accounts, sign-in, invitations and tokens. No default password exists anywhere."""

import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from uuid import uuid4

from services.registration.application.identity import (
    Account,
    AccountStore,
    Link,
    Passwords,
    RoleRecord,
    RoleStep,
    Session,
    Signer,
)
from services.registration.application.ports import Audit
from services.registration.domain.accounts import (
    check_further,
    check_judges,
    check_mail,
    check_password,
    check_people,
    checked_login,
    judge_seats,
)
from shared.commands import Command
from shared.errors import Invalid, InvalidState, LaurelError, NotAllowed, NotFound, NotSignedIn, Unavailable, error_at
from shared.events.registration import JudgeAppointedV1, SessionRevokedV1
from shared.identity import AS_PERSON, OPERATOR_ACCOUNT, Grant, Principal, Role
from shared.throttle import Counters, Throttle, give_back_all, spend_all

SESSION_SECONDS = 12 * 3600
TOKEN_SECONDS = 3600
FRESH_SECONDS = 600
"""So long after signing in one need not prove again who one is."""
LONGEST_PERSONAL_DAYS = 400
ATTEMPTS_PAIR, ATTEMPTS_LOGIN, ATTEMPTS_ADDRESS = 10, 50, 100
ATTEMPT_SECONDS = 900


def hash_secret(secret: str) -> str:
    """Secrets of links and sessions are random, so a plain hash keeps them safe at rest."""
    return sha256(secret.encode()).hexdigest()


def _session_id(command: Command) -> str:
    return command.derive("session")[:16].hex()


def _link_secret(command: Command) -> str:
    return urlsafe_b64encode(command.derive("link")[:24]).decode()


def _micros(seconds: float) -> int:
    return int(seconds * 1_000_000)


NOTED: Mapping[RoleStep, str] = {
    "invited": "invitation-made",
    "accepted": "invitation-accepted",
    "given": "sign-in-link-made",
    "invitation-withdrawn": "invitation-withdrawn",
    "invitation-renewed": "invitation-renewed",
    "role-withdrawn": "role-withdrawn",
}
"""What the audit log calls the steps of a role."""


def _held(grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """The grants as they are held from now on."""
    now = _micros(time.time())
    return tuple(replace(grant, at=now) for grant in grants)


def _is_held(grant: Grant, own: Grant) -> bool:
    """Whether an account has this role: who it is in a season is stated once."""
    return own == grant or (grant.role in AS_PERSON and not grant.ref and own == replace(grant, ref=own.ref))


def _named(grants: Sequence[Grant], person: str) -> list[Grant]:
    """The grants, those of an instructor with who they are."""
    return [replace(grant, ref=person) if grant.role is Role.INSTRUCTOR else grant for grant in grants]


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


def _stands(session: Session, account: Account, series: Mapping[str, str]) -> bool:
    """Whether a session or token is still covered by its account; `series` is of the seasons that are known."""
    if session.credentials != account.credentials:
        return False
    if session.kind == "browser":
        return session.withdrawals == account.withdrawals
    return all(
        any(own.holds(grant, series.get(grant.season, "")) for own in account.grants) for grant in session.grants
    )


class Accounts:
    """Everything about who somebody is."""

    def __init__(
        self, store: AccountStore, passwords: Passwords, signer: Signer, counters: Counters, audit: Audit
    ) -> None:
        self._store, self._passwords, self._signer, self._audit = store, passwords, signer, audit

        def throttle(kind: str, most: int) -> Throttle:
            return Throttle(counters, kind, most, ATTEMPT_SECONDS, "sign-in-throttled")

        self._pair, self._login = throttle("pair", ATTEMPTS_PAIR), throttle("login", ATTEMPTS_LOGIN)
        self._address, self._present = throttle("address", ATTEMPTS_ADDRESS), throttle("present", ATTEMPTS_PAIR)

    async def register(
        self,
        login: str,
        password: str,
        grants: Sequence[Grant],
        *,
        person: str = "",
        language: str = "zh",
        identity: str = "",
        reason: str = "",
    ) -> Account:
        """A new account; `identity` is its id where what makes it may make only one.

        With a reason it takes the place of judges that are there.

        Raises:
            Invalid: login name or password will not do, or the name is taken.
            InvalidState: another account is this judge.
        """
        plain = await self.check_new(login, password)
        held, secret = _held(grants), await self._passwords.hash(password)
        account = Account(identity or uuid4().hex, plain, secret, held, person, language)
        if reason:
            await self._end_judges(held, account.id, reason)
        if not await self._store.add(account, _appointed(account, held, reason)):
            raise Invalid("login-taken")
        return account

    async def check_new(self, login: str, password: str) -> str:
        """The login name as a new account would have it.

        Raises:
            Invalid: login name or password will not do, or the name is taken.
        """
        if refusals := await self.refusals_of_new(login, password):
            raise refusals[0]
        return checked_login(login)

    async def refusals_of_new(self, login: str, password: str) -> list[Invalid]:
        """All that keeps somebody from an account with this login name and password: a form says it at once."""
        refusals, plain = [], ""
        try:
            plain = checked_login(login)
            if await self._store.by_login(plain):
                refusals.append(Invalid("login-taken"))
        except Invalid as refusal:
            refusals.append(refusal)
        try:
            check_password(password, plain)
        except Invalid as refusal:
            refusals.append(refusal)
        return refusals

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

    async def sign_in(self, login: str, password: str, address: str) -> Account:
        """The account of this login name and password.

        Tries are counted by name and address together, and more generously by each alone: guessing ends, while
        a stranger elsewhere cannot lock anybody out. Right ones do not count.

        Raises:
            NotSignedIn: they do not match; whether the name exists is not told.
            TooMany: too many failures lately.
        """
        plain = login.strip().lower()
        counted = [(self._pair, f"{plain}:{address}"), (self._address, address), (self._login, plain)]
        await spend_all(counted)
        account = await self._store.by_login(plain)
        matches = await self._passwords.matches(account.password_hash if account else "", password)
        if account is None or not matches:
            raise NotSignedIn("sign-in-failed")
        await give_back_all(counted)
        return account

    async def prove(self, principal: Principal, present: str) -> Account:
        """The account of whoever is about to change how it is signed in to, and has shown that it is theirs.

        Raises:
            Invalid: the present password is wrong, or there is none and the session is not fresh.
            NotSignedIn: the session was ended meanwhile.
            TooMany: it was guessed at too often lately.
        """
        account, session = await self._holding(principal)
        if session.kind != "browser":
            raise NotAllowed("person-needed")
        if session.expires_at - _micros(SESSION_SECONDS - FRESH_SECONDS) >= _micros(time.time()):
            return account
        if not account.password_hash:
            raise Invalid("fresh-sign-in-needed")
        if not present:
            raise Invalid("fields-invalid", errors=[error_at("present", "field-present")])
        await self._present.spend(account.id)
        if not await self._passwords.matches(account.password_hash, present):
            raise Invalid("fields-invalid", errors=[error_at("present", "field-present-wrong")])
        await self._present.give_back(account.id)
        return account

    async def set_password(self, principal: Principal, present: str, password: str) -> Account:
        """Give the account a new password. Every session, token and sign-in link of it ends, the caller's too.

        Raises:
            Invalid: the password will not do, or the present one is wrong.
        """
        account = await self.prove(principal, present)
        check_password(password, account.login)
        if not await self._store.set_password(account, await self._passwords.hash(password)):
            raise Unavailable("changed-meanwhile")
        return await self.settle(account.id)

    async def set_mail(self, account: Account, mail: str) -> Account:
        """Give the account another confirmed address, or none; ends the same as a new password does."""
        if not await self._store.set_mail(account, mail):
            raise Unavailable("changed-meanwhile")
        return await self.settle(account.id)

    async def settle(self, account_id: str) -> Account:
        """End what is void since the account changed: what former credentials opened, and what leans on roles withdrawn."""
        account = await self._store.find(account_id)
        if account is None:
            raise NotSignedIn("sign-in-needed")
        series = await self._store.series()
        for kind in ("browser", "personal"):
            for session in await self._store.sessions(account_id, kind):
                if not session.revoked and not _stands(session, account, series):
                    await self.end_session(session.id)
        await self._store.settled(account)
        return account

    async def finish_settling(self) -> int:
        """Settle accounts whose process stopped in between. Returns how many there were."""
        left = await self._store.unsettled()
        for account_id in left:
            await self.settle(account_id)
        return len(left)

    async def open_session(self, account: Account) -> str:
        """A browser session; returns its secret, which only the browser keeps."""
        secret = secrets.token_urlsafe(32)
        session = Session(
            uuid4().hex,
            account.id,
            "browser",
            _micros(time.time() + SESSION_SECONDS),
            secret_hash=hash_secret(secret),
            credentials=account.credentials,
            withdrawals=account.withdrawals,
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
            or not secrets.compare_digest(session.secret_hash, hash_secret(secret))
            or session.expires_at < _micros(time.time())
        ):
            return None
        account = await self._store.find(session.account)
        if account is None or not _stands(session, account, {}):
            return None
        return self._token(account, session, account.grants, int(time.time()) + TOKEN_SECONDS)

    def _token(self, account: Account, session: Session, grants: Sequence[Grant], expires_at: int) -> str:
        principal = Principal(
            account=account.id,
            session=session.id,
            login=account.login,
            person=account.person,
            grants=tuple(grants),
            issued_at=int(time.time()),
            expires_at=expires_at,
        )
        return self._signer.sign(principal, "personal" if session.kind == "personal" else "session")

    async def end_session(self, session_id: str) -> None:
        """End a session or personal token now, everywhere, and the tokens that a personal one made."""
        session = await self._store.find_session(session_id)
        if session is None:
            return
        if not session.revoked:
            longest = max(session.expires_at, _micros(time.time() + TOKEN_SECONDS))
            event = SessionRevokedV1(session=session_id, expires_at=longest)
            await self._store.revoke_session(session_id, longest, [event])
        for child in await self._store.children(session_id):
            await self.end_session(child.id)

    async def find(self, account: str) -> Account | None:
        return await self._store.find(account)

    async def behind(self, people: Iterable[str]) -> dict[str, list[str]]:
        """The accounts of these people, as far as they have any."""
        return await self._store.of_people(list(people))

    async def end_all_sessions(self, account: str) -> None:
        """End every session and token of an account, everywhere."""
        for kind in ("browser", "personal"):
            for session in await self._store.sessions(account, kind):
                await self.end_session(session.id)

    async def describe(self, account: str) -> dict[str, object]:
        """What is kept of an account, without its secrets."""
        stored_account = await self._store.find(account)
        if stored_account is None:
            return {}
        roles = [grant.as_claim() for grant in stored_account.grants]
        return {
            "login": stored_account.login,
            "language": stored_account.language,
            "roles": roles,
            "mail": stored_account.mail,
        }

    async def personal_token(
        self, principal: Principal, label: str, season: str, days: int, command: Command
    ) -> tuple[Session, str]:
        """A token for programs, with the caller's roles in one season (or all), for some days.

        It is never more than what made it: a personal token's own roles, until its own end.

        Raises:
            Invalid: no label, or the term is not 1 to 400 days.
            NotAllowed: the caller has no role in that season.
            NotFound: the same command made it before, and it was revoked since.
        """
        if not label.strip() or not 1 <= days <= LONGEST_PERSONAL_DAYS:
            field, longest = "days" if label.strip() else "label", str(LONGEST_PERSONAL_DAYS)
            raise Invalid(
                "token-terms",
                errors=[error_at(field, "problem-token-terms", longest=longest)],
                longest=LONGEST_PERSONAL_DAYS,
            )
        account, maker = await self._holding(principal)
        grants = principal.within(season)
        if not grants:
            raise NotAllowed("role-needed")
        until, made_by_token = _micros(time.time() + days * 86400), maker.kind == "personal"
        wanted = Session(
            _session_id(command),
            account.id,
            "personal",
            min(until, maker.expires_at) if made_by_token else until,
            label=label.strip()[:80],
            grants=grants,
            parent=maker.id if made_by_token else "",
            credentials=account.credentials,
            withdrawals=account.withdrawals,
        )
        session = await self._store.add_session(wanted, command)
        if session.revoked:
            raise NotFound("no-such-token")
        now, maker = await self._account(principal), await self._store.find_session(maker.id) or maker
        if maker.revoked or not _stands(
            session, now, principal.series
        ):  # ended while this was made, and did not see it
            await self.end_session(session.id)
            raise NotSignedIn("sign-in-needed")
        return session, self._token(account, session, session.grants, session.expires_at // 1_000_000)

    async def _holding(self, principal: Principal) -> tuple[Account, Session]:
        """The account and the session behind a token, as they are now.

        Raises:
            NotSignedIn: one of them is gone, or the session ended since the token was signed.
        """
        account, session = await self._account(principal), await self._store.find_session(principal.session)
        if session is None or session.revoked or session.credentials != account.credentials:
            raise NotSignedIn("sign-in-needed")
        return account, session

    async def personal_tokens(self, principal: Principal) -> list[Session]:
        """Those of the account; a personal token sees itself and what it made."""
        return [
            session
            for session in await self._store.sessions(principal.account, "personal")
            if not session.revoked and self._in_reach(principal, session)
        ]

    @staticmethod
    def _in_reach(principal: Principal, session: Session) -> bool:
        return principal.kind != "personal" or principal.session in (session.id, session.parent)

    async def revoke_personal(self, principal: Principal, session_id: str) -> None:
        """Raises NotFound for a token that is not one's own."""
        session = await self._store.find_session(session_id)
        own = session and session.account == principal.account and session.kind == "personal"
        if session is None or not own or not self._in_reach(principal, session):
            raise NotFound("no-such-token")
        await self.end_session(session_id)

    async def invite(
        self,
        grants: Sequence[Grant],
        *,
        by: Principal,
        days: int,
        command: Command,
        label: str = "",
        reason: str = "",
        mail: str = "",
    ) -> str:
        """A single-use invitation: whoever opens it makes an account with these roles. Returns its secret.

        With a reason, whoever accepts takes the place of a judge that is there. `mail` is where it is to be mailed.

        Raises:
            Invalid: the address is none, a judge is invited without an id, or to many seasons at once.
            InvalidState: another account is this judge, and no reason is given for replacing it.
        """
        check_mail(mail)
        await self._check_seats(grants, reason)
        secret, expires = _link_secret(command), _micros(time.time() + days * 86400)
        link = Link(hash_secret(secret), tuple(grants), "", expires, label, reason=reason.strip(), mail=mail)
        await self._store.add_link(link, command)
        await self.note("invited", link.hash, grants, by=by.login, account=by.account, reason=link.reason)
        return secret

    async def invited_before(self, command: Command) -> str:
        """The secret of the invitation that this command has made before, if it has and it is open."""
        secret = _link_secret(command)
        return secret if await self._store.find_link(hash_secret(secret)) else ""

    async def _check_seats(self, grants: Sequence[Grant], reason: str = "", *, but: str = "") -> None:
        check_judges(grants)
        check_people(grants)
        seats = judge_seats(grants)
        held = [account for account in await self._store.in_seats(seats) if account.id != but]
        if held and not reason.strip():
            (seat, *_) = [seat for seat in judge_seats(held[0].grants) if seat in seats]
            raise InvalidState("judge-known", judge=seat.partition("/")[2])

    async def note(
        self,
        what: RoleStep,
        about: str,
        grants: Sequence[Grant],
        *,
        by: str,
        account: str = OPERATOR_ACCOUNT,
        to: str = "",
        reason: str = "",
    ) -> None:
        """Put on record what became of these roles, the same thing once; and in the audit log who did it.

        `about` is what it happened to (never the secret of a link), `account` and `by` are who did it.
        """
        at = _micros(time.time())
        facts = {"about": about[:16], "grants": [grant.as_claim() for grant in grants]}
        season = grants[0].season if grants else ""
        private = {"by": by, "to": to, "reason": reason}
        await self._audit.note(NOTED[what], account=account, season=season, facts=facts, private=private)
        await self._store.note(
            [
                RoleRecord(f"{about}/{what}/{number}", what, grant, by, to, reason, at)
                for number, grant in enumerate(grants)
            ]
        )

    async def invitation(self, secret: str) -> Link:
        """Raises NotFound for one that is used, expired or unknown."""
        link = await self._store.find_link(hash_secret(secret))
        if link is None or link.account or link.expires_at < _micros(time.time()):
            raise NotFound("link-spent")
        return link

    async def open_invitation(self, secret: str, now: int) -> Link:
        """The invitation, for somebody who looks at it; that it was opened stands in the list of whoever invites.

        Raises:
            NotFound: it is used, expired or unknown.
        """
        link = await self.invitation(secret)
        if not link.opened_at:
            await self._store.note_opened(link.hash, now)
        return link

    async def accept(self, secret: str, login: str, password: str, language: str, person: str = "") -> Account:
        """Make the invited account, or refuse and leave the invitation as it was; `person` is who is behind it.

        Exactly once: the invitation is held while the account is made, and the account's id follows from it, so that
        whoever comes at the same time, or again after a process stopped in between, makes no second one.

        Raises:
            Invalid: login name or password will not do, or the name is taken.
            NotFound: it is spent or withdrawn.
            Unavailable: it is just being accepted, or was when a process or the database stopped.
        """
        check_password(password, checked_login(login))
        link = await self._store.claim_link(hash_secret(secret))
        if link is None:
            await self.invitation(secret)
            raise Unavailable("changed-meanwhile")
        identity = sha256(f"account\n{link.hash}".encode()).hexdigest()[:32]
        if made := await self._store.find(identity):
            await self._store.finish_link(link.hash)
            if made.login != checked_login(login) or not await self._passwords.matches(made.password_hash, password):
                raise NotFound("link-spent")
            await self.note("accepted", link.hash, link.grants, by=made.login, account=made.id, to=made.login)
            return made  # the same person again, who was never told that it was done
        try:
            account = await self.register(
                login,
                password,
                link.grants,
                person=person,
                language=language,
                identity=identity,
                reason=link.reason,
            )
        except LaurelError:
            await self._store.release_link(link.hash)
            raise
        if not await self._store.finish_link(link.hash):
            await self._store.take(account.id, link.grants)
            raise NotFound("link-spent")
        await self.note("accepted", link.hash, link.grants, by=account.login, account=account.id, to=account.login)
        return account

    async def accept_as(self, secret: str, principal: Principal, person: str = "") -> Account:
        """Take the roles of an invitation with the account one has, or refuse and leave the invitation as it was.

        `person` is who an invited instructor is in that season.

        Raises:
            InvalidState: the account has these roles already, or is another judge of the season.
            NotAllowed: a program asks.
            NotFound: it is spent or withdrawn.
            NotSignedIn: the session was ended meanwhile.
            Unavailable: it is just being accepted, or was when a process or the database stopped.
        """
        account = await self._in_person(principal)
        link = await self._store.claim_link(hash_secret(secret))
        if link is None:
            await self.invitation(secret)
            raise Unavailable("changed-meanwhile")
        try:
            check_further(account.grants, link.grants)
            held = await self._hold(account, _named(link.grants, person), link.reason)
        except LaurelError:
            await self._store.release_link(link.hash)
            raise
        if not await self._store.finish_link(link.hash):
            await self._store.take(account.id, held)
            raise NotFound("link-spent")
        await self.note("accepted", link.hash, held, by=account.login, account=account.id, to=account.login)
        return account

    async def take_part(self, principal: Principal, season: str, unit: str, person: str) -> None:
        """Let an account that is there be a student of a further season, in which it is this person.

        Raises:
            NotAllowed: a program asks.
            NotSignedIn: the session was ended meanwhile.
        """
        account = await self._in_person(principal)
        await self._hold(account, [Grant(Role.STUDENT, season, unit, person)])

    async def _in_person(self, principal: Principal) -> Account:
        """The account of whoever is signed in with a browser."""
        account, session = await self._holding(principal)
        if session.kind != "browser":
            raise NotAllowed("person-needed")
        return account

    async def _hold(self, account: Account, grants: Sequence[Grant], reason: str = "") -> tuple[Grant, ...]:
        """Give the account the roles that it lacks; with a reason in place of judges that are there. Returns them."""
        missing = _held([grant for grant in grants if not any(_is_held(grant, own) for own in account.grants)])
        if reason:
            await self._end_judges(missing, account.id, reason)
        if missing:
            await self._store.give(account.id, missing, _appointed(account, missing, reason))
        return missing

    async def sign_in_link(
        self,
        login: str,
        grants: Sequence[Grant],
        *,
        by: Principal | None,
        hours: int,
        command: Command,
        person: str = "",
    ) -> str:
        """A single-use sign-in for the account of this name, which is made without a password if need be.

        `by` is who made it; None for what nobody who is signed in makes.

        Raises:
            Invalid: the name will not do, or a role is that of a judge without an id or of many seasons.
            InvalidState: another account is this judge.
        """
        plain = checked_login(login)
        account = await self._store.by_login(plain)
        await self._check_seats(grants, but=account.id if account else "")
        if account is None:
            account = Account(uuid4().hex, plain, "", _held(grants), person)
            await self._store.add(account, _appointed(account, account.grants))
            account = await self._store.by_login(plain)  # whoever was first
            if account is None:
                raise Unavailable("changed-meanwhile")
        await self._hold(account, grants)
        secret = _link_secret(command)
        expires = _micros(time.time() + hours * 3600)
        link = Link(hash_secret(secret), (), account.id, expires, credentials=account.credentials)
        await self._store.add_link(link, command)
        maker = by.account if by else OPERATOR_ACCOUNT
        await self.note("given", link.hash, grants, by=by.login if by else "", account=maker, to=plain)
        return secret

    async def register_without_password(
        self, login: str, grants: Sequence[Grant], *, person: str, language: str, hours: int, command: Command
    ) -> tuple[Account, str]:
        """A new account of this name, and the secret of a link that signs in to it once: until it has a password of its
        own. The same command again finds what it made, for a few minutes and until that link is used: whoever sends an
        old form again is nobody.

        Raises:
            Invalid: the login name will not do.
            NotFound: the command was carried out before, and its link is spent.
            Unavailable: somebody else took the name at this moment.
        """
        identity, secret = command.derive("account")[:16].hex(), _link_secret(command)
        account = Account(identity, checked_login(login), "", _held(grants), person, language)
        now, whole = _micros(time.time()), _micros(hours * 3600)
        if await self._store.add(account):
            link = Link(hash_secret(secret), (), identity, now + whole, credentials=account.credentials)
            await self._store.add_link(link, command)
            return account, secret
        if await self._store.find(identity) is None:
            raise Unavailable("changed-meanwhile")
        made = await self._store.find_link(hash_secret(secret))
        if made is None or made.expires_at - whole + _micros(FRESH_SECONDS) < now:
            raise NotFound("link-spent")
        return await self.link_account(secret, use=False), secret

    async def link_account(self, secret: str, *, use: bool) -> Account:
        """The account a sign-in link is for; `use` spends the link, and nothing that is no such link.

        Raises:
            NotFound: it is spent, or is no sign-in link of an account as it is now.
        """
        link = await self._store.find_link(hash_secret(secret))
        if link is None or not link.account or link.expires_at < _micros(time.time()):
            raise NotFound("link-spent")
        account = await self._store.find(link.account)
        if account is None or account.credentials != link.credentials:
            raise NotFound("link-spent")
        if use and await self._store.use_link(link.hash) is None:  # somebody else was faster
            raise NotFound("link-spent")
        return account

    async def operator_token(self, command: Command) -> str:
        """A token for the operator of the installation, who has proved the installation's own secret."""
        await self._audit.note("operator-token-made", account=OPERATOR_ACCOUNT)
        grants = (Grant(Role.OPERATOR),)
        expires = _micros(time.time() + SESSION_SECONDS)
        wanted = Session(_session_id(command), OPERATOR_ACCOUNT, "operator", expires, grants=grants)
        session = await self._store.add_session(wanted, command)
        operator = Account(OPERATOR_ACCOUNT, OPERATOR_ACCOUNT, "", grants)
        return self._token(operator, session, grants, session.expires_at // 1_000_000)

    async def _account(self, principal: Principal) -> Account:
        account = await self._store.find(principal.account)
        if account is None:
            raise NotSignedIn("sign-in-needed")
        return account
