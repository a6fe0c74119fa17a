"""One person alone does what takes two: with a second account that they made for it."""

from collections.abc import Iterator

import pytest

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.judged import Staff, invite, judged_season, new_login, refusal, submit
from tests.support.people import invited as browsing_as
from tests.support.seasons import new_season

REASON = {"reason": "nothing is open any more"}


@pytest.fixture
def staff(installation: ThreeProcesses) -> Iterator[Staff]:
    with Staff(installation) as people:
        yield people


def announced(staff: Staff, operator: Client) -> str:
    """A season whose results are on notice, and take two people."""
    season, (entry,) = judged_season(operator, "J1", sign_off="2")
    judge = staff.joins(invite(operator, role="judge", season=season, ref="J1"), season)
    submit(judge, season, entry)
    operator.call("POST", f"/judging/v1/seasons/{season}/rounds/final/closing", json={"reason": "all scored"})
    operator.call("POST", f"/judging/v1/seasons/{season}/announcement", json={})
    return season


def organizer_by(staff: Staff, by: Client, season: str, login: str = "") -> Client:
    return staff.joins(invite(by, role="city-organizer", season=season), season, login)


@pytest.fixture
def season(staff: Staff, operator: Client) -> str:
    return announced(staff, operator)


@pytest.fixture
def first(staff: Staff, operator: Client, season: str) -> Client:
    return organizer_by(staff, operator, season)


def test_results_are_not_made_final_by_two_accounts_of_one_person(
    staff: Staff, operator: Client, season: str, first: Client
) -> None:
    """The second person was not invited by the first: not directly, not through others, not the other way round."""
    base = f"/judging/v1/seasons/{season}"
    invited = organizer_by(staff, first, season)
    onward = organizer_by(staff, invited, season)
    sibling = organizer_by(staff, first, season)

    first.call("POST", f"{base}/signature")
    assert refusal(first, "POST", f"{base}/finalization", json=REASON) == "second-person"
    assert refusal(invited, "POST", f"{base}/finalization", json=REASON) == "second-unknown"
    assert refusal(onward, "POST", f"{base}/finalization", json=REASON) == "second-unknown"
    invited.call("POST", f"{base}/signature")
    assert refusal(first, "POST", f"{base}/finalization", json=REASON) == "second-unknown"
    assert refusal(sibling, "POST", f"{base}/finalization", json=REASON) == "second-unknown"
    assert operator.get(base)["stage"] == "announced"

    other = organizer_by(staff, operator, season)
    other.call("POST", f"{base}/finalization", json=REASON)
    assert operator.get(base)["stage"] == "final"


def test_the_operator_confirms_somebody_who_was_invited_late(
    staff: Staff, operator: Client, season: str, first: Client
) -> None:
    """Nobody else confirms, and it is on record."""
    base, login = f"/judging/v1/seasons/{season}", new_login()
    invited = organizer_by(staff, first, season, login)
    first.call("POST", f"{base}/signature")
    sent = {"reason": "Known to the office for years."}
    assert refusal(first, "PUT", f"{base}/confirmed-people/{login}", json=sent) == "role-needed"
    assert refusal(invited, "PUT", f"{base}/confirmed-people/{login}", json=sent) == "role-needed"

    operator.call("PUT", f"{base}/confirmed-people/{login}", json=sent)
    invited.call("POST", f"{base}/finalization", json=REASON)
    assert operator.get(base)["stage"] == "final"


def test_final_results_are_not_revised_by_one_person(
    installation: ThreeProcesses, staff: Staff, operator: Client, season: str, first: Client
) -> None:
    """What took two to decide does not take one to decide otherwise."""
    base, entry = f"/judging/v1/seasons/{season}", ""
    other, own = organizer_by(staff, operator, season), organizer_by(staff, first, season)
    first.call("POST", f"{base}/signature")
    other.call("POST", f"{base}/finalization", json=REASON)
    entry = operator.get(f"/registration/v1/seasons/{season}/entries")[0]["entry"]
    with browsing_as(installation, operator, role="city-organizer", season=season) as committee:
        sent = {"entry": entry, "ground": "other", "text": "x" * 30, "name": "测试某人", "contact": "a@example.org"}
        assert committee.post(f"/judging/seasons/{season}/objection", sent).status_code == 303
        filed = committee.get(f"/judging/seasons/{season}/objections").text.split("/objections/")[1].split('"')[0]
        decided = {"outcome": "upheld", "answer": "查证属实", "confirm": "答复"}
        assert committee.post(f"/judging/seasons/{season}/objections/{filed}", decided).status_code == 303

    sent = {**REASON, "preview": other.get(f"{base}/revision")["preview"]}
    assert refusal(other, "POST", f"{base}/revision", json=sent) == "signed-otherwise"
    first.call("POST", f"{base}/signature")
    assert refusal(first, "POST", f"{base}/revision", json=sent) == "second-person"
    assert refusal(own, "POST", f"{base}/revision", json=sent) == "second-unknown"
    other.call("POST", f"{base}/revision", json=sent)
    assert operator.get(base)["revision"] == 3


def test_a_file_of_scores_is_not_confirmed_by_a_second_account_of_one_person(staff: Staff, operator: Client) -> None:
    """The same rule for scores that are entered from paper."""
    made = new_season()
    quiz = {"components": [{"id": "quiz", "weight": "1", "test": {"max": "50"}}]}
    scoring = {**made["rounds"][0]["scoring"], "A": quiz}
    season, (entry,) = judged_season(operator, "J1", rounds=[{**made["rounds"][0], "scoring": scoring}])
    base, csv = f"/judging/v1/seasons/{season}", {"Content-Type": "text/csv"}
    first = organizer_by(staff, operator, season)
    own = staff.joins(invite(first, role="chief-judge", season=season, ref="J8"), season)
    other = staff.joins(invite(operator, role="chief-judge", season=season, ref="J9"), season)
    content = f"round,component,entry,score\nfinal,quiz,{entry},50".encode()
    sheet = first.call("POST", f"{base}/rounds/final/sheets/tests", content=content, headers=csv).json()["id"]

    assert refusal(own, "POST", f"{base}/sheets/{sheet}/confirmation") == "second-unknown"
    assert operator.get(base)["counted"]["tests"] == 0
    other.call("POST", f"{base}/sheets/{sheet}/confirmation")
    assert operator.get(base)["counted"]["tests"] == 1
