"""The form of an entry as a child meets it: first a track, then only what that track asks for."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.people import Browsing, invited, student
from tests.support.seasons import new_season, open_season


def rules() -> dict[str, Any]:
    """Track A for one child with a description, B for teams of older children, each with files of its own."""
    made = new_season(acceptance="submission")
    first, second = made["tracks"][:2]
    first["asks"], first["members"], first["instructors"] = {"description": "needed"}, ["1", "1"], ["0", "1"]
    second["members"], second["divisions"], second["instructors"] = ["1", "3"], ["J"], ["0", "0"]
    made["works"] = {"A": {"files": ["1", "2"], "types": ["pdf", "image"]}}
    made["unit_award"] = made["instructor_award"] = None
    return {name: value for name, value in made.items() if value}


@pytest.fixture(scope="module")
def season(operator: Client) -> str:
    return open_season(operator, rules())


@pytest.fixture(scope="module")
def child(installation: ThreeProcesses, season: str) -> Iterator[Browsing]:
    with student(installation, season, "P01") as browsing:
        yield browsing


def names(page: str) -> set[str]:
    """The fields of a page that people fill in."""
    controls = re.findall(r"<(?:input|select|textarea)[^>]*>", page)
    return {name for tag in controls if 'type="hidden"' not in tag for name in re.findall(r'name="([^"]+)"', tag)}


def kept(page: str) -> dict[str, str]:
    """What a page keeps hidden."""
    pairs = re.findall(r'<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', page)
    return {name: unescape(value) for name, value in pairs}


def test_first_the_track_with_what_it_is_for(season: str, child: Browsing) -> None:
    page = child.get(f"/registration/seasons/{season}/register").text
    assert names(page) == set(), "nothing to fill in yet"
    assert re.findall(r'name="track"\s+value="(\w+)"', page) == ["A", "B"]
    for text in (
        "一个人参赛",
        "1–3 人，可以组队",
        "要交 1–2 个文件：PDF、图片",
        "不用交文件",
        "七年级（初一）到九年级（初三）",
    ):
        assert text in page, text


def test_then_only_its_fields(season: str, child: Browsing) -> None:
    here = f"/registration/seasons/{season}/register"
    alone, team = child.get(f"{here}?track=A").text, child.get(f"{here}?track=B").text
    assert names(alone) == {"grade", "title", "description", "language", "i1_name"}
    mates = {f"m{number}_{part}" for number in (2, 3) for part in ("name", "birth", "grade")}
    assert names(team) == {"grade", "title", "language", *mates}
    assert re.search(r'<details class="fold"\s*>', team), "folded until somebody wants it"
    assert "六年级" in alone
    assert "十年级" not in alone
    assert child.get(f"{here}?track=nothing").status_code == 200, "an address of somebody's own is no fault"


def test_all_errors_at_once_and_nothing_is_lost(season: str, child: Browsing) -> None:
    sent = {"track": "B", "title": "", "grade": "8", "m2_name": "测试王明", "m2_birth": "2014", "m2_grade": "7"}
    answer = child.post(f"/registration/seasons/{season}/register", sent)
    assert answer.status_code == 422
    assert 'href="#title"' in answer.text
    assert 'href="#m2_birth"' in answer.text
    assert 'value="测试王明"' in answer.text
    assert re.search(r'<option value="8"\s+selected', answer.text)
    assert re.search(r'class="fold"\s+open', answer.text)


def test_another_track_keeps_what_was_typed(season: str, child: Browsing) -> None:
    """A child who changes their mind must not write everything again."""
    here, title = f"/registration/seasons/{season}/register", f"回声 {uuid4().hex[:6]}"
    sent = {"track": "B", "title": title, "grade": "7", "m2_name": '测试"李"', "act": "another-track"}
    choice = child.post(here, sent)
    assert choice.status_code == 200
    again = child.post(here, kept(choice.text) | {"track": "A"})
    assert again.status_code == 200
    assert f'value="{title}"' in again.text
    assert {"m2_name"} <= names(again.text), (
        "what this track does not ask for stays to be seen while it holds something"
    )
    stored = child.post(here, {"track": "A", "title": title, "grade": "7"})
    assert stored.status_code == 303, stored.text

    edit = f"{stored.headers['location']}/edit"
    choice = child.post(edit, {"track": "A", "title": f"{title}！", "grade": "7", "act": "another-track"})
    team = child.post(edit, kept(choice.text) | {"track": "B"}).text
    assert f'value="{title}！"' in team
    assert "m2_name" in names(team)
    assert child.post(edit, {"track": "B", "title": f"{title}！", "grade": "7"}).status_code == 303


def test_without_a_track_the_choice_says_so(season: str, child: Browsing) -> None:
    answer = child.post(f"/registration/seasons/{season}/register", {"title": "还没选", "grade": "5"})
    assert answer.status_code == 422
    assert 'href="#track"' in answer.text
    assert 'href="#title"' not in answer.text
    assert kept(answer.text)["title"] == "还没选"


def test_a_younger_child_is_in_a_team_with_an_older_one(installation: ThreeProcesses, season: str) -> None:
    """The highest grade of a team decides, so a list must not keep a younger one out."""
    with student(installation, season, "P03") as child:
        page = child.get(f"/registration/seasons/{season}/register?track=B").text
        assert '<optgroup label="要和更高年级的学生组队">' in page
        sent = {
            "track": "B",
            "title": "大带小",
            "grade": "5",
            "m2_name": "测试大",
            "m2_birth": "2012-03",
            "m2_grade": "8",
        }
        assert child.post(f"/registration/seasons/{season}/register", sent).status_code == 303
        alone = child.post(f"/registration/seasons/{season}/register", {"track": "B", "title": "自己", "grade": "5"})
        assert alone.status_code == 422
        assert 'id="grade-err"' in alone.text


def test_a_school_sees_its_members_unfolded(installation: ThreeProcesses, operator: Client, season: str) -> None:
    with invited(installation, operator, role="school-admin", season=season, unit="P02") as school:
        page = school.get(f"/registration/seasons/{season}/register?track=B").text
        assert {"m1_name", "m2_name", "m3_name"} <= names(page)
        assert "grade" not in names(page)
        assert "<details" not in page
