"""Season files are read within limits: what takes all of a process is refused, what people write is not."""

import time

import pytest
import yaml

from shared.season.plain_yaml import LONGEST, read_yaml
from shared.season.reading import SeasonRefused, load_season
from tests.conftest import BY_HAND, EXAMPLE, GOLDEN

SMALL = (EXAMPLE / "season.yaml").read_text()
ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "bomb",
    [
        ALIASES,
        "- " * 60_000,
        "[" * 120_000,
        "{a: " * 30_000,
        "? " * 60_000,
        "a: [" + "x," * 60_000 + "]",
        "a: '" + "x" * 120_000 + "'",
        "---\n" * 30_000,
        "\n".join(" " * depth + "a:" for depth in range(400)),
        "&" + "a" * 120_000,
        "a: " + "x" * LONGEST,
        "a: 1\na: 2\n",
    ],
    ids=lambda bomb: bomb[:6].replace("\n", " "),
)
def test_a_bomb_is_refused_at_once(bomb: str) -> None:
    began = time.process_time()

    with pytest.raises(yaml.YAMLError):
        read_yaml(bomb)

    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("folder", [EXAMPLE, GOLDEN, *BY_HAND], ids=lambda folder: folder.name)
def test_every_season_that_we_know_is_far_below_the_limits(folder: object) -> None:
    text = (folder / "season.yaml").read_text()  # type: ignore[operator]

    assert read_yaml(text) == yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - text only
    assert len(text) < LONGEST / 10


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("weight: 40", "weight: 1e999999999"),
        ("weight: 40", "weight: 1e-999999999"),
        ("weight: 40", "weight: 0." + "3" * 9_000),
        ("min_ballots: 5", "min_ballots: " + "9" * 9_000),
    ],
)
def test_a_number_that_takes_hours_to_compute_with_is_a_fault(old: str, new: str) -> None:
    assert old in SMALL

    with pytest.raises(SeasonRefused) as refused:
        load_season(SMALL.replace(old, new, 1))

    assert "BAD_VALUE" in {fault.code for fault in refused.value.faults}


def test_a_time_outside_the_calendar_is_a_fault() -> None:
    opens = SMALL.partition("opens: ")[2].partition(",")[0]

    with pytest.raises(SeasonRefused):
        load_season(SMALL.replace(f"opens: {opens}", "opens: 0001-01-01T00:00:00+14:00", 1))


def test_of_thousands_of_faults_the_first_are_named() -> None:
    with pytest.raises(SeasonRefused) as refused:
        load_season(SMALL + "".join(f"key{number}: x\n" for number in range(4_000)))

    assert len(refused.value.faults) == 200
