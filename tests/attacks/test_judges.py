"""Whoever runs a season rewrites what a judge has scored: by a second account, by a replacement, by a detour."""

from collections.abc import Iterator

import pytest

from laurel.client import Client
from tests.support.installation import ThreeProcesses
from tests.support.judged import HIGH, Staff, accept, ballot_address, invite, judged_season, new_login, refusal, submit
from tests.support.waiting import eventually

REASON = "评委病了，由另一位接替"


@pytest.fixture
def staff(installation: ThreeProcesses) -> Iterator[Staff]:
    with Staff(installation) as people:
        yield people


@pytest.fixture
def season(operator: Client) -> tuple[str, list[str]]:
    return judged_season(operator, "J1", works=2)


@pytest.fixture
def organizer(staff: Staff, operator: Client, season: tuple[str, list[str]]) -> Client:
    return staff.joins(invite(operator, role="city-organizer", season=season[0]), season[0])


def judge_grant(season: str) -> dict[str, str]:
    return {"role": "judge", "season": season, "ref": "J1"}


def appointed(judge: Client, season: str) -> None:
    assert refusal(judge, "GET", f"/judging/v1/seasons/{season}/tasks") == ""


def scores_of(operator: Client, season: str, entry: str) -> dict[str, str]:
    tasks = operator.get(f"/judging/v1/seasons/{season}/tasks")
    return next(task["scores"] for task in tasks if task["entry"] == entry)


def test_a_second_account_of_a_judge_is_refused(
    installation: ThreeProcesses, staff: Staff, operator: Client, season: tuple[str, list[str]], organizer: Client
) -> None:
    """One account a judge: an organizer must not score in a judge's place."""
    rounds, (entry, _) = season
    early = invite(organizer, **judge_grant(rounds))
    judge = staff.joins(invite(organizer, **judge_grant(rounds)), rounds)
    submit(judge, rounds, entry)

    assert accept(installation, early, new_login()).status_code == 409, "an invitation from before is good no more"
    sent = {"grants": [judge_grant(rounds)]}
    assert refusal(organizer, "POST", "/registration/v1/invitations", json=sent) == "judge-known"
    sent = {"grants": [{**judge_grant(rounds), "role": "chief-judge"}]}
    assert refusal(organizer, "POST", "/registration/v1/invitations", json=sent) == "judge-known"
    link = {"login": new_login(), "grants": [judge_grant(rounds)]}
    assert refusal(operator, "POST", "/registration/v1/sign-in-links", json=link) == "judge-known"
    assert float(scores_of(judge, rounds, entry)["theme"]) == 30


def test_a_judges_id_is_not_handed_out_beyond_its_season(operator: Client, season: tuple[str, list[str]]) -> None:
    """A judge's id of a whole series would be a second key to every season of it."""
    for wide in ("*", "campus-ai-*"):
        sent = {"grants": [{**judge_grant(season[0]), "season": wide}]}
        assert refusal(operator, "POST", "/registration/v1/invitations", json=sent) == "judge-season"


def test_whoever_replaces_a_judge_cannot_touch_what_was_submitted(
    staff: Staff, operator: Client, season: tuple[str, list[str]], organizer: Client
) -> None:
    """A replacement is on record with its reason; it goes on with what is open, and with that alone."""
    rounds, (done, begun) = season
    former = staff.joins(invite(organizer, **judge_grant(rounds)), rounds)
    submit(former, rounds, done)
    submit(former, rounds, begun, {"theme": "10"}, draft=True)

    new = staff.joins(invite(organizer, REASON, **judge_grant(rounds)), rounds)

    body = {"scores": HIGH, "submit": True}
    eventually(lambda: appointed(new, rounds))
    assert refusal(new, "PUT", ballot_address(rounds, done), json=body) == "ballot-by-another"
    recusal = f"/judging/v1/seasons/{rounds}/tasks/{done}/recusal"
    assert refusal(new, "POST", recusal, json={"reason": "与作者相识，应当回避"}) == "ballot-by-another"
    assert float(scores_of(new, rounds, begun)["theme"]) == 10, "drafts go on"
    submit(new, rounds, begun, HIGH)
    assert float(scores_of(new, rounds, done)["theme"]) == 30
    assert refusal(former, "PUT", ballot_address(rounds, begun), json=body) in ("judge-is-another", "token-invalid")
    assert operator.get(f"/judging/v1/seasons/{rounds}/rounds/final/overview")["submitted"] == 2


def test_a_ballot_is_not_opened_again_for_an_account_of_ones_own(
    staff: Staff, operator: Client, season: tuple[str, list[str]], organizer: Client
) -> None:
    """Replacing a judge and opening the ballot must not lie in one hand."""
    rounds, (entry, _) = season
    submit(staff.joins(invite(operator, **judge_grant(rounds)), rounds), rounds, entry)
    chief = {"role": "chief-judge", "season": rounds, "ref": "J0"}
    known = staff.joins(invite(operator, **chief), rounds)
    own_chief = staff.joins(invite(organizer, role="chief-judge", season=rounds, ref="J9"), rounds)
    new = staff.joins(invite(organizer, REASON, **judge_grant(rounds)), rounds)
    eventually(lambda: appointed(new, rounds))

    address = f"/judging/v1/seasons/{rounds}/rounds/final/ballots/{entry}/work/J1/reopening"
    assert refusal(organizer, "POST", address, json={"reason": REASON}) == "chief-needed"
    assert refusal(own_chief, "POST", address, json={"reason": REASON}) == "second-unknown"
    assert refusal(known, "POST", address, json={"reason": REASON}) == ""
    submit(new, rounds, entry, HIGH)
    assert float(scores_of(new, rounds, entry)["theme"]) == 40


def test_records_are_not_handed_into_a_live_season(season: tuple[str, list[str]], organizer: Client) -> None:
    """What takes in a season on paper must not write ballots of one that is judged live."""
    rounds, (entry, _) = season
    content = f"round,component,entry,judge,submitted_at,theme\nfinal,work,{entry},J1,2026-01-01T00:00,40\n".encode()
    base, csv = f"/judging/v1/seasons/{rounds}/records", {"Content-Type": "text/csv"}
    assert refusal(organizer, "PUT", f"{base}/rounds/final/ballots", content=content, headers=csv) == "live-season"
    assert refusal(organizer, "PUT", f"{base}/actions/a1", json={"type": "appeal"}) == "live-season"
