"""What judges have yet to score is told by number, when it changed, and while a ballot can be written."""

from dataclasses import replace

from services.judging.application.counting_tasks import tell_tasks_left
from services.judging.domain.facts import Judge, JudgeRole
from shared.events.judging import TasksLeftV1
from tests.support.fakes.judged_season import AFTER_HEATS, DURING, DURING_FINAL, JUDGES, Judged, judged

J1, J2 = JUDGES


async def counted(each_judged: Judged) -> list[tuple[str, str, int, int]]:
    """One sweep; what it told: round, judge, version and count."""
    each_judged.told.forget()
    await tell_tasks_left([await each_judged.season()], each_judged.tasks_left, each_judged.store)
    return [(told.round, told.judge, told.version, told.left) for told in each_judged.told.of(TasksLeftV1)]


async def test_what_is_left_is_told_once_and_again_when_it_changed() -> None:
    each_judged = await judged()
    await each_judged.facts.save_judges(
        each_judged.id,
        [Judge("JA", "", ("B",), (), JudgeRole.AUTOMATIC), Judge("JR", "", ("A",), (), JudgeRole.RESERVE)],
    )
    assert await counted(each_judged) == [("heats", "J1", 1, 3), ("heats", "J2", 1, 3)], "no program, no idle reserve"
    assert await counted(each_judged) == []
    await each_judged.score("E1", 90, J1)
    assert await counted(each_judged) == [("heats", "J1", 2, 2)]


async def test_of_how_many_is_told_beside_what_is_left() -> None:
    """Keeps away: a bar of a judge's work that is full because nobody knew how long it is."""
    each_judged = await judged()
    await counted(each_judged)
    await each_judged.score("E1", 90, J1)
    await counted(each_judged)
    (told,) = each_judged.told.of(TasksLeftV1)
    assert (told.left, told.works) == (2, 3)
    each_judged.clock.at = AFTER_HEATS
    await counted(each_judged)
    assert {told.works for told in each_judged.told.of(TasksLeftV1)} == {0}, "nothing can be written any more"


async def test_nothing_is_left_before_a_round_opens_and_after_it_closes() -> None:
    each_judged = await judged(now=DURING - 30 * 86_400_000_000)
    assert await counted(each_judged) == []
    each_judged.clock.at = DURING
    assert len(await counted(each_judged)) == 2
    each_judged.clock.at = AFTER_HEATS
    assert await counted(each_judged) == [("heats", "J1", 2, 0), ("heats", "J2", 2, 0)]
    assert await counted(each_judged) == []


async def test_another_round_is_counted_by_itself_and_records_are_not() -> None:
    each_judged = await judged()
    await counted(each_judged)
    await each_judged.heats()
    await each_judged.close()
    each_judged.clock.at = DURING_FINAL
    assert {(round_id, judge) for round_id, judge, _, left in await counted(each_judged) if left} == {
        ("final", "J1"),
        ("final", "J2"),
    }
    kept = replace(await each_judged.season(), mode="records")
    assert await tell_tasks_left([kept], each_judged.tasks_left, each_judged.store) == 0
