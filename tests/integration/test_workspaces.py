"""The workspace of a season and one's own page: each role finds what is theirs, and the counts are those of the lists."""

import re
from collections.abc import Iterator

import pytest

from laurel.client import Client
from tests.integration.test_lifecycle import UNITS, handed_in, rules
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, decides, invited, student
from tests.support.seasons import open_season

MENU = re.compile(r'<nav class="menu".*?</nav>', re.DOTALL)
LINK = re.compile(r'href="([^"]+)"')


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, rules(), units=UNITS)


@pytest.fixture(scope="module")
def host(installation: ThreeProcesses, operator: Client, season: str) -> Iterator[Browsing]:
    with invited(installation, operator, role="city-organizer", season=season) as browsing:
        yield browsing


def menu(page: str) -> list[str]:
    """The addresses of the page's menu, but for the way out of the season."""
    shown = MENU.search(page)
    return [address for address in LINK.findall(shown[0]) if address != "/registration/me"] if shown else []


def test_an_organizer_goes_through_the_whole_menu(host: Browsing, season: str) -> None:
    """Every page that the menu leads to opens, has the same sections, and marks itself once."""
    sections = menu(host.get(f"/registration/seasons/{season}/overview").text)
    assert len(sections) == 8
    for section in sections:
        pages = set(menu(host.get(section).text)) | {section}
        for address in sorted(pages):
            answer = host.get(address)
            assert answer.status_code == 200, f"{address}: {answer.status_code}"
            assert set(sections) <= set(menu(answer.text)), address
            assert answer.text.count('aria-current="page"') in (2, 3), f"{address}: in the menu and in the way to it"
            assert 'class="crumb"' in answer.text


def test_every_page_of_the_menu_opens_in_a_season_kept_in_records(operator: Client) -> None:
    """Keeps away: a menu that leads to a refusal, because a page was only thought of for seasons that are live."""
    season = open_season(operator, rules(), mode="records", units=UNITS)
    sections = menu(operator.call("GET", f"/registration/seasons/{season}/overview").text)
    for section in sections:
        for address in {*menu(operator.call("GET", section).text), section}:
            page = operator.call("GET", address)
            assert page.status_code == 200, address
            assert "/import" not in " ".join(menu(page.text))


def test_a_page_below_another_says_so(operator: Client, host: Browsing, season: str) -> None:
    entry = handed_in(operator, season, "P01", 1)[0]

    page = host.get(f"/registration/entries/{season}/{entry}").text

    assert f"/registration/seasons/{season}/desk" in menu(page)
    assert 'aria-current="true"' in (MENU.search(page) or [""])[0]
    assert re.search(r'<span aria-current="page">作品 \w+</span>', page), "the way ends at the entry"


def test_others_do_not_get_the_organizers_menu(installation: ThreeProcesses, operator: Client, season: str) -> None:
    with invited(installation, operator, role="school-admin", season=season, unit="P01") as school:
        own = menu(school.get(f"/registration/seasons/{season}/desk").text)
        assert f"/registration/seasons/{season}/students" in own
        assert not {f"/registration/seasons/{season}/rules", f"/judging/seasons/{season}/results"} & set(own)
        answers = {school.get(address).status_code for address in own}
        assert answers <= {200, 303}, "a school that files one summary is led to it"
        assert school.get(f"/registration/seasons/{season}/overview").status_code == 403
    operator.wait_for("judging", lambda: operator.get(f"/judging/v1/seasons/{season}"))
    operator.call("PUT", f"/judging/v1/seasons/{season}/judges/JX", json={"tracks": ["A"]})
    with invited(installation, operator, role="judge", season=season, ref="JX") as judge:
        page = judge.get(f"/judging/seasons/{season}/tasks").text
        assert menu(page) == [f"/judging/seasons/{season}/{name}" for name in ("tasks", "rubric")]
        assert 'class="crumb"' in page
    with student(installation, season, "P01") as pupil:
        entry = pupil.registers(season)
        page = pupil.get(f"/registration/entries/{season}/{entry}").text
        assert menu(page) == []
        assert 'class="crumb"' not in page


def test_the_overview_counts_what_the_lists_show(operator: Client, host: Browsing) -> None:
    season = open_season(operator, rules(), units=UNITS)
    handed_in(operator, season, "P01", 2)
    with_host = operator.call("GET", f"/registration/seasons/{season}/overview").text

    assert f'href="/registration/seasons/{season}/desk?standing=pending">2</a>' in with_host.replace("&amp;", "&")
    assert operator.call("GET", f"/registration/seasons/{season}/desk?standing=pending").text.count('name="entry"') == 2


def test_programs_read_the_overview(
    installation: ThreeProcesses, operator: Client, season: str, host: Browsing
) -> None:
    told = operator.get(f"/registration/v1/seasons/{season}/overview")

    assert [phase["name"] for phase in told["phases"] if phase["state"] == "now"] == ["registration"]
    assert told["due"]["what"] == "registration-closes"
    assert {task["what"]: task["state"] for task in told["missing"]}["schools"] == "done"
    assert host.get(f"/registration/v1/seasons/{season}/overview").status_code == 200
    with student(installation, season, "P01") as pupil:
        assert pupil.get(f"/registration/v1/seasons/{season}/overview").status_code == 403


