"""The limits of a season hold whatever the order of entering, editing and leaving."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.limits import Over, claims, find_places, nomination
from services.registration.domain.reviewing import reorder
from shared.season.reading import load_season
from shared.season.rules import Limits, Nominations
from tests.conftest import EXAMPLE

RULES = load_season((EXAMPLE / "season.yaml").read_text())
SOME = st.one_of(st.none(), st.integers(1, 3))
LIMITS = st.builds(Limits, entries_per_student=SOME, entries_per_student_and_track=SOME, entries_per_instructor=SOME)
ENTRY = st.sampled_from("ABCDEFGH")
PEOPLE = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)
COMMAND = st.tuples(st.sampled_from(["enter", "leave"]), ENTRY, st.sampled_from(["T1", "T2"]), PEOPLE, PEOPLE)


@given(LIMITS, st.lists(COMMAND, max_size=40))
def test_no_limit_is_exceeded_by_any_order_of_commands(limits: Limits, commands: list[Any]) -> None:
    rules = RULES.model_copy(update={"limits": limits})
    stored: dict[str, tuple[str, list[str], list[str], tuple[str, ...]]] = {}
    for command, entry, track, students, teachers in commands:
        if command == "leave":
            stored.pop(entry, None)
            continue
        holders = {slot: other for other, (*_, slots) in stored.items() for slot in slots}
        given_ = find_places(
            "s", entry, claims(rules, track, students, [f"i{teacher}" for teacher in teachers]), holders
        )
        if isinstance(given_, Over):
            others = [item for name, item in stored.items() if name != entry]
            assert refused_rightly(given_, others, track)
        else:
            stored[entry] = (track, students, teachers, given_)

    slots = [slot for *_, held in stored.values() for slot in held]
    assert len(slots) == len(set(slots)), "the unique index would refuse what is seated twice"
    for people, most in ((1, limits.entries_per_student), (2, limits.entries_per_instructor)):
        count = Counter(person for item in stored.values() for person in item[people])
        assert most is None or all(number <= most for number in count.values())
    in_track = Counter((person, item[0]) for item in stored.values() for person in item[1])
    most = limits.entries_per_student_and_track
    assert most is None or all(number <= most for number in in_track.values())


@given(
    st.dictionaries(st.sampled_from(["P", "J"]), st.integers(0, 3), min_size=1),
    st.lists(st.tuples(st.sampled_from(["send", "leave"]), ENTRY, st.sampled_from("uv"), st.sampled_from("PJ"))),
)
def test_no_unit_sends_on_more_than_its_places(places: dict[str, int], commands: list[Any]) -> None:
    rules = RULES.model_copy(update={"nominations": Nominations(level="city", places={"A": places})})
    held: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for command, entry, unit, division in commands:
        if command == "leave":
            held.pop(entry, None)
            continue
        holders = {slot: other for other, (*_, slots) in held.items() for slot in slots}
        seats = find_places("s", entry, nomination(rules, unit, "A", division), holders)
        if isinstance(seats, Over):
            others = [item for name, item in held.items() if name != entry and item[:2] == (unit, division)]
            assert len(others) >= places[division]
        else:
            held[entry] = (unit, division, seats)
    for unit in "uv":
        for division, cap in places.items():
            assert sum(1 for item in held.values() if item[:2] == (unit, division)) <= cap


def test_some_units_have_other_places() -> None:
    nominations = Nominations.model_validate(
        {"level": "city", "places": {"A": {"P": 2}}, "except": {"u": {"A": {"P": 5}}}}
    )

    assert [nominations.places_of(unit, "A", "P") for unit in "uv"] == [5, 2]
    assert nominations.places_of("u", "B", "P") is None


NUMBERS = st.lists(st.sampled_from("ABCDEFG"), unique=True)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_ranking_keeps_everybody_once_and_those_sent_on_in_front(
    ranked: list[str], wanted: list[str], sent: list[str]
) -> None:
    fixed = [item for item in sent if item in ranked]
    result = reorder(ranked, wanted, fixed)

    assert sorted(result) == sorted({*ranked, *wanted})
    assert set(result[: len(fixed)]) == set(fixed)
    rest = [item for item in result if item not in fixed]
    assert [item for item in rest if item in wanted] == [item for item in wanted if item not in fixed]


def refused_rightly(over: Over, others: list[Any], track: str) -> bool:
    """Whether the counter of the refusal is full of other entries."""
    claim = over.claim
    person = claim.counter.partition("@")[0]
    column, person = (2, person.removeprefix("i")) if claim.code == "INSTRUCTOR_LIMIT" else (1, person)
    same_track = claim.code == "STUDENT_TRACK_LIMIT"
    count = sum(1 for item in others if person in item[column] and (not same_track or item[0] == track))
    return count >= claim.most
