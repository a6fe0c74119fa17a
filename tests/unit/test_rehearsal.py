"""A rehearsal: the rules of a season on invented entrants, the same each time, and never against the rules."""

from fractions import Fraction
from pathlib import Path
from time import monotonic

import pytest

from services.judging.domain.rehearsal import Rehearsing, rehearse
from services.registration.adapters.drafts import templates
from shared.season.reading import load_season

ROOT = Path(__file__).parents[2]
FILES = {
    str(file.relative_to(ROOT)): file.read_text()
    for folder in ("tests/data", "examples")
    for file in sorted((ROOT / folder).rglob("season*.yaml"))
} | {f"template {name}": text for name, text in templates().items()}
GOLDEN = "tests/data/golden/season.yaml"


@pytest.mark.parametrize("entries", [1, 7, 120])
@pytest.mark.parametrize("name", FILES)
def test_every_season_is_rehearsed_whole(name: str, entries: int) -> None:
    rules = load_season(FILES[name])
    rehearsal = rehearse(rules, Rehearsing(entries, 30, 7))

    assert [outcome.round for outcome in rehearsal.rounds] == [round_.id for round_ in rules.rounds]
    first = rehearsal.rounds[0]
    assert first.entrants == entries
    assert sum(group.entries for group in first.groups) == entries
    for before, after in zip(rehearsal.rounds, rehearsal.rounds[1:], strict=False):
        assert after.entrants == sum(group.going_on for group in before.groups)
    for outcome in rehearsal.rounds:
        for load in outcome.loads:
            assert load.most <= 30 or load.judges == load.least, load


def test_the_same_seed_gives_the_same_and_another_one_another() -> None:
    rules = load_season(FILES[GOLDEN])
    once, again, other = (rehearse(rules, Rehearsing(100, 30, seed)) for seed in (1, 1, 2))

    assert once == again
    assert once.rounds != other.rounds


def test_no_more_awards_than_the_rules_give_and_loads_are_even() -> None:
    rules = load_season(FILES["examples/small/season.yaml"])
    (outcome,) = rehearse(rules, Rehearsing(500, 40, 3)).rounds
    awards = rules.round(outcome.round).awards
    assert awards

    for group in outcome.groups:
        held = 0
        for tier in awards.tiers:
            held += group.given.get(tier.id, 0)
            assert held <= max(awards.min_first, int(Fraction(tier.cumulative or 0) * group.entries / 100))
    for load in outcome.loads:
        assert load.most - load.least <= 1
        assert load.most <= 40
        assert load.ballots == load.entries * 5
    assert outcome.given["first"] > 0


def test_five_hundred_entries_take_some_seconds() -> None:
    """Keeps away: a page that one waits for in vain; the bound is wide, machines are busy."""
    started = monotonic()
    rehearse(load_season(FILES[GOLDEN]), Rehearsing(500, 30, 1))

    assert monotonic() - started < 30
