"""Accounts: passwords, guesses, sessions, links and personal tokens."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from services.registration.application import accounts as module
from services.registration.application.accounts import (
    ATTEMPTS_ADDRESS,
    ATTEMPTS_LOGIN,
    ATTEMPTS_PAIR,
    FRESH_SECONDS,
    SESSION_SECONDS,
    TOKEN_SECONDS,
)
from services.registration.application.identity import Account
from services.registration.domain.accounts import LONGEST_PASSWORD
from shared.commands import Command
from shared.errors import Invalid, LaurelError, NotAllowed, NotFound, NotSignedIn, TooMany, Unavailable
from shared.events.registration import JudgeAppointedV1, SessionRevokedV1
from shared.identity import Grant, Principal, Role
from tests.support.fakes.registration import Registration
from tests.support.refusals import invalid, refused
from tests.support.registered import Registered
from tests.support.rules import season_rules

PASSWORD = "four calm herons"
STUDENT = Grant(Role.STUDENT, "s1")
JUDGE = Grant(Role.JUDGE, "s2", ref="J1")
HOST = Grant(Role.CITY_ORGANIZER, "*")
DAY = 86_400
BOSS = Principal("boss", "s", "boss", "", (HOST,), 0, 0)


class Wall:
    """The clock on the wall, which sessions and tokens go by."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    clock = Wall()
    monkeypatch.setattr(module, "time", SimpleNamespace(time=clock.time))
    return clock


@pytest.fixture
def registered(wall: Wall) -> Registered:
    return Registered(season_rules(), 1_750_000_000_000_000)


async def account(registration: Registration, login: str = "anna", *grants: Grant) -> Account:
    return await registration.accounts.register(login, PASSWORD, grants or (STUDENT,), person="p1", language="en")


def principal(of: Account, session: str = "none") -> Principal:
    return Principal(of.id, session, of.login, of.person, of.grants, 0, 0)


async def visitor(registration: Registration, of: Account) -> Principal:
    """Somebody signed in."""
    return principal(of, (await registration.accounts.open_session(of)).split(".")[0])


async def test_an_account_has_its_login_in_lower_case_and_a_hash(registered: Registered) -> None:
    anna = await account(registered, "  Anna ")
    assert (anna.login, anna.password_hash, anna.person, anna.language) == ("anna", f"hash of {PASSWORD}", "p1", "en")
    assert await registered.accounts.find(anna.id) == anna
    with refused("login-taken", Invalid):
        await registered.accounts.register("ANNA", PASSWORD, ())


@pytest.mark.parametrize(("login", "right"), [
    ("ab", False), ("abc", True), ("a" * 64, True), ("a" * 65, False), (".abc", False), ("a b c", False), ("a.b_c@d+e-f", True),
    ("安娜安娜", False),
])  # fmt: skip
async def test_a_login_name_has_its_form(registered: Registered, login: str, right: bool) -> None:
    if right:
        assert (await registered.accounts.register(login, PASSWORD, ())).login == login
    else:
        with refused("login-form", Invalid):
            await registered.accounts.register(login, PASSWORD, ())


