"""Roles of a season: who sees them, and who takes them back."""

from collections.abc import Awaitable
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from services.registration.application.identity import Session
from services.registration.application.roles import Roles
from services.registration.entrypoints.http import accounts as account_routes
from shared.errors import InvalidState, LaurelError, NotAllowed, NotFound, Unavailable
from shared.events.registration import SessionRevokedV1
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import require_user
from tests.support.fakes.registration import RoleStore
from tests.support.refusals import refused
from tests.support.registered import Registered, registered

JUDGE = Grant(Role.JUDGE, "s1", ref="J1")
HOST = Grant(Role.CITY_ORGANIZER, "s1")
BOSS = Principal("boss", "s", "boss", "", (HOST,), 0, 0)
STRANGER = Principal("else", "s", "else", "", (Grant(Role.CITY_ORGANIZER, "s2"),), 0, 0)
PASSWORD = "four calm herons"


def roles_of(registered: Registered) -> Roles:
    return Roles(RoleStore(registered.account_store, registered.clock), registered.accounts, registered.account_store)


async def invited(registered: Registered, *grants: Grant) -> str:
    return await registered.accounts.invite(
        grants or (JUDGE,), by=BOSS, days=2, command=registered.command(), label="J1"
    )


async def refuses(ask: Awaitable[object], code: str, kind: type[LaurelError] = InvalidState) -> None:
    with refused(code, kind):
        await ask


async def test_an_open_invitation_is_taken_back_for_a_reason_and_once() -> None:
    each_registered = await registered()
    roles, secret = roles_of(each_registered), await invited(each_registered)
    (open_,) = await roles.invitations(BOSS)
    assert (open_.grants, open_.label) == ((JUDGE,), "J1")
    assert await roles.invitations(BOSS, "s2") == []
    assert await roles.invitations(STRANGER) == []
    await refuses(roles.withdraw_invitation(BOSS, open_.id, "  "), "reason-needed")
    for who, what in ((STRANGER, open_.id), (BOSS, "unknown")):
        await refuses(roles.withdraw_invitation(who, what, "sent to a wrong address"), "no-such-invitation", NotFound)

    await roles.withdraw_invitation(BOSS, open_.id, " sent to a wrong address ")

    await refuses(each_registered.accounts.accept(secret, "ben", PASSWORD, "en"), "link-spent", NotFound)
    await refuses(roles.withdraw_invitation(BOSS, open_.id, "again"), "no-such-invitation", NotFound)
    assert {(line.what, line.reason) for line in await roles.records(BOSS, "s1")} == {
        ("invited", ""),
        ("invitation-withdrawn", "sent to a wrong address"),
    }


async def test_an_invitation_that_somebody_is_accepting_is_not_taken_back() -> None:
    each_registered = await registered()
    roles, _ = roles_of(each_registered), await invited(each_registered)
    (open_,) = await roles.invitations(BOSS)
    ((link, _),) = each_registered.account_store.links.values()
    await each_registered.account_store.claim_link(link.hash)
    await refuses(roles.withdraw_invitation(BOSS, open_.id, "too late"), "changed-meanwhile", Unavailable)


async def test_a_role_that_is_taken_back_ends_what_leans_on_it() -> None:
    each_registered = await registered()
    roles = roles_of(each_registered)
    ben = await each_registered.accounts.accept(await invited(each_registered), "ben", PASSWORD, "en")
    secret = await each_registered.accounts.open_session(ben)
    (held,) = await roles.held(BOSS, "s1")
    assert (held.login, held.grant, held.own) == ("ben", JUDGE, False)
    await refuses(roles.withdraw(BOSS, "s1", held.id, " "), "reason-needed")
    await refuses(roles.withdraw(BOSS, "s1", "unknown", "ill"), "no-such-role", NotFound)
    await refuses(roles.withdraw(STRANGER, "s1", held.id, "ill"), "role-needed", NotAllowed)

    await roles.withdraw(BOSS, "s1", held.id, "ill")

    kept = await each_registered.accounts.find(ben.id)
    assert kept
    assert (kept.grants, kept.withdrawals) == ((), 1)
    assert await each_registered.accounts.token_of(secret) is None
    assert [event.session for event in each_registered.told.of(SessionRevokedV1)] == [secret.split(".")[0]]
    assert await each_registered.account_store.unsettled() == []
    await refuses(roles.withdraw(BOSS, "s1", held.id, "ill"), "no-such-role", NotFound)
    (last, *_) = [line for line in await roles.records(BOSS, "s1") if line.what == "role-withdrawn"]
    assert (last.by, last.to, last.reason) == ("boss", "ben", "ill")


