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


async def somebody(registered: Registered, name: str = "安娜") -> Person:
    """A child by their own word."""
    season = await registered.season()
    return await person(
        registered, await enter_oneself(season, "P01", Name(name, ""), ADULT, registered.command(), registered.store)
    )


async def person(registered: Registered, identity: str) -> Person:
    stored_person = await registered.people.find(identity)
    assert stored_person
    return stored_person


def applicant(of: Person) -> Applicant:
    return Applicant(f"account of {of.id}", of.id, "P01")


async def joined(registered: Registered, *people: Person, accounts: Collection[str] = (), late: bool = False) -> Person:
    return await join(await registered.season(), people, accounts, "school", OPEN, registered.store, late=late)


async def test_those_who_look_alike_agree_in_name_and_month() -> None:
    each_registered = await registered()
    first, second, other = (
        await somebody(each_registered),
        await somebody(each_registered),
        await somebody(each_registered, "本"),
    )
    assert [{person.id for person in group} for group in look_alike([first, other, second])] == [{first.id, second.id}]


async def test_their_entries_go_over_to_whom_the_school_named() -> None:
    each_registered = await registered()
    who = await each_registered.student()
    named, first = await person(each_registered, who.person), await somebody(each_registered)
    entry = await each_registered.drafted(who, track="B")
    moved = await each_registered.drafted(applicant(first))

    kept = await joined(each_registered, first, named)

    assert kept.id == named.id
    assert (await each_registered.kept(moved)).members == (named.id,)
    assert (await each_registered.kept(entry)).members == (named.id,)
    assert (await each_registered.kept(moved)).history[-1]["what"] == "children-joined"
    gone = await person(each_registered, first.id)
    assert (gone.name, joined_into(gone.key)) == (NOBODY, named.id)


async def test_who_has_an_account_stays_and_is_the_schools_from_then_on() -> None:
    each_registered = await registered()
    first, second = await somebody(each_registered), await somebody(each_registered)
    kept = await joined(each_registered, first, second, accounts=[second.id])
    assert kept.id == second.id
    assert stated_by((await person(each_registered, second.id)).key) == ""


async def test_who_cannot_be_one_is_not_joined() -> None:
    each_registered = await registered()
    first, second, other = (
        await somebody(each_registered),
        await somebody(each_registered),
        await somebody(each_registered, "本"),
    )
    with refused("children-after-results"):
        await joined(each_registered, first, second, late=True)
    for people in ((first,), (first, other)):
        with refused("children-not-alike"):
            await joined(each_registered, *people)
    with refused("children-two-accounts"):
        await joined(each_registered, first, second, accounts=[first.id, second.id])


async def test_nobody_is_twice_in_one_team() -> None:
    each_registered = await registered()
    first, second = await somebody(each_registered), await somebody(each_registered)
    entry = await each_registered.drafted(applicant(first), track="B")
    await team_join(await each_registered.season(), entry, second.id, 9, "acc", OPEN, each_registered.store)
    with refused("children-one-team"):
        await joined(each_registered, first, second)
