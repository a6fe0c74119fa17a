"""Which grades the entries of a track may have members of."""

from services.registration.domain.entries import HIGHEST_GRADE, Member, derive_division, grades_of
from services.registration.domain.people import Name
from shared.season.rules import SeasonRules
from tests.unit.test_season_files import rules

__all__ = ["rules"]


def test_a_list_of_grades_is_what_the_division_of_an_entry_accepts(rules: SeasonRules) -> None:
    """A list that lacks a grade, or offers one too many, sends a child away or into an error."""
    for track in rules.tracks:
        listed = grades_of(rules, track)
        for division, grades in listed.items():
            for grade in grades if division else ():
                member = Member(Name("测试", ""), "2014-03", grade)
                assert derive_division(rules, track, (member,), whole=False).id == division


def test_for_a_younger_one_there_must_be_a_team(rules: SeasonRules) -> None:
    single, team = rules.tracks[0], rules.tracks[1]
    late = tuple(name for name in single.divisions if (grades := rules.division(name).grades) and grades[0] > 1)[-1:]
    lowest = (rules.division(late[0]).grades or (1, 1))[0]
    alone = grades_of(rules, single.model_copy(update={"divisions": late, "members": (1, 1)}))
    together = grades_of(rules, team.model_copy(update={"divisions": late, "members": (1, 3)}))
    assert set(alone) == set(late)
    assert together[""] == tuple(range(1, lowest))


def test_a_unit_may_name_members_of_any_grade(rules: SeasonRules) -> None:
    of_units = rules.tracks[0].model_copy(update={"divisions": ("none",), "entrant": "unit", "members": (0, 3)})
    assert grades_of(rules, of_units) == {"": tuple(range(1, HIGHEST_GRADE + 1))}
