"""Figures of units: what counts, and that a unit has what is below it."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain.statistics import COUNTED, CountedEntry, amount, figures
from services.registration.domain.units import Unit
from shared.season.rules import Statistic
from shared.states import JUDGED, EntryStatus
from tests.support.examples import examples

TITLE = {"zh": "数", "en": "Number"}
STATISTICS = tuple(
    Statistic.model_validate({"title": TITLE, **stated})
    for stated in (
        {"id": "all", "of": "count"},
        {"id": "key", "of": "count", "tracks": ["SITE"], "where": {"key": "yes"}},
        {"id": "people", "of": "sum", "field": "people"},
        {"id": "material", "of": "media"},
        {"id": "posters", "of": "media", "kinds": ["poster"]},
    )
)
UNITS = {
    name: Unit(name, parent, level, name, "", "", number)
    for number, (name, parent, level) in enumerate(
        (("P", "", "province"), ("C", "P", "city"), ("A", "C", "unit"), ("B", "C", "unit"), ("X", "P", "unit"))
    )
}
ENTRIES = st.builds(
    CountedEntry,
    track=st.sampled_from(["SITE", "WEB"]),
    unit=st.sampled_from(["C", "A", "B"]),
    answers=st.fixed_dictionaries(
        {}, optional={"people": st.sampled_from(["0", "12", "7.25"]), "key": st.sampled_from(["yes", "no"])}
    ),
    material=st.lists(st.sampled_from(["picture", "poster"]), max_size=3),
)


@given(st.lists(ENTRIES, max_size=8))
@examples(100)
def test_a_unit_has_its_own_and_what_is_below_it(entries: list[CountedEntry]) -> None:
    result = figures(STATISTICS, UNITS, entries)
    own: dict[str, list[CountedEntry]] = {
        "A": [entry for entry in entries if entry.unit == "A"],
        "B": [entry for entry in entries if entry.unit == "B"],
        "C": entries,
        "P": entries,
    }
    assert list(result) == [unit for unit in UNITS if own.get(unit)], "in the order of units, none without entries"
    for unit, of_unit in result.items():
        assert list(of_unit) == [statistic.id for statistic in STATISTICS]
        for statistic in STATISTICS:
            assert of_unit[statistic.id] == sum((amount(statistic, entry) for entry in own[unit]), Decimal(0))


def test_what_an_entry_adds() -> None:
    entry = CountedEntry("SITE", "A", {"people": "7.25", "key": "yes"}, ("picture", "poster", "poster"))
    assert [str(amount(statistic, entry)) for statistic in STATISTICS] == ["1", "1", "7.25", "3", "2"]
    silent = CountedEntry("WEB", "A", {"key": "yes"})
    assert [str(amount(statistic, silent)) for statistic in STATISTICS] == ["1", "0", "0", "0", "0"]


def test_recommendation_takes_no_entry_out_of_the_figures() -> None:
    assert JUDGED | {EntryStatus.NOT_RECOMMENDED} == COUNTED
