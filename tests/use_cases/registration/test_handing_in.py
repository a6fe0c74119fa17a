"""A class handed in at once: what is ready goes, and each of the others says what it lacks."""

from services.registration.application.handing_in import drafts_of, submit_each
from services.registration.application.ports import StoredEntry
from tests.support.registered import ADULT, YOUNG, registered


async def test_what_is_ready_is_handed_in_and_the_others_say_what_they_lack() -> None:
    """Keeps away: a teacher who opens thirty entries to press thirty buttons, and one that lacks something stops all."""
    season = await registered()
    grown, child, other = [
        await season.drafted(await season.student(name, birth), title=name)
        for name, birth in (("安娜", ADULT), ("本本", YOUNG), ("陈晨", ADULT))
    ]
    handed = await season.submitted(await season.student("丁丁"), title="先交的")

    async def drafts() -> list[tuple[str, str]]:
        entries: list[StoredEntry] = [await season.kept(entry) for entry in (grown, child, other, handed)]
        listed = await drafts_of(await season.season(), entries, season.works, season.clock.at)
        return [(item.stored.entry.title, item.obstacle.code if item.obstacle else "") for item in listed]

    assert await drafts() == [("安娜", ""), ("本本", "consent-missing"), ("陈晨", "")]

    entries = [await season.kept(entry) for entry in (grown, child, other, handed)]
    left = await submit_each(await season.season(), entries, season.works, season.store, by="teacher")

    assert [(item.stored.entry.title, item.obstacle and item.obstacle.code) for item in left] == [
        ("本本", "consent-missing"),
        ("先交的", "entry-submitted"),
    ]
    assert [(await season.kept(entry)).standing for entry in (grown, child, other)] == ["pending", "draft", "pending"]
    assert await drafts() == [("本本", "consent-missing")]
