"""Lists of staff: conditions in the address, tabs that count everything, and what is ticked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData
from starlette.requests import Request

from services.judging.application.objecting import Filed, Filer
from services.judging.domain.facts import Outcome
from services.judging.entrypoints.pages.objections import list_objections
from shared.errors import InvalidState
from shared.web.lists import MOST_ROWS, Asked, chosen_act, chosen_keys, holds_words, list_rows, read_asked, read_ticked
from tests.support.refusals import refused


def request(query: str) -> Request:
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": []})


def test_what_a_list_does_not_know_and_the_page_are_no_conditions() -> None:
    asked = read_asked(request("state=joined&q=%E5%AD%9F+&page=3&lang=en&secret=x"), "q", "track")
    assert (asked["state"], asked["q"], asked["track"], asked.page) == ("joined", "孟", "", 3)
    assert asked.query == "state=joined&q=%E5%AD%9F"
    assert asked.without("state") == "q=%E5%AD%9F"
    assert asked.with_(track="A") == "state=joined&q=%E5%AD%9F&track=A"
    assert asked.tab_query == "state=joined"


@pytest.mark.parametrize("page", ["0", "-1", "x", "９", "1e9", "999999", ""])
def test_a_page_that_is_none_is_the_first_or_the_last(page: str) -> None:
    """Keeps away: a fault of ours behind an address that somebody changed by hand."""
    listing = list_rows(range(120), read_asked(request(f"page={page}")), {}, lambda _: True)
    assert 1 <= listing.page <= listing.pages == 3
    assert listing.rows


@given(st.lists(st.integers(0, 9), max_size=300), st.integers(1, 9))
def test_pages_hold_each_row_once_and_in_order(numbers: list[int], tab: int) -> None:
    rows = list(enumerate(numbers))
    tabs = {str(n): (lambda row, n=n: row[1] == n) for n in range(10)}
    asked = {"state": str(tab)}
    first = list_rows(rows, Asked(asked), tabs, lambda _: True)
    pages = [list_rows(rows, Asked(asked, page=n), tabs, lambda _: True) for n in range(1, first.pages + 1)]
    assert [row for page in pages for row in page.rows] == [row for row in rows if row[1] == tab]
    assert all(len(page.rows) <= MOST_ROWS for page in pages)
    assert sum(count for _, count in list_rows(rows, Asked({}), tabs, lambda _: False).tabs) == len(rows)


def test_words_are_looked_for_whatever_their_case_and_order() -> None:
    assert holds_words("meng JUDGE", "judge.meng", "测试孟")
    assert holds_words("", "anything")
    assert not holds_words("meng tong", "judge.meng")


def test_the_head_box_means_the_rows_that_the_page_showed() -> None:
    sent = FormData([("page", "1"), ("row", "a"), ("shown", "a"), ("shown", "b")])
    ticked = read_ticked(sent)
    assert chosen_keys(ticked, []) == ["a", "b"]
    assert "z" in ticked, "and the box stays ticked"
    assert chosen_keys(read_ticked(FormData([("row", "a"), ("row", "a")])), []) == ["a"]


def test_all_of_a_filter_are_those_that_were_counted() -> None:
    whole = read_ticked(FormData([("whole", "2"), ("row", "a")]))
    assert chosen_keys(whole, ["a", "b"]) == ["a", "b"]
    with refused("list-otherwise"):
        chosen_keys(whole, ["a", "b", "c"])
    with refused("nothing-ticked"):
        chosen_keys(read_ticked(FormData()), ["a"])


def test_no_button_is_no_act() -> None:
    """Keeps away: Enter in the field of the reason that does what the first button says."""
    assert chosen_act("stop", ("invite", "stop")) == "stop"
    with pytest.raises(InvalidState, match="no-act-chosen"):
        chosen_act("", ("invite", "stop"))


def filed(identity: str, due: int, outcome: Outcome = Outcome.OPEN, **more: Any) -> Filed:
    values = {"kind": "objection", "entry": "E1", **more}
    kind, entry = values["kind"], values["entry"]
    return Filed(identity, "s", kind, entry, "final", "", "other", "x", Filer("", ""), 1, due, outcome)


def test_objections_stand_by_when_they_are_due_and_those_overdue_have_a_tab() -> None:
    every = [filed("late", 5), filed("soon", 20), filed("done", 1, Outcome.UPHELD), filed("appeal", 30, kind="appeal")]
    listing = list_objections(every, Asked({}), now=10)
    assert [item.id for item in listing.rows] == ["late", "soon", "appeal", "done"]
    assert dict(listing.tabs) == {"open": 3, "upheld": 1, "overdue": 1}
    assert [item.id for item in list_objections(every, Asked({"state": "overdue"}), now=10).rows] == ["late"]
    assert [item.id for item in list_objections(every, Asked({"kind": "appeal"}), now=10).rows] == ["appeal"]
