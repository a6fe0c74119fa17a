"""The fields of one's own that a track asks for: on drafts, at handing in, in sheets, and as judges are told."""

from typing import Any

import pytest

from services.registration.application.direct import submit_entry
from services.registration.application.entering import edit, submit
from services.registration.application.forms import application_of
from services.registration.application.rights import erase
from services.registration.domain.statements import HIDDEN_NAME
from shared.events.registration import EntryAcceptedV1, EntryAmendedV1
from shared.season.fields import Answer
from shared.season.rules import SeasonRules
from tests.support.refusals import invalid, refused
from tests.support.registered import OPEN, form, registered
from tests.support.rules import season_rules, title

PLACE = {
    "id": "place",
    "title": title("研究场所"),
    "type": "text",
    "required": "true",
    "judges": "true",
    "max_length": "12",
}
COST = {"id": "cost", "title": title("花费"), "type": "number", "decimals": "1", "max": "100"}
DAY = {"id": "day", "title": title("日期"), "type": "date", "min": "2025-01-01", "judges": "true"}
KIND = {
    "id": "kind",
    "title": title("类别"),
    "type": "choice",
    "many": "true",
    "choices": [{"id": "sea", "title": title("海")}, {"id": "sky", "title": title("天")}],
    "judges": "true",
    "public": "true",
}
SITE = {"id": "site", "title": title("网址"), "type": "url"}
OWN = {"id": "own", "title": title("原创承诺"), "type": "yes-no", "must": "true", "required": "true"}
FIELDS = [PLACE, COST, DAY, KIND, SITE, OWN]
ANSWERS = {
    "place": "海边",
    "cost": "12.5",
    "day": "2025-03-01",
    "kind": "sea;sky",
    "site": "https://a.example",
    "own": "yes",
}


def asking(**changes: Any) -> SeasonRules:
    """Track A asks six things of its own; the others none."""
    tracks = season_rules().model_dump(mode="json")["tracks"]
    return season_rules(acceptance="submission", tracks=[{**tracks[0], "fields": FIELDS}, *tracks[1:]], **changes)


WRONG: list[tuple[dict[str, str], tuple[str, str]]] = [
    ({"place": "x" * 13}, ("f_place", "field-too-long")),
    ({"place": "a\x07b"}, ("f_place", "field-bad-sign")),
    ({"cost": "1.25"}, ("f_cost", "field-bad-number")),
    ({"cost": "１２"}, ("f_cost", "field-bad-number")),
    ({"cost": "100.1"}, ("f_cost", "field-out-of-range")),
    ({"cost": "-1"}, ("f_cost", "field-out-of-range")),
    ({"day": "2025-02-30"}, ("f_day", "field-bad-date")),
    ({"day": "20250301"}, ("f_day", "field-bad-date")),
    ({"day": "2024-12-31"}, ("f_day", "field-out-of-range")),
    ({"kind": "sea;sea"}, ("f_kind", "field-bad-value")),
    ({"kind": "land"}, ("f_kind", "field-bad-value")),
    ({"site": "https://localhost/"}, ("f_site", "field-bad-url")),
    ({"own": "no"}, ("f_own", "field-must-agree")),
    ({"own": "ja"}, ("f_own", "field-bad-value")),
    ({"else": "x"}, ("f_else", "field-not-asked")),
]


@pytest.mark.parametrize(("answers", "fault"), WRONG)
async def test_an_answer_that_will_not_do_is_named_at_its_field(
    answers: dict[str, str], fault: tuple[str, str]
) -> None:
    """Keeps away: an answer that one way in takes and another refuses, or that is refused without saying where."""
    there = await registered(asking())
    with invalid("fields-invalid", fault):
        await there.drafted(fields=answers)


async def test_a_draft_may_lack_what_is_required_and_is_not_handed_in_without() -> None:
    """Keeps away: an entry handed in without what the organizer requires."""
    there = await registered(asking())
    who = await there.student()
    entry, season = await there.drafted(who, fields={"cost": " 12.5 ", "site": ""}), await there.season()
    assert entry.entry.answers == (Answer("cost", "12.5", "number"),)
    with refused("statement-missing"):
        await submit(season, entry, OPEN, there.works, there.store, by="acc")
    answered = form(grade=application_of(entry, who).grade, fields=ANSWERS)
    changed = await edit(season, entry, who, answered, OPEN, there.store)
    assert application_of(changed, who).fields == ANSWERS
    handed_in = await submit(season, changed, OPEN, there.works, there.store, by="acc")
    assert handed_in.standing == "valid"


async def test_what_is_handed_in_whole_stays_a_draft_without_a_required_answer() -> None:
    """Keeps away: a program that hands in what the page would not."""
    there = await registered(asking())
    who, season = await there.student(), await there.season()
    entry = await submit_entry(season, who, form(), paper=False, command=there.command(), store=there.store)
    whole = await submit_entry(
        season, await there.student("本"), form(fields=ANSWERS), paper=False, command=there.command(), store=there.store
    )
    assert (entry.standing, whole.standing) == ("draft", "valid")


async def test_judges_are_told_what_they_are_to_read_without_names_and_nothing_else() -> None:
    """Keeps away: an answer given in confidence, or a name, that a judge reads."""
    there = await registered(asking())
    await there.submitted(await there.student("安娜"), fields={**ANSWERS, "place": "一校安娜家"})
    (told,) = there.told.of(EntryAcceptedV1)
    assert told.fields == {"place": f"{HIDDEN_NAME}{HIDDEN_NAME}家", "day": "2025-03-01", "kind": "sea;sky"}


async def test_erasing_the_last_of_a_team_takes_the_answers_and_tells_it() -> None:
    there = await registered(asking())
    entry = await there.submitted(fields=ANSWERS)
    await erase(entry.members[0], OPEN, there.erasures, there.works, there.remains, there.store)
    assert (await there.kept(entry)).entry.answers == ()
    assert there.told.of(EntryAmendedV1)[-1].fields == {}


async def test_another_track_asks_its_own() -> None:
    """Keeps away: an answer that is kept where its track does not ask it."""
    there = await registered(asking())
    with invalid("fields-invalid", ("f_place", "field-not-asked")):
        await there.drafted(track="B", fields={"place": "海边"})
