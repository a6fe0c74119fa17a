"""Where a season stands: its phases, its next date, what is missing, and for whom it waits."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from services.registration.domain import overview
from services.registration.domain.judges import Judge, JudgeDuty
from services.registration.domain.overview import (
    PhaseName,
    SeasonFacts,
    missing_before_next,
    next_due,
    owed_by_others,
    phases_of,
    present_of,
    short_tracks,
)
from shared.season.rules import SeasonRules
from shared.season.text import LANGUAGES
from shared.states import EntryStatus, StepState
from shared.web.translation import Catalog
from tests.support.rules import at, season_rules, two_rounds

BEFORE, OPEN, REVIEW, JUDGING = (
    at(text) for text in ("2025-03-01T09:00:00", "2025-03-10T09:00:00", "2025-04-01T09:00:00", "2025-04-08T09:00:00")
)
RULES = season_rules()


def judge(name: str, *tracks: str, role: JudgeDuty = JudgeDuty.SCORING) -> Judge:
    return Judge(name, name, "", role, tracks, (), "", ())


def present(rules: SeasonRules, facts: SeasonFacts) -> tuple[PhaseName, str]:
    phase = present_of(phases_of(rules, facts))
    return phase.name, phase.round


@pytest.mark.parametrize(
    ("now", "name"),
    [
        (BEFORE, PhaseName.PREPARING),
        (OPEN, PhaseName.REGISTRATION),
        (at("2025-03-28T17:00:00") - 1, PhaseName.REGISTRATION),
        (at("2025-03-28T17:00:00"), PhaseName.REVIEW),
        (JUDGING, PhaseName.JUDGING),
    ],
)
def test_dates_decide_until_judging_begins(now: int, name: PhaseName) -> None:
    assert present(RULES, SeasonFacts(now))[0] is name


def test_what_was_done_decides_from_then_on() -> None:
    """Keeps away: a season that is over by its dates, and whose results nobody has confirmed."""
    late = SeasonFacts(at("2026-01-01T09:00:00"))

    assert present(RULES, late) == (PhaseName.JUDGING, "final")
    closed = replace(late, closed_rounds=frozenset({"final"}))
    assert present(RULES, closed)[0] is PhaseName.NOTICE
    assert present(RULES, replace(closed, announced=True))[0] is PhaseName.NOTICE
    assert present(RULES, replace(closed, announced=True, final_at=late.now))[0] is PhaseName.CERTIFICATES


def test_each_round_is_a_phase_of_its_own() -> None:
    rules = two_rounds()
    facts = SeasonFacts(JUDGING)

    assert present(rules, facts) == (PhaseName.JUDGING, "heats")
    assert present(rules, replace(facts, closed_rounds=frozenset({"heats"}))) == (PhaseName.JUDGING, "final")
    assert [phase.round for phase in phases_of(rules, facts) if phase.round] == ["heats", "final"]


def test_without_a_review_there_is_no_phase_for_it() -> None:
    rules = season_rules(acceptance="submission")

    assert PhaseName.REVIEW not in [phase.name for phase in phases_of(rules, SeasonFacts(OPEN))]
    assert "review" not in [task.what for task in missing_before_next(rules, SeasonFacts(OPEN))]
    assert present(rules, SeasonFacts(REVIEW))[0] is PhaseName.JUDGING


@pytest.mark.parametrize("now", [BEFORE, OPEN, REVIEW, JUDGING])
@pytest.mark.parametrize("final", [None, JUDGING])
def test_one_phase_is_the_present_one_and_all_before_it_are_over(now: int, final: int | None) -> None:
    states = [phase.state for phase in phases_of(RULES, SeasonFacts(now, final_at=final))]

    assert states.count(StepState.NOW) == 1
    assert states == sorted(states, key=[StepState.DONE, StepState.NOW, StepState.TODO].index)


def test_the_next_date_is_the_earliest_to_come_and_none_once_results_are_final() -> None:
    def told(now: int, final: int | None = None) -> str:
        due = next_due(RULES, SeasonFacts(now, final_at=final))
        return due.what if due else ""

    assert [told(now) for now in (BEFORE, OPEN, REVIEW, JUDGING)] == [
        "registration-opens",
        "registration-closes",
        "judging-opens",
        "judging-closes",
    ]
    assert told(at("2025-04-14T09:00:00")) == "summaries-due"
    assert told(at("2026-01-01T09:00:00")) == ""
    assert told(OPEN, final=OPEN) == ""


def test_days_left_are_whole_days() -> None:
    due = next_due(RULES, SeasonFacts(at("2025-03-27T16:00:00")))

    assert due is not None
    assert due.days_left(at("2025-03-27T16:00:00")) == 1
    assert due.days_left(at("2025-03-28T16:00:00")) == 0


def test_judges_count_where_they_have_joined_and_score() -> None:
    """Five scores a work: four have joined for A, and nobody counts who is in reserve, a shadow, or has no account."""
    joined = [judge(f"J{number}", "A") for number in range(4)]
    others = [judge("R", "A", role=JudgeDuty.RESERVE), judge("S", "A", role=JudgeDuty.SHADOW), judge("N", "A", "B")]
    facts = SeasonFacts(OPEN, judges=(*joined, *others), judges_without_account=frozenset({"N"}))

    assert short_tracks(RULES, facts) == {"A": 1, "B": 5}
    enough = tuple(judge(f"J{number}", "A", "B") for number in range(5))
    assert short_tracks(RULES, SeasonFacts(OPEN, judges=enough)) == {}


def tasks(facts: SeasonFacts, rules: SeasonRules = RULES) -> dict[str, tuple[StepState, int]]:
    return {task.what: (task.state, task.count) for task in missing_before_next(rules, facts)}


def test_what_waits_while_entries_come_in_is_counted() -> None:
    counts: dict[str, int] = {
        EntryStatus.PENDING: 57,
        EntryStatus.DRAFT: 84,
        EntryStatus.RETURNED: 7,
        EntryStatus.VALID: 338,
    }
    facts = SeasonFacts(OPEN, entries=counts, schools=63, schools_without_account=3, to_confirm=2, held=1)

    assert facts.total == 486
    assert facts.handed_in == 395
    listed = tasks(facts)
    assert listed["judges-unlisted"] == (StepState.TODO, 0), "judging may have some without names"
    assert tasks(replace(facts, judges=(judge("J1", "A"),)))["judges"] == (StepState.NOW, 5), (
        "the most that a track lacks"
    )
    assert listed["review"] == (StepState.NOW, 57)
    assert listed["schools"] == (StepState.DONE, 63)
    assert listed["schools-invited"] == (StepState.NOW, 3)
    assert listed["confirm"] == (StepState.NOW, 2)
    assert listed["held"] == (StepState.NOW, 1)


def test_nothing_is_left_where_nothing_is_missing() -> None:
    facts = SeasonFacts(REVIEW, schools=1, judges=tuple(judge(f"J{number}", "A", "B") for number in range(5)))
    contacts = [{"title": {"zh": "组委会"}, "phone": "000"}]

    listed = tasks(facts, season_rules(contacts=contacts))

    assert {what for what, (state, _) in listed.items() if state is not StepState.DONE} == {"assign"}
    assert tasks(replace(facts, ballots_left=9))["assign"][0] is StepState.DONE


def test_what_stops_the_next_phase_is_marked_until_it_is_done() -> None:
    def stops(facts: SeasonFacts) -> set[str]:
        return {task.what for task in missing_before_next(season_rules(serials=None), facts) if task.stops}

    waiting: dict[str, int] = {EntryStatus.PENDING: 1}
    assert stops(SeasonFacts(OPEN, entries=waiting)) == {"serials", "schools"}
    assert stops(SeasonFacts(REVIEW, entries=waiting, schools=1)) == {"serials", "review"}


def test_later_phases_lead_on_step_by_step() -> None:
    judging = SeasonFacts(JUDGING, ballots_left=12)
    notice = SeasonFacts(JUDGING, closed_rounds=frozenset({"final"}), summaries_missing=2)

    assert tasks(judging)["ballots"] == (StepState.NOW, 12)
    assert "assigned" in tasks(replace(judging, ballots_left=0))
    assert list(tasks(notice)) == ["summaries", "announce"]
    assert list(tasks(replace(notice, announced=True))) == ["summaries", "announce", "objections", "finalize"]
    assert list(tasks(replace(notice, final_at=JUDGING))) == ["certificates", "ceremony"]


def test_others_are_waited_for_only_where_something_waits() -> None:
    counts: dict[str, int] = {EntryStatus.DRAFT: 84, EntryStatus.RETURNED: 7}
    facts = SeasonFacts(
        OPEN,
        entries=counts,
        without_consent=12,
        judges=(judge("J1", "A"),),
        judges_without_account=frozenset({"J1"}),
        ballots_left=4,
        summaries_missing=2,
    )

    def owed(facts: SeasonFacts) -> dict[str, int]:
        return {task.what: task.count for task in owed_by_others(RULES, facts)}

    assert owed(facts) == {"drafts": 84, "consents": 12, "returned": 7, "judges-invited": 1}
    assert owed(replace(facts, now=JUDGING)) == {"judges-invited": 1, "ballots": 4, "summaries": 2}
    assert owed(SeasonFacts(OPEN)) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_an_overview_may_say_has_its_words(language: str) -> None:
    """Keeps away: a page that fails on the first day of a phase, because a sentence is missing."""
    source = Path(overview.__file__).read_text()
    t = Catalog([Path(overview.__file__).parents[1] / "entrypoints" / "locales"]).translator(language)
    tasks = set(re.findall(r'(?:Task|_counted)\(\s*"([a-z-]+)"', source))

    assert len(tasks) > 15
    assert [f"task-{what}" for what in tasks if not t.has(f"task-{what}") or not t.has(f"task-{what}-do")] == []
    assert [what for what in re.findall(r'Due\("([a-z-]+)"', source) if not t.has(f"due-{what}")] == []
    assert [name for name in PhaseName if name is not PhaseName.JUDGING and not t.has(f"phase-{name}")] == []
