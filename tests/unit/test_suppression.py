"""Small numbers are hidden, and nobody finds them from what is shown beside them."""

from hypothesis import given
from hypothesis import strategies as st

from shared.programme.suppression import hidden_units
from shared.programme.units import TreeUnit, UnitTree

CITY = TreeUnit("C", "", "city")
Counts = dict[str, int]


def tree_of(schools: dict[str, list[str]]) -> UnitTree:
    units = [CITY]
    for district, listed in schools.items():
        units.append(TreeUnit(district, "C", "district"))
        units += [TreeUnit(school, district, "school") for school in listed]
    return UnitTree(tuple(units))


def test_one_to_four_persons_are_hidden_none_and_five_are_shown() -> None:
    tree = tree_of({"D": ["A", "B", "E", "F"]})

    assert hidden_units(tree, {"A": 4, "B": 1, "E": 0, "F": 5}) == {"A", "B"}


def test_a_hidden_child_alone_takes_the_smallest_other_child_with_it() -> None:
    tree = tree_of({"D": ["A", "B", "E", "F"]})

    assert hidden_units(tree, {"A": 3, "B": 9, "E": 7, "F": 7}) == {"A", "E"}


def test_two_hidden_children_with_fewer_than_five_persons_take_another_with_them() -> None:
    tree = tree_of({"D": ["A", "B", "E"]})

    assert hidden_units(tree, {"A": 2, "B": 2, "E": 30}) == {"A", "B", "E"}
    assert hidden_units(tree, {"A": 3, "B": 2, "E": 30}) == {"A", "B"}


def test_where_no_child_has_five_persons_nothing_more_is_hidden() -> None:
    assert hidden_units(tree_of({"D": ["A", "B"]}), {"A": 3, "B": 0}) == {"A"}


@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=6), min_size=1, max_size=4))
def test_no_hidden_figure_follows_from_the_unit_above_and_its_other_children(counts: list[list[int]]) -> None:
    schools = {f"D{place}": [f"S{place}-{number}" for number in range(len(row))] for place, row in enumerate(counts)}
    tree = tree_of(schools)
    persons = {f"S{place}-{number}": count for place, row in enumerate(counts) for number, count in enumerate(row)}
    persons |= {f"D{place}": sum(row) for place, row in enumerate(counts)}

    hidden = hidden_units(tree, persons)

    assert {unit for unit, count in persons.items() if 0 < count < 5} <= hidden
    assert all(persons[unit] for unit in hidden)
    for children in tree.families():
        unseen = [persons[child] for child in children if child in hidden]
        others = [persons[child] for child in children if child not in hidden]
        if unseen:
            assert (len(unseen) >= 2 and sum(unseen) >= 5) or max(others, default=0) < 5
