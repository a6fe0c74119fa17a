"""The menu of a season's workspace: every staff page stands in it once, every link leads somewhere, nobody gets what is not theirs."""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from fastapi.routing import iter_route_contexts

from shared.identity import Grant, Principal, Role
from shared.season.text import LANGUAGES
from shared.web.translation import shared_catalog
from shared.web.workspace import MENU, Link, StaffPage, workspace
from tests.contract.test_routes import application
from tests.rights import table
from tests.support.pages import Made, all_pages
from tests.support.rules import two_rounds
from tests.support.stage import Stage

ROOT = Path(__file__).parents[2]
SERVICES = ("registration", "judging", "certificates")
PAGES = [page for section in MENU for page in section.pages]
IN_RIGHTS = {
    "host": Role.CITY_ORGANIZER,
    "auditor": Role.AUDITOR,
    "district": Role.DISTRICT_ORGANIZER,
    "school": Role.SCHOOL_ADMIN,
    "chief": Role.CHIEF_JUDGE,
    "judge": Role.JUDGE,
}
"""Who the identities of the rights table are in the season's staff."""


def staff_templates() -> dict[str, str]:
    """The key that each template of the workspace says, by the template's name."""
    keys = {}
    for file in ROOT.glob("services/*/entrypoints/templates/*.html"):
        text = file.read_text()
        if "{% extends 'workspace.html' %}" in text:
            said = re.findall(r"\{% set staff_page = '([a-z-]+)' %\}", text)
            assert len(said) == 1, file.name
            keys[f"{file.parts[-4]}/{file.name}"] = said[0]
    return keys


def test_every_page_of_the_menu_stands_there_once() -> None:
    for values in (Counter(page.key for page in PAGES), Counter(page.address for page in PAGES)):
        assert [value for value, count in values.items() if count > 1] == []


def test_every_link_of_the_menu_is_a_route_of_its_service(tmp_path: Path) -> None:
    for service in SERVICES:
        routes = {
            route.path
            for route in iter_route_contexts(application(service, tmp_path).routes)
            if route.path and route.methods and "GET" in route.methods
        }
        for page in PAGES:
            if page.address.startswith(f"/{service}/"):
                assert page.address.replace("{season}", "{season_id}") in routes, page.key


def test_the_menu_offers_a_page_to_those_whom_the_rights_let_in() -> None:
    """Keeps away: a link that ends in a refusal, and a page that somebody may use and never finds."""
    rows = {row.path: row for row in table.read() if row.method == "GET"}
    for page in PAGES:
        row = rows[page.address.replace("{season}", "{season_id}")]
        let_in = {role for name, role in IN_RIGHTS.items() if row.here[name] == table.IN}
        assert set(page.who) == let_in, page.key


def test_every_template_of_the_workspace_says_a_page_of_the_menu_and_every_page_has_one() -> None:
    keys = staff_templates()

    assert set(keys.values()) == {page.key for page in PAGES}


def test_every_staff_page_of_a_season_in_the_list_of_pages_has_its_place_in_the_menu() -> None:
    """Keeps away: a new page that nobody can find. A page below another one has the address of that one before its own."""
    stage = cast("Stage", SimpleNamespace(live="S", example="S"))
    made = Made(*("x" for _ in Made.__dataclass_fields__))
    addresses = {page.path("S") for page in PAGES} | {"/judging/seasons/S/steps"}  # that results and the chief lead to
    for shown in all_pages(stage, made):
        path = shown.address.split("?")[0]
        inside = re.match(r"/(registration|judging|certificates)/seasons/S\b", path)
        if inside is None or shown.role in ("", "student", "awarded"):
            continue
        within = [address for address in addresses if path == address or path.startswith(f"{address}/")]
        assert within, shown.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_menu_has_its_words(language: str) -> None:
    t = shared_catalog().translator(language)
    for section in MENU:
        assert t(f"section-{section.key}")
    assert len({t(f"page-{page.key}") for page in PAGES}) == len(PAGES)


