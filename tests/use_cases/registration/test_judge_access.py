"""How judges come in and are let go, without a page."""

import pytest

from services.registration.application.arrivals import Arrival
from services.registration.application.drafting import amend_by_draft, amendment_hash
from services.registration.application.judge_access import (
    JudgeAccess,
    access_of,
    invite_judge,
    stop_judge,
    withdraw_letters,
)
from services.registration.application.judges import INVITATION_DAYS, Invitations, record_judge
from services.registration.application.roles import RENEWED_DAYS, Roles
from services.registration.domain.judges import Judge, JudgeForm
from shared.errors import NotFound
from shared.identity import Grant, Principal, Role
from shared.season.writing import write_rules
from tests.support.fakes.drafts import DraftsInMemory
from tests.support.fakes.registration import RoleStore
from tests.support.refusals import refused
from tests.support.registered import OPEN, Registered, registered
from tests.support.rules import season_rules

HOST = Principal("host", "s", "host", "", (Grant(Role.CITY_ORGANIZER, "*"),), 0, 2**60)


class Jury:
    """One judge of a season, and the ways in."""

    def __init__(self, each: Registered, judge: Judge) -> None:
        self.each, self.judge = each, judge
        self.roles = Roles(RoleStore(each.account_store, each.clock), each.accounts, each.account_store)
        self.invitations = Invitations(each.accounts, each.account_store)

    async def access(self) -> JudgeAccess:
        return (await access_of(await self.each.season(), [self.judge], HOST, self.roles))[self.judge.judge]

    async def invite(self) -> tuple[str, int]:
        season, access = await self.each.season(), await self.access()
        command, judges = self.each.command(), self.each.judges
        letter = await invite_judge(season, self.judge, access, HOST, command, judges, self.invitations, self.roles)
        return letter.secret, letter.days


@pytest.fixture
async def jury() -> Jury:
    each = await registered()
    form = JudgeForm("J1", "陈评委", "138", "scoring", ("A",), (), "", ())
    return Jury(each, await record_judge(await each.season(), form, HOST, each.store, each.judges, each.audit))


async def test_a_judge_comes_in_step_by_step(jury: Jury) -> None:
    assert (await jury.access()).stage is Arrival.UNINVITED
    _, days = await jury.invite()
    assert days == INVITATION_DAYS
    assert (await jury.access()).stage is Arrival.UNOPENED
    secret, days = await jury.invite()
    assert days == RENEWED_DAYS
    await jury.each.accounts.open_invitation(secret, OPEN)
    assert (await jury.access()).stage is Arrival.OPENED
    await jury.each.accounts.accept(secret, "chen", "four calm herons", "zh")
    access = await jury.access()
    assert (access.stage, access.waiting) == (Arrival.JOINED, ())
    with refused("judge-has-joined"):
        await jury.invite()


async def test_only_what_waits_is_withdrawn_and_only_who_has_joined_is_stopped(jury: Jury) -> None:
    season = await jury.each.season()
    with refused("no-such-invitation", NotFound):
        await withdraw_letters(await jury.access(), HOST, "ill", jury.roles)
    with refused("judge-not-joined", NotFound):
        await stop_judge(season, await jury.access(), HOST, "ill", jury.roles)
    for _ in range(2):
        secret, _ = await jury.invite()
    with refused("reason-needed"):
        await withdraw_letters(await jury.access(), HOST, " ", jury.roles)
    await withdraw_letters(await jury.access(), HOST, "ill", jury.roles)
    with refused("link-spent", NotFound):
        await jury.each.accounts.invitation(secret)
    assert (await jury.access()).stage is Arrival.UNINVITED


async def test_another_season_and_another_look_amend_nothing() -> None:
    """Keeps away: rules of next year's draft in force this year, or a change that nobody looked at."""
    each, drafts = await registered(), DraftsInMemory()
    season, rules = await each.season(), season_rules(sponsors=[{"zh": "另一个"}])
    draft = await drafts.add(each.command(), HOST.account, season.id, write_rules(rules), OPEN)
    other = rules.model_copy(update={"season": rules.season.model_copy(update={"id": "spring-2031"})})
    seen = amendment_hash(season, rules)
    with refused("amend-other-season"):
        await amend_by_draft(draft, other, seen, "x", HOST, each.store, drafts, each.audit)
    with refused("amend-otherwise"):
        await amend_by_draft(draft, rules, "x", "x", HOST, each.store, drafts, each.audit)
    assert (await amend_by_draft(draft, rules, seen, "x", HOST, each.store, drafts, each.audit)).version == 2
