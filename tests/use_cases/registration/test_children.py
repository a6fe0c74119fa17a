"""Children who may be one, and become one by the word of their school."""

from collections.abc import Collection

from services.registration.application.children import join, look_alike
from services.registration.application.forms import Applicant, enter_oneself
from services.registration.application.ports import Person
from services.registration.application.teams import join as team_join
from services.registration.domain.erasure import NOBODY
from services.registration.domain.people import Name, joined_into, stated_by
from tests.support.refusals import refused
from tests.support.registered import ADULT, OPEN, Registered, registered


async def somebody(one: Registered, name: str = "安娜") -> Person:
    """A child by their own word."""
    season = await one.season()
    return await person(one, await enter_oneself(season, "P01", Name(name, ""), ADULT, one.command(), one.store))


async def person(one: Registered, identity: str) -> Person:
    found = await one.people.find(identity)
    assert found
    return found


def applicant(of: Person) -> Applicant:
    return Applicant(f"account of {of.id}", of.id, "P01")


async def joined(one: Registered, *people: Person, accounts: Collection[str] = (), late: bool = False) -> Person:
    return await join(await one.season(), people, accounts, "school", OPEN, one.store, late=late)


async def test_those_who_look_alike_agree_in_name_and_month() -> None:
    one = await registered()
    first, second, other = await somebody(one), await somebody(one), await somebody(one, "本")
    assert [{found.id for found in group} for group in look_alike([first, other, second])] == [{first.id, second.id}]


async def test_their_entries_go_over_to_whom_the_school_named() -> None:
    one = await registered()
    who = await one.student()
    named, first = await person(one, who.person), await somebody(one)
    entry = await one.drafted(who, track="B")
    moved = await one.drafted(applicant(first))

    kept = await joined(one, first, named)

    assert kept.id == named.id
    assert (await one.kept(moved)).members == (named.id,)
    assert (await one.kept(entry)).members == (named.id,)
    assert (await one.kept(moved)).history[-1]["what"] == "children-joined"
    gone = await person(one, first.id)
    assert (gone.name, joined_into(gone.key)) == (NOBODY, named.id)


async def test_who_has_an_account_stays_and_is_the_schools_from_then_on() -> None:
    one = await registered()
    first, second = await somebody(one), await somebody(one)
    kept = await joined(one, first, second, accounts=[second.id])
    assert kept.id == second.id
    assert stated_by((await person(one, second.id)).key) == ""


async def test_who_cannot_be_one_is_not_joined() -> None:
    one = await registered()
    first, second, other = await somebody(one), await somebody(one), await somebody(one, "本")
    with refused("children-after-results"):
        await joined(one, first, second, late=True)
    for people in ((first,), (first, other)):
        with refused("children-not-alike"):
            await joined(one, *people)
    with refused("children-two-accounts"):
        await joined(one, first, second, accounts=[first.id, second.id])


async def test_nobody_is_twice_in_one_team() -> None:
    one = await registered()
    first, second = await somebody(one), await somebody(one)
    entry = await one.drafted(applicant(first), track="B")
    await team_join(await one.season(), entry, second.id, 9, "acc", OPEN, one.store)
    with refused("children-one-team"):
        await joined(one, first, second)