def somebody(*grants: Grant, series: Mapping[str, str] | None = None) -> Principal:
    return Principal("a", "s", "login", "", grants, 0, 0, "session", series or {})


def texts(links: tuple[Link, ...]) -> list[str]:
    return [link.text.partition("-")[2] for link in links]


RULES = two_rounds()


def test_an_organizer_gets_sections_and_only_the_open_one_unfolds() -> None:
    framed = workspace(somebody(Grant(Role.CITY_ORGANIZER, RULES.id)), RULES, "live", "board")

    assert framed is not None
    assert texts(framed.menu) == [section.key for section in MENU]
    assert [link.text for link in framed.menu if link.below] == ["section-entries"]
    assert [page.text for link in framed.menu for page in link.below if page.here] == ["page-board"]
    assert [link.text for link in framed.trail] == ["nav-mine", "", "section-entries", "page-board"]


def test_a_section_of_one_page_does_not_repeat_itself() -> None:
    framed = workspace(somebody(Grant(Role.CITY_ORGANIZER, RULES.id)), RULES, "live", "reminders")

    assert framed is not None
    assert [link.text for link in framed.trail] == ["nav-mine", "", "section-messages"]
    assert framed.menu[-2].here
    assert framed.menu[-2].below == ()


def test_a_school_gets_its_own_pages_side_by_side() -> None:
    framed = workspace(somebody(Grant(Role.SCHOOL_ADMIN, RULES.id, "S1")), RULES, "live", "import")

    assert framed is not None
    assert texts(framed.menu)[:3] == ["desk", "board", "import"]
    assert not any(link.text.startswith("section-") for link in framed.menu)
    assert [link.text for link in framed.trail] == ["nav-mine", "", "page-import"]


def test_a_judge_has_works_and_rubric_side_by_side() -> None:
    framed = workspace(somebody(Grant(Role.JUDGE, RULES.id, ref="JA")), RULES, "live", "tasks")

    assert framed is not None
    assert [link.text for link in framed.menu] == ["page-tasks", "page-rubric"]
    assert framed.trail[-1].text == "page-tasks"


@pytest.mark.parametrize(
    "principal",
    [
        None,
        somebody(Grant(Role.STUDENT, RULES.id, "S1")),
        somebody(Grant(Role.CITY_ORGANIZER, "another")),
        somebody(Grant(Role.SCHOOL_ADMIN, RULES.id)),
    ],
    ids=["nobody", "student", "organizer elsewhere", "school without a school"],
)
def test_others_get_no_menu(principal: Principal | None) -> None:
    assert workspace(principal, RULES, "live", "desk") is None


def test_an_organizer_of_the_series_and_whoever_runs_the_installation_get_the_menu() -> None:
    of_series = somebody(Grant(Role.CITY_ORGANIZER, "LH-*"), series={RULES.id: "LH"})

    for principal in (of_series, somebody(Grant(Role.OPERATOR))):
        framed = workspace(principal, RULES, None, "desk")
        assert framed is not None
        assert len(framed.menu) == len(MENU)


def test_what_does_not_apply_to_the_season_is_left_out() -> None:
    """A season kept in records takes no sheets of classes; one without works holds back no files."""
    organizer = somebody(Grant(Role.CITY_ORGANIZER, RULES.id))

    def offered(mode: str, key: str, **changes: object) -> set[str]:
        framed = workspace(organizer, RULES.model_copy(update=changes), mode, key)  # type: ignore[arg-type]
        assert framed is not None
        return {page.text for link in framed.menu for page in link.below}

    assert "page-import" in offered("live", "desk")
    assert "page-import" not in offered("records", "desk")
    assert "page-held-copies" not in offered("live", "chief", works={})
    assert "page-summaries" not in offered("live", "units", unit_award=None)


def test_every_page_knows_its_address() -> None:
    assert StaffPage("x", "/registration/seasons/{season}/x", ()).path("2026") == "/registration/seasons/2026/x"