@pytest.mark.parametrize(("password", "code"), [
    ("herons calm", "password-length"),
    ("herons calm 1", ""),
    ("ab" + "cd" * (LONGEST_PASSWORD // 2 - 1), ""),
    ("x" + "abcd" * (LONGEST_PASSWORD // 4), "password-length"),
    ("Password1234", "password-easy"),
    ("abcabcabcabc", "password-easy"),
    ("abcdabcdabcd", ""),
    ("my annabella 1", "password-easy"),
    ("my ANNABELLA 1", "password-easy"),
])  # fmt: skip
async def test_a_password_is_long_and_not_easily_guessed(registered: Registered, password: str, code: str) -> None:
    if code:
        with refused(code, Invalid):
            await registered.accounts.register("annabella", password, ())
        assert registered.account_store.accounts.values() == []
    else:
        assert await registered.accounts.register("annabella", password, ())


async def test_a_short_login_name_may_stand_in_a_password(registered: Registered) -> None:
    assert await registered.accounts.register("calm", PASSWORD, ())
    with refused("password-easy", Invalid):
        await registered.accounts.register("herons", PASSWORD, ())


async def test_who_signs_in_is_known_by_name_and_password(registered: Registered) -> None:
    anna = await account(registered)
    assert await registered.accounts.sign_in(" ANNA ", PASSWORD, "1.1.1.1") == anna
    for login, password in (("anna", "wrong"), ("ben", PASSWORD), ("anna", "")):
        with refused("sign-in-failed", NotSignedIn):
            await registered.accounts.sign_in(login, password, "1.1.1.1")


async def test_an_account_without_a_password_takes_none(registered: Registered) -> None:
    await registered.accounts.sign_in_link("anna", [STUDENT], by=None, hours=1, command=registered.command())
    with refused("sign-in-failed", NotSignedIn):
        await registered.accounts.sign_in("anna", "", "1.1.1.1")


GUESSES: list[tuple[int, str, str, str, str, bool]] = [
    (ATTEMPTS_PAIR, "anna", "1.1.1.1", "anna", "1.1.1.1", False),
    (ATTEMPTS_PAIR - 1, "anna", "1.1.1.1", "anna", "1.1.1.1", True),
    (ATTEMPTS_PAIR, "anna", "1.1.1.1", "anna", "2.2.2.2", True),
    (ATTEMPTS_PAIR, "anna", "1.1.1.1", "ben", "1.1.1.1", True),
]


@pytest.mark.parametrize(("times", "login", "address", "then", "there", "let_in"), GUESSES)
async def test_wrong_guesses_are_counted_and_end_where_they_come_from(
    registered: Registered, times: int, login: str, address: str, then: str, there: str, let_in: bool
) -> None:
    for name in ("anna", "ben"):
        await registered.accounts.register(name, PASSWORD, ())
    for _ in range(times):
        with refused("sign-in-failed", NotSignedIn):
            await registered.accounts.sign_in(login, "a wrong guess", address)
    if let_in:
        assert (await registered.accounts.sign_in(then, PASSWORD, there)).login == then
    else:
        with refused("sign-in-throttled", TooMany):
            await registered.accounts.sign_in(then, PASSWORD, there)


@pytest.mark.parametrize("by", ["login", "address"])
async def test_a_name_and_an_address_alone_have_limits_of_their_own(registered: Registered, by: str) -> None:
    await account(registered)
    most = ATTEMPTS_LOGIN if by == "login" else ATTEMPTS_ADDRESS
    for number in range(most):
        login, address = ("anna", f"1.1.1.{number}") if by == "login" else (f"user{number}", "1.1.1.1")
        with refused("sign-in-failed", NotSignedIn):
            await registered.accounts.sign_in(login, "a wrong guess", address)
    with refused("sign-in-throttled", TooMany):
        await registered.accounts.sign_in("anna", PASSWORD, "9.9.9.9" if by == "login" else "1.1.1.1")


async def test_who_is_right_is_not_counted(registered: Registered) -> None:
    await account(registered)
    for _ in range(ATTEMPTS_PAIR + 1):
        await registered.accounts.sign_in("anna", PASSWORD, "1.1.1.1")


async def session_of(registered: Registered, anna: Account) -> str:
    return await registered.accounts.open_session(anna)


async def test_a_new_password_ends_every_session_and_token_everywhere(registered: Registered) -> None:
    anna, ben = await account(registered), await registered.accounts.register("ben", PASSWORD, ())
    mine, other, bens = (
        await session_of(registered, anna),
        await session_of(registered, anna),
        await session_of(registered, ben),
    )
    who = principal(anna, mine.split(".")[0])
    token, _ = await registered.accounts.personal_token(who, "script", "s1", 1, registered.command())
    link = await registered.accounts.sign_in_link("anna", [STUDENT], by=None, hours=1, command=registered.command())

    await registered.accounts.set_password(who, "", "five calm herons")

    for ended in (mine, other):
        assert await registered.accounts.token_of(ended) is None
    assert await registered.accounts.token_of(bens)
    gone = {mine.split(".")[0], other.split(".")[0], token.id}
    assert {event.session for event in registered.told.of(SessionRevokedV1)} == gone
    assert set(registered.account_store.barred) == gone
    assert await registered.accounts.personal_tokens(principal(anna)) == []
    with refused("link-spent", NotFound):
        await registered.accounts.link_account(link, use=True)
    assert await registered.account_store.unsettled() == []
    assert await registered.accounts.sign_in("anna", "five calm herons", "")
    with refused("sign-in-failed", NotSignedIn):
        await registered.accounts.sign_in("anna", PASSWORD, "")


async def test_a_new_password_has_to_do_and_somebody_to_be_there(registered: Registered) -> None:
    anna = await account(registered)
    with refused("password-length", Invalid):
        await registered.accounts.set_password(await visitor(registered, anna), "", "short")
    nobody = Principal("nobody", "s", "x", "", (), 0, 0)
    for ask in (
        registered.accounts.set_password(nobody, "", PASSWORD),
        registered.accounts.set_password(principal(anna), "", PASSWORD),
        registered.accounts.personal_token(nobody, "script", "*", 1, registered.command()),
        registered.accounts.personal_token(principal(anna), "script", "*", 1, registered.command()),
    ):
        with refused("sign-in-needed", NotSignedIn):
            await ask


async def test_whoever_signed_in_long_ago_proves_again_who_they_are(registered: Registered, wall: Wall) -> None:
    anna = await account(registered)
    who = await visitor(registered, anna)
    wall.now += FRESH_SECONDS
    assert await registered.accounts.prove(who, "") == anna
    wall.now += 1
    with invalid("fields-invalid", ("present", "field-present")):
        await registered.accounts.prove(who, "")
    for _ in range(ATTEMPTS_PAIR - 1):
        with invalid("fields-invalid", ("present", "field-present-wrong")):
            await registered.accounts.prove(who, "a wrong guess")
    assert await registered.accounts.prove(who, PASSWORD) == anna
    with invalid("fields-invalid", ("present", "field-present-wrong")):
        await registered.accounts.prove(who, "a wrong guess")
    with refused("sign-in-throttled", TooMany):
        await registered.accounts.prove(who, PASSWORD)


async def test_who_has_no_password_signs_in_anew_and_a_program_proves_nothing(
    registered: Registered, wall: Wall
) -> None:
    link = await registered.accounts.sign_in_link("anna", [STUDENT], by=None, hours=1, command=registered.command())
    anna = await registered.accounts.link_account(link, use=True)
    who = await visitor(registered, anna)
    token, _ = await registered.accounts.personal_token(who, "script", "s1", 1, registered.command())
    wall.now += FRESH_SECONDS + 1
    with refused("fresh-sign-in-needed", Invalid):
        await registered.accounts.prove(who, "")
    with refused("person-needed", NotAllowed):
        await registered.accounts.prove(principal(anna, token.id), "")


async def test_what_a_token_made_ends_with_it_and_runs_no_longer(registered: Registered, wall: Wall) -> None:
    anna = await account(registered)
    first, _ = await registered.accounts.personal_token(
        await visitor(registered, anna), "script", "s1", 2, registered.command()
    )
    program = replace(principal(anna, first.id), kind="personal")
    second, _ = await registered.accounts.personal_token(program, "more", "s1", 30, registered.command())
    assert (second.parent, second.expires_at) == (first.id, first.expires_at)
    assert {token.id for token in await registered.accounts.personal_tokens(program)} == {first.id, second.id}
    await registered.accounts.revoke_personal(program, first.id)
    assert {event.session for event in registered.told.of(SessionRevokedV1)} == {first.id, second.id}


async def test_one_judge_is_one_account_unless_there_is_a_reason(registered: Registered) -> None:
    former = await account(registered, "anna", STUDENT, JUDGE)
    secret = await session_of(registered, former)
    with refused("judge-known", judge="J1"):
        await registered.accounts.invite([JUDGE], by=BOSS, days=2, command=registered.command())
    with refused("judge-known"):
        await registered.accounts.register("ben", PASSWORD, [JUDGE])
    invitation = await registered.accounts.invite(
        [JUDGE], by=BOSS, days=2, command=registered.command(), reason=" ill "
    )

    made = await registered.accounts.accept(invitation, "ben", PASSWORD, "en")

    assert made.grants == (JUDGE,)
    kept = await registered.accounts.find(former.id)
    assert kept
    assert kept.grants == (STUDENT,)
    assert await registered.accounts.token_of(secret) is None
    told = registered.told.of(JudgeAppointedV1)
    assert [(event.account, event.reason) for event in told] == [(former.id, ""), (made.id, "ill")]
    assert registered.audit.whats() == ["invitation-made", "judge-replaced", "invitation-accepted"]
    assert [record.what for record in registered.account_store.records.values()] == ["invited", "accepted"]


async def test_a_withdrawn_invitation_makes_nobody(registered: Registered) -> None:
    secret = await registered.accounts.invite([JUDGE], by=BOSS, days=2, command=registered.command())
    registered.account_store.withdrawn.add(module.hash_secret(secret))
    with refused("link-spent", NotFound):
        await registered.accounts.accept(secret, "ben", PASSWORD, "en")
    assert await registered.account_store.by_login("ben") is None


async def test_a_session_gives_tokens_while_it_holds(registered: Registered, wall: Wall) -> None:
    anna = await account(registered, "anna", STUDENT, JUDGE)
    secret = await session_of(registered, anna)

    assert await registered.accounts.token_of(secret)

    signed, kind = registered.signer.signed[-1]
    assert kind == "session"
    assert (signed.account, signed.session, signed.login, signed.person) == (
        anna.id,
        secret.split(".")[0],
        "anna",
        "p1",
    )
    assert signed.grants == (STUDENT, JUDGE)
    assert (signed.issued_at, signed.expires_at) == (int(wall.now), int(wall.now) + TOKEN_SECONDS)
    for wrong in ("", "x", f"{secret}x", f"unknown.{secret.split('.')[1]}", secret.split(".")[0]):
        assert await registered.accounts.token_of(wrong) is None
    wall.now += SESSION_SECONDS
    assert await registered.accounts.token_of(secret)
    wall.now += 0.001
    assert await registered.accounts.token_of(secret) is None


async def test_a_session_that_ended_gives_no_token_and_ends_once(registered: Registered, wall: Wall) -> None:
    anna = await account(registered)
    secret = await session_of(registered, anna)
    identity = secret.split(".")[0]
    for _ in range(2):
        await registered.accounts.end_session(identity)
    await registered.accounts.end_session("unknown")
    assert await registered.accounts.token_of(secret) is None
    (told,) = registered.told.of(SessionRevokedV1)
    assert (told.session, told.expires_at) == (identity, int((wall.now + SESSION_SECONDS) * 1_000_000))


async def test_a_revocation_is_remembered_as_long_as_a_token_may_run(registered: Registered, wall: Wall) -> None:
    anna = await account(registered)
    secret = await session_of(registered, anna)
    wall.now += SESSION_SECONDS - 1
    await registered.accounts.token_of(secret)
    await registered.accounts.end_session(secret.split(".")[0])
    (told,) = registered.told.of(SessionRevokedV1)
    assert told.expires_at == int((wall.now + TOKEN_SECONDS) * 1_000_000)


async def test_an_account_that_is_gone_gives_no_token(registered: Registered) -> None:
    anna = await account(registered)
    secret = await session_of(registered, anna)
    registered.account_store.accounts.remove(anna.id)
    assert await registered.accounts.token_of(secret) is None
    assert await registered.accounts.describe(anna.id) == {}


async def test_every_session_and_token_of_an_account_ends(registered: Registered) -> None:
    anna, ben = await account(registered), await registered.accounts.register("ben", PASSWORD, (JUDGE,))
    secrets = [await session_of(registered, anna), await session_of(registered, anna)]
    await registered.accounts.personal_token(
        principal(anna, secrets[0].split(".")[0]), "script", "s1", 1, registered.command()
    )
    kept = await session_of(registered, ben)
    await registered.accounts.end_all_sessions(anna.id)
    assert [await registered.accounts.token_of(secret) for secret in secrets] == [None, None]
    assert await registered.accounts.personal_tokens(principal(anna)) == []
    assert await registered.accounts.token_of(kept)
    assert len(registered.told.of(SessionRevokedV1)) == 3


TOKENS: list[tuple[dict[str, Any], tuple[Grant, ...], type[LaurelError] | None, str]] = [
    ({"season": "s1"}, (STUDENT,), None, ""),
    ({"season": "s2"}, (JUDGE,), None, ""),
    ({"season": "*"}, (STUDENT, JUDGE), None, ""),
    ({"season": "s3"}, (), NotAllowed, "role-needed"),
    ({"season": "s1", "label": "  "}, (), Invalid, "token-terms"),
    ({"season": "s1", "days": 0}, (), Invalid, "token-terms"),
    ({"season": "s1", "days": 401}, (), Invalid, "token-terms"),
    ({"season": "s1", "days": 400}, (STUDENT,), None, ""),
    ({"season": "s1", "days": 1}, (STUDENT,), None, ""),
]


@pytest.mark.parametrize(("asked", "grants", "kind", "code"), TOKENS)
async def test_a_personal_token_holds_the_roles_of_its_season_for_its_days(
    registered: Registered,
    wall: Wall,
    asked: dict[str, Any],
    grants: tuple[Grant, ...],
    kind: type[LaurelError] | None,
    code: str,
) -> None:
    anna = await account(registered, "anna", STUDENT, JUDGE)
    given = {"label": " script ", "days": 30, **asked}
    ask = registered.accounts.personal_token(await visitor(registered, anna), command=registered.command(), **given)
    if kind:
        with refused(code, kind):
            await ask
        assert await registered.accounts.personal_tokens(principal(anna)) == []
        return
    session, _ = await ask
    assert (session.label, session.kind, session.grants, session.account) == ("script", "personal", grants, anna.id)
    assert session.expires_at == int((wall.now + given["days"] * DAY) * 1_000_000)
    signed, sort = registered.signer.signed[-1]
    assert (sort, signed.grants, signed.session) == ("personal", grants, session.id)
    assert signed.expires_at == int(wall.now) + given["days"] * DAY


async def test_a_role_everywhere_is_narrowed_to_the_season_of_a_token(registered: Registered) -> None:
    anna = await account(registered, "anna", HOST)
    who = await visitor(registered, anna)
    narrowed, _ = await registered.accounts.personal_token(who, "script", "s9", 1, registered.command())
    assert narrowed.grants == (Grant(Role.CITY_ORGANIZER, "s9"),)
    everywhere, _ = await registered.accounts.personal_token(who, "script", "*", 1, registered.command())
    assert everywhere.grants == (HOST,)


async def test_a_personal_token_is_no_session_of_a_browser_and_ends_by_its_owner(registered: Registered) -> None:
    anna, ben = await account(registered), await registered.accounts.register("ben", PASSWORD, (JUDGE,))
    token, _ = await registered.accounts.personal_token(
        await visitor(registered, anna), "script", "s1", 1, registered.command()
    )
    browser = await session_of(registered, anna)
    assert await registered.accounts.token_of(f"{token.id}.") is None
    for who, what in ((ben, token.id), (anna, "unknown"), (anna, browser.split(".")[0])):
        with refused("no-such-token", NotFound):
            await registered.accounts.revoke_personal(principal(who), what)
    await registered.accounts.revoke_personal(principal(anna), token.id)
    assert await registered.accounts.personal_tokens(principal(anna)) == []
    assert [event.session for event in registered.told.of(SessionRevokedV1)] == [token.id]


async def test_the_same_request_makes_the_same_token(registered: Registered) -> None:
    anna = await account(registered)
    who = await visitor(registered, anna)
    first, _ = await registered.accounts.personal_token(who, "script", "s1", 1, registered.command("key"))
    again, _ = await registered.accounts.personal_token(who, "script", "s1", 1, registered.command("key"))
    assert first.id == again.id
    assert len(await registered.accounts.personal_tokens(principal(anna))) == 1
    with refused("idempotency-key-reused", Invalid):
        await registered.accounts.personal_token(who, "other", "s1", 1, registered.command("key", b"other"))


async def test_an_invitation_makes_one_account_with_its_roles(registered: Registered, wall: Wall) -> None:
    secret = await registered.accounts.invite([JUDGE], by=BOSS, days=2, command=registered.command("key"), label="J1")
    assert (
        await registered.accounts.invite([JUDGE], by=BOSS, days=2, command=registered.command("key"), label="J1")
        == secret
    )
    link = await registered.accounts.invitation(secret)
    assert (link.grants, link.label, link.account) == ((JUDGE,), "J1", "")
    with refused("password-length", Invalid):
        await registered.accounts.accept(secret, "judge", "short", "zh")
    assert await registered.accounts.invitation(secret), "what went wrong spends nothing"

    made = await registered.accounts.accept(secret, "judge", PASSWORD, "en", "p7")

    assert (made.login, made.grants, made.person, made.language) == ("judge", (JUDGE,), "p7", "en")
    for spent in (secret, "unknown"):
        with refused("link-spent", NotFound):
            await registered.accounts.invitation(spent)
        with refused("link-spent", NotFound):
            await registered.accounts.accept(spent, "judge2", PASSWORD, "en")
    with refused("link-spent", NotFound):
        await registered.accounts.link_account(secret, use=False)


@pytest.mark.parametrize("role", [Role.JUDGE, Role.CHIEF_JUDGE])
async def test_whoever_is_to_judge_is_a_judge_of_the_season_by_id(registered: Registered, role: Role) -> None:
    nobody = [Grant(role, "s2")]
    with invalid("fields-invalid", ("ref", "field-judge-id")):
        await registered.accounts.invite(nobody, by=BOSS, days=2, command=registered.command())
    with invalid("fields-invalid", ("ref", "field-judge-id")):
        await registered.accounts.sign_in_link("anna", nobody, by=None, hours=1, command=registered.command())
    assert registered.account_store.accounts.values() == []


@pytest.mark.parametrize("use", [True, False])
async def test_an_invitation_that_is_taken_for_a_sign_in_link_stays_good(registered: Registered, use: bool) -> None:
    secret = await registered.accounts.invite([JUDGE], by=BOSS, days=2, command=registered.command())
    with refused("link-spent", NotFound):
        await registered.accounts.link_account(secret, use=use)
    assert await registered.accounts.invitation(secret)


async def test_two_who_use_a_sign_in_link_at_once_sign_in_once(
    registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = await registered.accounts.sign_in_link("anna", [STUDENT], by=None, hours=1, command=registered.command())
    find = registered.account_store.find

    async def slow(account: str) -> Account | None:
        monkeypatch.setattr(registered.account_store, "find", find)
        await registered.accounts.link_account(secret, use=True)
        return await find(account)

    monkeypatch.setattr(registered.account_store, "find", slow)
    with refused("link-spent", NotFound):
        await registered.accounts.link_account(secret, use=True)


async def test_links_run_out(registered: Registered, wall: Wall) -> None:
    invitation = await registered.accounts.invite([JUDGE], by=BOSS, days=2, command=registered.command())
    sign_in = await registered.accounts.sign_in_link("anna", [STUDENT], by=None, hours=48, command=registered.command())
    wall.now += 2 * DAY
    assert await registered.accounts.invitation(invitation)
    assert await registered.accounts.link_account(sign_in, use=False)
    wall.now += 0.001
    with refused("link-spent", NotFound):
        await registered.accounts.invitation(invitation)
    with refused("link-spent", NotFound):
        await registered.accounts.link_account(sign_in, use=False)


async def test_a_link_signs_in_once_and_makes_the_account_that_is_missing(registered: Registered) -> None:
    secret = await registered.accounts.sign_in_link(
        " Anna ", [STUDENT], by=None, hours=1, command=registered.command(), person="p1"
    )
    anna = await registered.account_store.by_login("anna")
    assert anna
    assert (anna.password_hash, anna.grants, anna.person) == ("", (STUDENT,), "p1")
    with refused("link-spent", NotFound):
        await registered.accounts.invitation(secret)
    assert await registered.accounts.link_account(secret, use=False) == anna
    assert await registered.accounts.link_account(secret, use=True) == anna
    for use in (True, False):
        with refused("link-spent", NotFound):
            await registered.accounts.link_account(secret, use=use)


async def test_a_link_for_an_account_that_is_there_adds_roles_and_changes_nothing_else(registered: Registered) -> None:
    anna = await account(registered)
    secret = await registered.accounts.sign_in_link(
        "anna", [STUDENT, JUDGE], by=None, hours=1, command=registered.command(), person="other"
    )
    stored_account = await registered.accounts.link_account(secret, use=True)
    assert (stored_account.id, stored_account.person, stored_account.grants) == (anna.id, "p1", (STUDENT, JUDGE))
    assert stored_account.password_hash == anna.password_hash
    with refused("login-form", Invalid):
        await registered.accounts.sign_in_link("a b", [], by=None, hours=1, command=registered.command())


async def test_a_link_of_an_account_that_is_gone_is_spent(registered: Registered) -> None:
    secret = await registered.accounts.sign_in_link("anna", [STUDENT], by=None, hours=1, command=registered.command())
    for kept in registered.account_store.accounts.values():
        registered.account_store.accounts.remove(kept.id)
    with refused("link-spent", NotFound):
        await registered.accounts.link_account(secret, use=True)


async def test_the_operator_has_one_role_everywhere(registered: Registered, wall: Wall) -> None:
    assert await registered.accounts.operator_token(registered.command())
    signed, kind = registered.signer.signed[-1]
    assert (kind, signed.account, signed.grants) == ("session", "operator", (Grant(Role.OPERATOR),))
    assert signed.expires_at == int(wall.now) + SESSION_SECONDS
    kept = await registered.account_store.find_session(signed.session)
    assert kept
    assert kept.expires_at == int((wall.now + SESSION_SECONDS) * 1_000_000)


async def test_what_is_kept_of_an_account_is_told_without_its_secrets(registered: Registered) -> None:
    anna = await account(registered)
    await registered.accounts.set_mail(anna, "a@example.org")
    described = await registered.accounts.describe(anna.id)
    assert described == {
        "login": "anna",
        "language": "en",
        "roles": [anna.grants[0].as_claim()],
        "mail": "a@example.org",
    }
    assert await registered.accounts.behind(["p1", "p2"]) == {"p1": [anna.id]}


async def test_an_account_without_a_password_is_made_once_and_soon_nobodys_any_more(
    registered: Registered, wall: Wall
) -> None:
    """Keeps away: an old form in the history of a shared browser that signs in as the child who filled it in."""
    accounts = registered.accounts

    async def made(command: Command) -> tuple[str, str]:
        account, secret = await accounts.register_without_password(
            "abcde+00001", [STUDENT], person="p", language="zh", hours=720, command=command
        )
        return account.id, secret

    form = registered.command()
    account, secret = await made(form)
    assert await made(form) == (account, secret), "sent twice it is one"
    with refused("changed-meanwhile", Unavailable):
        await made(registered.command())
    wall.now += FRESH_SECONDS + 1
    with refused("link-spent", NotFound):
        await made(form)
    assert (await accounts.link_account(secret, use=True)).id == account
    wall.now -= FRESH_SECONDS
    with refused("link-spent", NotFound):
        await made(form)
