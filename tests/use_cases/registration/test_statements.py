"""What a work states of itself, and entries of units: on drafts, at handing in, in sheets, and as judges are told."""

from typing import Any

import pytest

from services.registration.application.entering import edit, submit
from services.registration.application.forms import Applicant, application_of, find_applicant
from services.registration.application.imports import import_entries
from services.registration.application.ports import Season
from services.registration.application.rights import erase
from services.registration.application.transferring import transfer
from services.registration.domain.statements import HIDDEN_NAME, MOST_TEXT, without_names
from services.registration.domain.units import Unit
from shared.errors import Invalid
from shared.events.registration import EntryAcceptedV1, EntryAmendedV1
from shared.identity import Grant, Principal, Role
from shared.season.fields import is_web_address
from shared.season.rules import SeasonRules
from tests.support.refusals import invalid, refused
from tests.support.registered import OPEN, Registered, registered
from tests.support.rules import season_rules
from tests.use_cases.registration.test_files import rows

ASKS = {"description": "needed", "link": "optional"}
PAGE = "https://example.org/work?a=1"


def asking(**changes: Any) -> SeasonRules:
    tracks = season_rules().model_dump(mode="json")["tracks"]
    return season_rules(acceptance="submission", tracks=[{**tracks[0], "asks": ASKS}, *tracks[1:]], **changes)


@pytest.mark.parametrize(
    "text",
    ["http://a", "https://作品.example/路径", "https://a.example:8443/x#y", "HTTPS://A.EXAMPLE"],
)
def test_an_address_of_the_web_is_taken(text: str) -> None:
    assert is_web_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a/b",
        "//a/b",
        "a.example",
        "https://",
        "https:///x",
        "https://user:pw@a.example/",
        "https://a.example/ x",
        "https://a.example/\nx",
        'https://a.example/"x',
        "https://a.example\\@b.example",
        "https://a.example:99999/",
        "https://[::1",
        "https://a.example/" + "x" * 500,
    ],
)
def test_what_is_no_address_of_the_web_is_refused(text: str) -> None:
    assert not is_web_address(text)


WRONG: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"description": "x" * (MOST_TEXT + 1)}, ("description", "field-description")),
    ({"description": "a\x07b"}, ("description", "field-description")),
    ({"link": "javascript:alert(1)"}, ("link", "field-address")),
    ({"video": PAGE}, ("video", "field-not-asked")),
]