def test_an_organizers_own_page_has_a_card_for_the_season(host: Browsing, season: str) -> None:
    mine = host.get("/registration/me").text

    assert f'href="/registration/seasons/{season}/overview"' in mine
    assert "筹备新赛季" in mine
    assert "/registration/tokens" in mine


def test_a_students_own_page_says_what_to_do_now(installation: ThreeProcesses, season: str) -> None:
    with student(installation, season, "P01") as pupil:
        empty = pupil.get("/registration/me").text
        assert f'href="/registration/seasons/{season}/register"' in empty, "an empty page says where to begin"
        entry = pupil.registers(season)
        assert "请家长或监护人同意" in pupil.get("/registration/me").text
        decides(pupil.consent_link(season, entry))
        assert "检查一下，然后提交" in pupil.get("/registration/me").text
        pupil.acts(season, entry, "submit")
        mine = pupil.get("/registration/me").text
        assert "检查一下，然后提交" not in mine
        assert "/registration/tokens" not in mine, "tokens for programs are for the staff"
        assert "筹备新赛季" not in mine


def test_a_schools_own_page_counts_its_own_entries(installation: ThreeProcesses, operator: Client, season: str) -> None:
    handed_in(operator, season, "P03", 2)
    with invited(installation, operator, role="school-admin", season=season, unit="P03") as school:
        mine = school.get("/registration/me").text
        assert f'href="/registration/seasons/{season}/desk?standing=pending">2</a>' in mine
        assert f'href="/registration/seasons/{season}/register"' in mine


def test_a_judges_own_page_leads_to_the_tasks(installation: ThreeProcesses, operator: Client, season: str) -> None:
    with invited(installation, operator, role="judge", season=season, ref="JY") as judge:
        mine = judge.get("/registration/me").text
        assert f'href="/judging/seasons/{season}/tasks"' in mine
        assert "现在没有要评的作品" in mine


def test_organizers_without_a_season_are_told_how_to_begin(installation: ThreeProcesses, operator: Client) -> None:
    with invited(installation, operator, role="city-organizer", season="nothing-yet-*") as somebody:
        mine = somebody.get("/registration/me").text
        assert "还没有赛季" in mine
        assert 'href="/registration/season-drafts"' in mine


def test_a_verdict_for_all_of_a_filter_reaches_no_more_than_the_page_said(
    installation: ThreeProcesses, operator: Client
) -> None:
    """Keeps away: entries approved that nobody saw, because they came in while somebody looked at the list."""
    made = {**rules(), "review_steps": ["city"]}
    made.pop("nominations")
    season = open_season(operator, made, units=UNITS)
    first, _ = handed_in(operator, season, "P01", 2)
    elsewhere = handed_in(operator, season, "P02", 1)[0]
    desk, wanted = f"/registration/seasons/{season}/desk", "standing=pending&unit=P01"
    with invited(installation, operator, role="city-organizer", season=season) as city:
        assert 'name="whole"' not in city.get(desk).text, "only where one standing is chosen"
        assert re.search(r'name="whole"\s+value="2"', city.get(f"{desk}?{wanted}").text)
        third = handed_in(operator, season, "P01", 1)[0]
        review = f"/registration/seasons/{season}/review?{wanted}"
        refused = city.post(review, {"verdict": "approved", "whole": "2"})
        assert refused.status_code == 409
        assert "这期间清单变了" in refused.text, "list-otherwise"
        assert city.post(review, {"verdict": "approved", "whole": "3"}).status_code == 303
    stands = {
        number: operator.get(f"/registration/v1/seasons/{season}/entries/{number}")["standing"]
        for number in (first, third, elsewhere)
    }
    assert stands == {first: "valid", third: "valid", elsewhere: "pending"}


def test_what_was_ticked_stays_ticked_after_an_error(operator: Client, host: Browsing, season: str) -> None:
    entry = handed_in(operator, season, "P02", 1)[0]

    answer = host.post(f"/registration/seasons/{season}/review", {"entry": entry, "verdict": "returned", "reason": ""})

    assert answer.status_code == 409
    assert re.search(rf'name="entry"\s+value="{entry}"\s+checked', answer.text)


def test_each_filter_in_use_has_a_way_out_that_keeps_the_others(host: Browsing, season: str) -> None:
    page = host.get(f"/registration/seasons/{season}/desk?standing=pending&track=A&q=x").text.replace("&amp;", "&")

    chips = re.findall(r'class="chip" href="\?([^"]*)"', page)
    assert {frozenset(chip.split("&")) for chip in chips} == {
        frozenset({"standing=pending", "track=A"}),
        frozenset({"standing=pending", "q=x"}),
    }
    assert re.search(r'href="\?(track=A&q=x|q=x&track=A)"\s*>', page), "the tab of all keeps the filter"
