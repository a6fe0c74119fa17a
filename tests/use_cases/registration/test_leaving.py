"""Withdrawing an entry at any time, and what is told of it: before judging, between rounds, in a later round, too late."""

from services.registration.application.entering import may_withdraw, withdraw
from services.registration.application.ports import StoredEntry
from shared.events.registration import EntryAmendedV1, EntryWithdrawnV1
from tests.support.refusals import refused
from tests.support.registered import JUDGING, Registered, registered
from tests.support.rules import LAST_JUDGING, at
from tests.use_cases.registration.test_teams_and_consent import two

LAST_OPENS, LAST_CLOSES = at(LAST_JUDGING["opens"]), at(LAST_JUDGING["closes"])


async def standing() -> tuple[Registered, StoredEntry]:
    """An entry that stands in a season of two rounds, and nothing told since."""
    there = await registered(two())
    entry = await there.submitted()
    there.told.forget()
    return there, entry


async def leaves(
    there: Registered, entry: StoredEntry, now: int, *, by: str = "", reason: str = "", closed: tuple[str, ...] = ()
) -> StoredEntry:
    season, owner = await there.season(), by or entry.owner
    return await withdraw(season, entry, reason, owner, now, there.store, closed=closed)


async def test_before_judging_it_is_out_of_the_season() -> None:
    there, entry = await standing()
    gone = await leaves(there, entry, JUDGING - 1)
    assert (gone.standing, gone.slots) == ("withdrawn", ())
    assert [event.standing for event in there.told.of(EntryAmendedV1)] == ["withdrawn"]
    assert there.told.of(EntryWithdrawnV1) == []


async def test_from_the_opening_of_judging_it_leaves_the_next_round_and_stays_in_the_season() -> None:
    for now in (JUDGING, LAST_OPENS - 1, LAST_OPENS, LAST_CLOSES):
        there, entry = await standing()
        after = await leaves(there, entry, now, reason=" 身体原因 ")
        (left,) = there.told.of(EntryWithdrawnV1)
        assert (left.entry, left.round, left.at, left.cause) == (entry.entry.entry, "last", now, "withdrawal")
        assert (after.standing, after.slots) == (entry.standing, entry.slots), "what it has reached stays"
        note = (await there.kept(entry)).history[-1]
        assert (note["what"], note["round"], note["reason"]) == ("withdrawal", "last", "身体原因")
        assert there.told.of(EntryAmendedV1) == []


async def test_a_round_is_left_once_and_one_that_is_over_or_closed_never() -> None:
    there, entry = await standing()
    season = await there.season()
    await leaves(there, entry, JUDGING)
    kept = await there.kept(entry)
    with refused("entry-gone"):
        await leaves(there, kept, LAST_OPENS)
    assert not may_withdraw(season, kept, (), LAST_OPENS)
    there, entry = await standing()
    assert may_withdraw(season, entry, (), LAST_CLOSES)
    for now, closed in ((LAST_CLOSES + 1, ()), (LAST_OPENS, ("last",))):
        assert not may_withdraw(season, entry, closed, now)
        with refused("withdrawal-after-judging"):
            await leaves(there, entry, now, closed=closed)


async def test_what_was_never_handed_in_leaves_no_round() -> None:
    there = await registered(two())
    drafted = await there.drafted()
    with refused("withdrawal-after-judging"):
        await leaves(there, drafted, JUDGING)


async def test_whoever_does_not_keep_it_states_why() -> None:
    for now in (JUDGING - 1, JUDGING):
        there, entry = await standing()
        with refused("reason-needed"):
            await leaves(there, entry, now, by="organizer", reason="  ")
        await leaves(there, entry, now, by="organizer", reason="学校来函")
        assert (await there.kept(entry)).history[-1]["by"] == "organizer"
