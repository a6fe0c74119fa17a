"""Who may decide together: two people, of whom neither brought in the other once there were scores."""

from dataclasses import replace

import pytest

from services.judging.domain.signatures import Signatory, began, require_two
from shared.errors import InvalidState
from shared.season.reading import load_season
from tests.conftest import EXAMPLE

RULES = load_season((EXAMPLE / "season.yaml").read_text(encoding="utf-8"))
EARLY, LATE = began(RULES) - 1, began(RULES)
A = Signatory("a", "anna")


def invited(account: str, by: str, *via: str, since: int = LATE) -> Signatory:
    return Signatory(account, f"login-{account}", by=by, via=via, since=since)


def refusal(first: Signatory, second: Signatory) -> str:
    try:
        require_two(first, second, RULES)
    except InvalidState as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (A, Signatory("b", "bert"), ""),
        (A, A, "second-person"),
        (A, Signatory("", "anna"), "second-person"),
        (replace(A, person="p"), Signatory("b", "bert", person="p"), "second-person"),
        (A, invited("b", "a"), "second-unknown"),
        (A, invited("b", "a", since=EARLY), ""),
        (A, replace(invited("b", "a"), confirmed=True), ""),
        (A, invited("c", "b", "a"), "second-unknown"),
        (invited("b", "a"), invited("c", "a"), "second-unknown"),
        (A, invited("b", "z"), ""),
        (invited("b", "y"), invited("c", "z"), ""),
        (invited("b", "y", "a"), invited("c", "z", "a"), "second-unknown"),
    ],
)
def test_two_people_are_two_whoever_comes_first(first: Signatory, second: Signatory, expected: str) -> None:
    assert (refusal(first, second), refusal(second, first)) == (expected, expected)


def test_a_signatory_is_kept_with_the_decision_and_read_again() -> None:
    assert Signatory.of(invited("b", "a", "z").stored()) == invited("b", "a", "z")


def test_the_refusal_names_whoever_came_late() -> None:
    with pytest.raises(InvalidState) as refused:
        require_two(invited("b", "a"), A, RULES)

    assert refused.value.values["login"] == "login-b"