async def test_nobody_takes_back_their_own_role_or_one_of_the_series() -> None:
    each_registered = await registered()
    roles = roles_of(each_registered)
    each_registered.account_store.known_series["s1"] = "cup"
    own = await each_registered.accounts.register("boss", PASSWORD, [HOST])
    await each_registered.accounts.register("head", PASSWORD, [Grant(Role.CITY_ORGANIZER, "cup-*")])
    me = Principal(own.id, "s", "boss", "", (HOST,), 0, 0)
    held = {held_role.login: held_role.id for held_role in await roles.held(me, "s1")}
    await refuses(roles.withdraw(me, "s1", held["boss"], "tired"), "role-own")
    await refuses(roles.withdraw(me, "s1", held["head"], "not mine"), "role-needed", NotAllowed)


@pytest.mark.parametrize("who", [STRANGER, Principal("x", "s", "x", "", (), 0, 0)])
async def test_who_does_not_organize_the_season_sees_no_roles(who: Principal) -> None:
    roles = roles_of(await registered())
    await refuses(roles.held(who, "s1"), "role-needed", NotAllowed)
    await refuses(roles.records(who, "s1"), "role-needed", NotAllowed)


async def test_what_became_of_an_invitation_is_told_and_an_expired_one_is_sent_again() -> None:
    each_registered = await registered()
    roles, store = roles_of(each_registered), each_registered.account_store

    async def states() -> list[str]:
        return sorted(invitation.state for invitation in await roles.all_invitations(BOSS, "s1"))

    await invited(each_registered)
    (open_,) = await roles.all_invitations(BOSS, "s1")
    store.links.remove(next(iter(store.links.items())))  # the database forgets what has expired
    assert await states() == ["expired"]
    await refuses(
        roles.renew_invitation(BOSS, "unknown", "s1", each_registered.command()), "no-such-invitation", NotFound
    )
    secret = await roles.renew_invitation(BOSS, open_.id, "s1", each_registered.command())
    ben = await each_registered.accounts.accept(secret, "ben", PASSWORD, "en")
    assert ben.grants == (JUDGE,)
    assert await states() == ["accepted", "expired"]
    (accepted,) = [each for each in await roles.all_invitations(BOSS, "s1") if each.state == "accepted"]
    assert (accepted.to, accepted.grants) == ("ben", (JUDGE,))
    await refuses(roles.renew_invitation(BOSS, accepted.id, "s1", each_registered.command()), "invitation-closed")


async def test_who_made_an_invitation_changes_it_as_long_as_they_may_make_such() -> None:
    each_registered = await registered()
    roles, teaches = roles_of(each_registered), Grant(Role.INSTRUCTOR, "s1", "P01")
    school = Principal("sch", "s", "sch", "", (Grant(Role.SCHOOL_ADMIN, "s1", "P01"),), 0, 0)
    former = Principal("sch", "s", "sch", "", (Grant(Role.SCHOOL_ADMIN, "s1", "P02"),), 0, 0)
    await each_registered.accounts.invite(school.gives(teaches), by=school, days=2, command=each_registered.command())
    (own,) = await roles.invitations(school)
    assert [each.id for each in await roles.invitations(BOSS)] == [own.id], "the organizer sees it too"
    assert await roles.invitations(former) == []
    await refuses(roles.withdraw_invitation(former, own.id, "x"), "no-such-invitation", NotFound)
    again = each_registered.command("again")
    secret = await roles.renew_invitation(school, own.id, "s1", again)
    assert await roles.renew_invitation(school, own.id, "s1", each_registered.command("again")) == secret
    assert len(await roles.invitations(school)) == 1


async def test_invitations_roles_records_and_tokens_are_walked_in_pieces() -> None:
    """By API, like every list: each piece names the next, and none of them is left out or told twice."""
    each_registered = await registered()
    roles = roles_of(each_registered)
    for number in range(3):
        secret = await invited(each_registered, Grant(Role.JUDGE, "s1", ref=f"J{number}"))
        await each_registered.accounts.accept(secret, f"ben{number}", PASSWORD, "en")
        await invited(each_registered, Grant(Role.JUDGE, "s1", ref=f"K{number}"))
        await each_registered.account_store.add_session(Session(f"t{number}", "boss", "personal", 2**50 + number))
    app = FastAPI()
    app.include_router(account_routes.router)
    access = SimpleNamespace(roles=roles, accounts=each_registered.accounts)
    app.state.context = SimpleNamespace(access=access)
    app.dependency_overrides[require_user] = lambda: BOSS
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for path, many in (
            ("/invitations?season=s1&state=all", 6),
            ("/invitations", 3),
            ("/seasons/s1/roles", 3),
            ("/seasons/s1/role-records", 9),
            ("/tokens", 3),
        ):
            address = f"/registration/v1{path}"
            whole = (await client.get(address)).json()
            pieces, url = list[dict[str, object]](), f"{address}{'&' if '?' in address else '?'}limit=2"
            while url:
                answer = await client.get(url)
                assert len(answer.json()) <= 2
                pieces += answer.json()
                url = answer.links.get("next", {}).get("url", "")
            assert pieces == whole, path
            assert len(whole) == many, path
            if "all" in path:
                assert [item["state"] for item in whole] == ["open"] * 3 + ["accepted"] * 3
