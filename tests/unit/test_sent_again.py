"""When two names may be one child's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.sent_again import is_near, nearest


@pytest.mark.parametrize(
    ("name", "other", "near"),
    [
        ("陈志明", "陈志名", True),
        ("陈志明", "陈明", True),
        ("Lin Zhiyi", "Lin Zhiyu", True),
        ("Ann Lee", "Anne Lee", True),
        ("陈志明", "陈志明", False),
        ("陈 志明", "陈志明", False),
        ("陈志明", "陈智鸣", False),
        ("陈志明", "志明陈", False),
        ("一", "二", False),
        ("学生1", "学生2", False),
        ("学生1", "学生12", False),
    ],
)
def test_names_that_differ_by_one_sign(name: str, other: str, near: bool) -> None:
    assert is_near(name, other) is is_near(other, name) is near
    assert nearest(name, ["某", other]) == (other if near else "")


@given(st.text("甲乙丙丁戊", min_size=2, max_size=6), st.data())
def test_any_sign_that_is_another_one_more_or_one_less_is_seen(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))

    assert is_near(name, name[:place] + "己" + name[place + 1 :])
    assert is_near(name, name[:place] + "己" + name[place:])