@pytest.mark.parametrize(("changes", "fault"), WRONG)
async def test_what_will_not_do_is_named(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    there = await registered(asking())
    with invalid("fields-invalid", fault):
        await there.drafted(**changes)


async def test_a_draft_may_lack_what_its_track_needs_and_is_not_handed_in_without() -> None:
    there = await registered(asking())
    who = await there.student()
    entry, season = await there.drafted(who), await there.season()
    with refused("statement-missing"):
        await submit(season, entry, OPEN, there.works, there.store, by="acc")
    form = application_of(entry, who)
    changed = await edit(season, entry, who, type(form)(**{**vars_of(form), "description": "看潮"}), OPEN, there.store)
    assert application_of(changed, who).description == "看潮"
    handed_in = await submit(season, changed, OPEN, there.works, there.store, by="acc")
    (told,) = there.told.of(EntryAcceptedV1)
    assert (handed_in.standing, told.description, told.link) == ("valid", "看潮", "")


def vars_of(form: Any) -> dict[str, Any]:
    return {name: getattr(form, name) for name in type(form).__dataclass_fields__}


async def test_judges_read_no_name_in_a_description() -> None:
    there = await registered(asking())
    text = "安娜和王老师一起看潮，anna 说很美。"
    await there.submitted(await there.student("安娜"), description=text, link=PAGE)
    (told,) = there.told.of(EntryAcceptedV1)
    assert told.description == f"{HIDDEN_NAME}和{HIDDEN_NAME}一起看潮，anna 说很美。"
    assert told.link == PAGE
    assert without_names("Anna and ANNA, not annals of 安", ["Anna", "安", ""]) == "＊ and ＊, not ＊ls of 安"
    assert without_names("李 小明和Li在little", ["李小明", "Li"]) == "＊和＊在little"


async def test_judges_read_no_name_and_no_school_in_a_title() -> None:
    there = await registered(asking())
    entry = await there.submitted(await there.student("安娜"), title="安娜的潮汐：一 校海边", description="一校")
    (told,) = there.told.of(EntryAcceptedV1)
    assert (told.title, told.blind_title) == ("安娜的潮汐：一 校海边", f"{HIDDEN_NAME}的潮汐：{HIDDEN_NAME}海边")
    assert told.description == HIDDEN_NAME
    there.told.forget()
    await transfer(await there.season(), entry, "P02", "合并", "host", OPEN, there.store, there.account_store)
    (moved,) = there.told.of(EntryAmendedV1)
    assert moved.blind_title == f"{HIDDEN_NAME}的潮汐：一 校海边", "the school that it is of"
    await there.submitted(await there.student("本"), title="潮汐", description="无")
    assert there.told.of(EntryAcceptedV1)[-1].blind_title == "", "nothing is told twice"


async def test_erasing_the_last_of_a_team_takes_what_the_work_states_and_tells_it() -> None:
    there = await registered(asking())
    entry = await there.submitted(description="看潮", link=PAGE)
    await erase([entry.members[0]], OPEN, there.erasures, there.works, there.remains, there.store)
    kept = await there.kept(entry)
    assert (kept.entry.description, kept.entry.link) == ("", "")
    assert there.told.of(EntryAmendedV1)[-1].description == ""


async def test_a_sheet_may_have_the_columns_and_its_row_falls_where_they_will_not_do() -> None:
    there = await registered(asking(), mode="records")
    content = rows({"description": "看潮", "link": PAGE}, {"entry": "E002", "link": "nowhere", "m1_name_zh": "本"})
    report = await import_entries(await there.season(), content, there.store)
    assert [(fell.column, fell.code) for fell in report.rejected] == [("link", "BAD_VALUE")]
    assert (await there.entries.of(there.id))["E001"].entry.description == "看潮"


def of_units(members: list[str] | None = None) -> SeasonRules:
    """Track A is for students; in track B a district enters, or a school."""
    rules = season_rules().model_dump(mode="json")
    levels = ["city", "district", "school"]
    divisions = [*rules["divisions"], {"id": "U", "title": {"zh": "单位"}, "unit_levels": ["district"]}]
    unit = {
        **rules["tracks"][1],
        "divisions": ["U"],
        "entrant": "unit",
        "members": members or ["0", "1"],
        "instructors": ["0", "0"],
    }
    return season_rules(
        acceptance="submission", unit_levels=levels, divisions=divisions, tracks=[rules["tracks"][0], unit]
    )


DISTRICT = Applicant("head", "", "D1", for_school=True)


async def united(**changes: Any) -> Registered:
    there = await registered(of_units(**changes))
    await there.units.save(there.id, [Unit("D1", "CITY", "district", "东区", "", "", 3)])
    return there


async def test_a_unit_enters_by_its_administrator_without_members_and_without_consents() -> None:
    there = await united()
    season = await there.season()
    entry = await there.drafted(DISTRICT, track="B", mates=(), instructors=(), grade=None)
    assert (entry.entry.unit, entry.entry.division, entry.members) == ("D1", "U", ())
    handed_in = await submit(season, entry, OPEN, there.works, there.store, by="head")
    (told,) = there.told.of(EntryAcceptedV1)
    assert (handed_in.standing, told.unit, told.members) == ("valid", "D1", ())


async def test_a_unit_enters_only_where_its_level_has_a_division_and_students_only_through_schools() -> None:
    there = await united()
    for who, track in (
        (DISTRICT, "A"),
        (Applicant("head", "", "P01", for_school=True), "B"),
        (Applicant("teacher", "", "D1"), "B"),
        (Applicant("head", "", "D9", for_school=True), "B"),
    ):
        with invalid("fields-invalid", ("track", "field-track")):
            await there.drafted(who, track=track, mates=(), instructors=(), grade=None)


async def test_a_unit_names_as_many_members_as_its_track_takes() -> None:
    there = await united(members=["1", "1"])
    with pytest.raises(Invalid) as error:
        await there.drafted(DISTRICT, track="B", mates=(), instructors=(), grade=None)
    assert error.value.errors[0]["code"] == "field-team-size"


def test_the_administrator_of_a_district_enters_only_where_units_do() -> None:
    who = Principal("head", "session", "login", "", (Grant(Role.DISTRICT_ORGANIZER, "s", "D1"),), 0, 0)
    assert find_applicant(who, Season("s", 1, "live", 1, of_units())) == DISTRICT
    assert find_applicant(who, Season("s", 1, "live", 1, season_rules())) is None
