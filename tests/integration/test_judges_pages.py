"""The pages of a judge: the list that says what is next, and a work beside its scores, without a script."""

import re
from collections.abc import Iterator

import pytest

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.judged import judged_season
from tests.support.people import Browsing, invited

SCORES = {"theme": "30", "originality": "30", "process": "15"}


@pytest.fixture(scope="module")
def judged(operator: Client) -> tuple[str, list[str]]:
    return judged_season(operator, "J1", works=3)


@pytest.fixture(scope="module")
def judge(installation: ThreeProcesses, operator: Client, judged: tuple[str, list[str]]) -> Iterator[Browsing]:
    with invited(installation, operator, role="judge", season=judged[0], ref="J1") as browsing:
        yield browsing


def works(page: str) -> list[str]:
    """The works of a list, in its order."""
    return re.findall(r'<th scope="row"[^>]*>\s*<a\s+href="[^"]+/tasks/(\w+)/work"', page)


def test_a_draft_is_kept_on_the_way_to_the_next(judge: Browsing, judged: tuple[str, list[str]]) -> None:
    tasks = f"/judging/seasons/{judged[0]}/tasks"
    first, second, third = works(judge.get(tasks).text)
    answer = judge.post(f"{tasks}/{first}/work", {"theme": "20", "act": "next"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{tasks}/{second}/work")
    kept = judge.get(f"{tasks}/{first}/work").text
    assert re.search(r'id="theme"[^>]*value="20', kept)
    assert f'href="{tasks}/{second}/work" accesskey="n"' in re.sub(r"\s+", " ", kept)

    assert judge.post(f"{tasks}/{second}/work", {**SCORES, "act": "submit"}).headers["location"] == (
        f"{tasks}/{third}/work?submitted={second}"
    )
    page = judge.get(tasks).text
    assert "共 3 件：已提交 1 件，写了一半 1 件，没有评 1 件" in page
    assert f"评下一件：{third}" in page or f"评下一件：{first}" in page
    by_state = {state: works(judge.get(f"{tasks}?state={state}").text) for state in ("draft", "submitted", "open")}
    assert by_state == {"draft": [first], "submitted": [second], "open": [third]}


def test_scores_that_will_not_do_stay_on_the_page(judge: Browsing, judged: tuple[str, list[str]]) -> None:
    address = (
        f"/judging/seasons/{judged[0]}/tasks/{works(judge.get(f'/judging/seasons/{judged[0]}/tasks').text)[2]}/work"
    )
    answer = judge.post(address, {**SCORES, "theme": "99", "act": "next"})
    assert answer.status_code == 422
    assert 'href="#theme"' in answer.text
    assert re.search(r'id="theme"[^>]*value="99"', answer.text)


def test_the_page_says_where_the_scores_are_and_which_keys_there_are(
    judge: Browsing, judged: tuple[str, list[str]]
) -> None:
    page = judge.get(f"/judging/seasons/{judged[0]}/tasks/{judged[1][0]}/work").text
    assert 'href="#rub"' in page
    assert "检查并提交" in page
    assert page.count("<kbd>") == 12


def test_two_tabs_do_not_write_over_one_another(judge: Browsing, judged: tuple[str, list[str]]) -> None:
    """Keeps away: what was saved in one tab is gone after the other, older one, is saved too."""
    tasks = f"/judging/seasons/{judged[0]}/tasks"
    address = f"{tasks}/{works(judge.get(f'{tasks}?state=open').text)[0]}/work"  # another test has submitted one
    version = re.search(r'name="version" value="(\d+)"', judge.get(address).text)
    assert version
    seen = {"version": version[1], "act": "save"}

    assert judge.post(address, {**SCORES, "theme": "11", **seen}).status_code == 303
    assert judge.post(address, {**SCORES, "theme": "11", **seen}).status_code == 303, "the same again is no conflict"
    answer = judge.post(address, {**SCORES, "theme": "12", **seen})

    assert answer.status_code == 409
    assert re.search(r'id="theme"[^>]*value="12"', answer.text), "what was typed stays"
    assert "已经保存的：11" in answer.text
    newer = re.search(r'name="version" value="(\d+)"', answer.text)
    assert newer
    assert judge.post(address, {**SCORES, "theme": "12", "act": "save", "version": newer[1]}).status_code == 303
    assert re.search(r'id="theme"[^>]*value="12"', judge.get(address).text)


def test_what_another_account_wrote_is_not_taken(judge: Browsing, judged: tuple[str, list[str]]) -> None:
    """Keeps away: scores that waited on a shared computer are sent as those of the judge who sits there now."""
    address = f"/judging/v1/seasons/{judged[0]}/tasks/{judged[1][0]}/work/ballot"
    sent = {"scores": {"theme": "1"}, "account": "somebody-else"}
    answer = judge.put(address, json=sent, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (409, "ballot-account")
