"""Every tie key: two entries that are equal otherwise, and which of them goes first. Worked out by hand."""

from decimal import Decimal

import pytest

from services.judging.domain.columns import columns_of
from services.judging.domain.facts import Ballot, BallotStatus, Decisions, Entry, Run, Season, TestScore, Unit
from services.judging.domain.results import compute_rounds
from shared.season.reading import parse_season
from shared.season.rules import SeasonRules
from shared.states import EntryStatus

RUN = {"id": "run", "weight": 1, "runs": {"count": 2, "take": "best", "max": 100}}
WORK = {"id": "work", "weight": 1, "panel": "two", "rubric": "r"}
QUIZ = {"id": "quiz", "weight": 1, "test": {"max": 100}}


def rules(components: list[dict[str, object]], ties: list[str]) -> SeasonRules:
    window = {"opens": "2025-04-01T00:00:00", "closes": "2025-04-10T00:00:00"}
    later = {"opens": "2025-05-01T00:00:00", "closes": "2025-05-10T00:00:00"}
    notice = {"opens": "2025-05-12T00:00:00", "closes": "2025-05-17T00:00:00"}
    scoring = {"K": {"components": components, "ties": ties}}
    return parse_season(
        {
            "format": "season/1",
            "series": {"id": "ties", "title": {"zh": "同分"}},
            "season": {"id": "1", "title": {"zh": "同分"}},
            "sponsors": [{"zh": "测试"}],
            "approval": {"number": "1", "statement": {"zh": "不作为依据"}},
            "time_zone": "Asia/Shanghai",
            "timeline": {"registration": window, "results_notice": notice},
            "unit_levels": ["school"],
            "divisions": [{"id": "P", "title": {"zh": "小学"}, "grades": [1, 6]}],
            "rubrics": {
                "r": [
                    {"id": "a", "title": {"zh": "一"}, "weight": 50},
                    {"id": "b", "title": {"zh": "二"}, "weight": 50},
                ]
            },
            "tracks": [{"id": "K", "title": {"zh": "赛道"}, "divisions": ["P"]}],
            "panels": {"two": {"ballots": 2, "method": "mean"}},
            "rounds": [
                {
                    "id": "one",
                    "title": {"zh": "初赛"},
                    "judging": window,
                    "scoring": {"K": {"components": [QUIZ]}},
                    "advance": {"to": "two", "places": {"K": {"P": 9}}},
                },
                {"id": "two", "title": {"zh": "决赛"}, "judging": later, "scoring": scoring},
            ],
        }
    )


def entry(name: str, submitted_at: int = 5) -> Entry:
    return Entry(name, EntryStatus.VALID, "K", "P", "S", "work", submitted_at, (), ())


def ranks(
    season_rules: SeasonRules,
    *,
    entries: tuple[Entry, ...] = (entry("A"), entry("B")),
    runs: tuple[Run, ...] = (),
    tests: dict[str, int] | None = None,
    ballots: tuple[Ballot, ...] = (),
    before: dict[str, int] | None = None,
) -> dict[str, int | None]:
    first = {"A": 50, "B": 50} | (before or {})
    scores = [TestScore("one", "quiz", name, Decimal(score)) for name, score in first.items()]
    scores += [TestScore("two", "quiz", name, Decimal(score)) for name, score in (tests or {}).items()]
    known = {entry.entry: entry for entry in entries}
    season = Season(
        season_rules,
        {"S": Unit("S", "", "school", 0)},
        known,
        columns_of(ballots, dict.fromkeys(known, "K")),
        runs,
        tuple(scores),
    )
    last = compute_rounds(season, Decisions())[-1]
    return {standing.entry.entry: standing.rank for group in last.groups for standing in group.standings}


def run(name: str, number: int, points: str, time: str, penalties: str = "0", mass: str = "0") -> Run:
    return Run("two", "run", name, number, Decimal(points), Decimal(time), Decimal(penalties), Decimal(mass))


@pytest.mark.parametrize(
    ("key", "better", "worse"),
    [
        ("best-run-time", [("80", "10.5"), ("70", "9")], [("80", "10.51"), ("70", "1")]),
        ("second-run", [("80", "10"), ("60", "9")], [("80", "10"), ("59.99", "9")]),
        ("second-run", [("80", "10"), ("0.01", "9")], [("80", "10")]),
        (
            "mass",
            [("80", "10", "0", "900"), ("70", "9", "0", "2000")],
            [("80", "10", "0", "901"), ("70", "9", "0", "1")],
        ),
        ("total-time", [("80", "10"), ("70", "20")], [("80", "10"), ("70", "20.01")]),
        ("penalties", [("80", "10", "1"), ("70", "20", "1")], [("80", "10", "0"), ("70", "20", "3")]),
    ],
)
def test_keys_of_runs(key: str, better: list[tuple[str, ...]], worse: list[tuple[str, ...]]) -> None:
    runs = [run("B", number, *cells) for number, cells in enumerate(better, 1)]
    runs += [run("A", number, *cells) for number, cells in enumerate(worse, 1)]

    assert ranks(rules([RUN], [key]), runs=tuple(runs)) == {"B": 1, "A": 2}
    assert ranks(rules([RUN], []), runs=tuple(runs)) == {"A": 1, "B": 1}, "without the key they share the rank"


def test_the_best_run_is_the_faster_of_two_with_the_same_points() -> None:
    runs = (run("A", 1, "80", "30"), run("A", 2, "80", "20"), run("B", 1, "80", "21"))

    assert ranks(rules([RUN], ["best-run-time"]), runs=runs) == {"A": 1, "B": 2}


def ballot(name: str, judge: str, *scores: int) -> Ballot:
    return Ballot("two", "work", name, judge, BallotStatus.SUBMITTED, 1, tuple(Decimal(score) for score in scores))


def test_criteria_are_compared_in_printed_order_over_all_ballots() -> None:
    ballots = (ballot("A", "J", 30, 40), ballot("A", "K", 30, 40), ballot("B", "J", 31, 39), ballot("B", "K", 30, 40))

    assert ranks(rules([WORK], ["criteria:work"]), ballots=ballots) == {"B": 1, "A": 2}


def test_a_named_component_decides() -> None:
    runs, tests = (run("A", 1, "80", "1"), run("B", 1, "60", "1")), {"A": 60, "B": 80}

    assert ranks(rules([RUN, QUIZ], ["component:quiz"]), runs=runs, tests=tests) == {"B": 1, "A": 2}
    assert ranks(rules([RUN, QUIZ], ["component:run"]), runs=runs, tests=tests) == {"A": 1, "B": 2}


def test_the_round_before_decides() -> None:
    tests = {"A": 70, "B": 70}

    assert ranks(rules([QUIZ], ["previous-score"]), tests=tests, before={"B": 51}) == {"B": 1, "A": 2}


def test_the_earlier_submission_decides() -> None:
    entries = (entry("A", 7), entry("B", 6))

    assert ranks(rules([QUIZ], ["earliest-submission"]), entries=entries, tests={"A": 70, "B": 70}) == {"B": 1, "A": 2}


def test_keys_are_asked_in_order_and_what_is_left_is_joint() -> None:
    runs = (run("A", 1, "80", "10", "1"), run("B", 1, "80", "10", "1"))

    assert ranks(rules([RUN], ["best-run-time", "second-run", "mass", "penalties"]), runs=runs) == {"A": 1, "B": 1}
