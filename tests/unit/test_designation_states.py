"""The state of a designation, against a machine that lives through it day by day."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.certificates.domain.designations import (
    Designation,
    DesignationState,
    EndCause,
    Naming,
    Record,
    RecordType,
    ReviewOutcome,
    find_fault,
    follow,
)
from shared.programme.rules import AnnualReview, DesignationKind, Renewal
from shared.season.days import term_end
from shared.season.text import Text
from shared.season.time import to_unix_micros

ZONE = ZoneInfo("Asia/Shanghai")
KIND = DesignationKind(
    id="base",
    title=Text(en="Base"),
    unit_levels=("school",),
    term_years=2,
    annual_review=AnnualReview(opens="11-01", closes="12-15", grace_days=30, if_missing="removed"),
    renewal=Renewal(opens_days_before=180, late_days=60),
    bar_years=2,
)
PATIENT = KIND.model_copy(update={"annual_review": AnnualReview(opens="11-01", closes="12-15")})
PLAIN = KIND.model_copy(update={"annual_review": None})
STEPS: list[dict[str, Any]] = [
    *({"type": RecordType.ANNUAL_REVIEW, "outcome": outcome} for outcome in ReviewOutcome),
    *({"type": kind} for kind in RecordType if kind not in (RecordType.NAMED, RecordType.ANNUAL_REVIEW)),
]


def noon(day: date) -> int:
    return to_unix_micros(datetime.combine(day, time(12), ZONE).astimezone(UTC))


def naming(kind: DesignationKind, day: date, until: date | None = None) -> Naming:
    return Naming("base-A", kind, "A", noon(day), ZONE, until)


class DayByDay:
    """What a careful clerk would do: every day look at the calendar, then at the decisions of the day."""

    def __init__(self, kind: DesignationKind, first: date) -> None:
        self.kind, self.first, self.began, self.term = kind, first, first, 1
        self.last = self.first_last = term_end(first, kind.term_years)
        self.counted_from, self.counted = first, 1
        self.reviewed: set[int] = set()
        self.rectify: date | None = None
        self.applied = False
        self.ended: tuple[DesignationState, EndCause] | None = None

    def window(self, year: int) -> tuple[date, date, date]:
        review = self.kind.annual_review
        assert review
        opens, closes = date.fromisoformat(f"{year}-{review.opens}"), date.fromisoformat(f"{year}-{review.closes}")
        return opens, closes, closes + timedelta(days=review.grace_days)

    def open_years(self, day: date) -> list[int]:
        if not self.kind.annual_review:
            return []
        years = [year for year in range(self.began.year + 1, day.year + 1) if year not in self.reviewed]
        return [year for year in years if self.window(year)[0] <= day and self.window(year)[0] <= self.last]

    def wake(self, day: date) -> None:
        """Midnight: yesterday was perhaps the last day for something."""
        yesterday = day - timedelta(days=1)
        if self.ended or yesterday > self.last:
            return
        if self.rectify == yesterday:
            self.ended = DesignationState.REMOVED, EndCause.RECTIFY_MISSED
            return
        review = self.kind.annual_review
        missed = any(self.window(year)[2] == yesterday for year in self.open_years(yesterday))
        if review and review.if_missing and missed:
            self.ended = DesignationState.REMOVED, EndCause.REVIEW_MISSED

    def state(self, day: date) -> DesignationState:
        if self.ended:
            return self.ended[0]
        if day > self.last:
            return DesignationState.EXPIRED
        if self.rectify:
            return DesignationState.RECTIFY
        years = self.open_years(day)
        if any(day > self.window(year)[1] for year in years):
            return DesignationState.REVIEW_OVERDUE
        if years:
            return DesignationState.REVIEW_DUE
        return DesignationState.RENEWED if day > self.first_last else DesignationState.NAMED

    def decide(self, day: date, record: Record) -> bool:
        """Take a record in, unless it is not possible today."""
        state, kind = self.state(day), self.kind
        valid = state not in (DesignationState.REMOVED, DesignationState.WITHDRAWN, DesignationState.EXPIRED)
        if record.type is RecordType.RECTIFIED:
            possible = state is DesignationState.RECTIFY
        elif record.type is RecordType.ANNUAL_REVIEW:
            possible = valid and bool(self.open_years(day))
        elif record.type in (RecordType.RENEWAL_APPLIED, RecordType.RENEWED):
            assert kind.renewal
            early = day < self.last - timedelta(days=kind.renewal.opens_days_before)
            late = day > self.last + timedelta(days=kind.renewal.late_days)
            if record.type is RecordType.RENEWED:
                valid = (valid or state is DesignationState.EXPIRED) and self.applied and not late
            possible = valid and not early
        else:
            possible = valid
        if possible:
            self.take(day, record)
        return possible

    def take(self, day: date, record: Record) -> None:
        if record.type is RecordType.ANNUAL_REVIEW:
            self.reviewed.add(self.open_years(day)[0])
            if record.outcome is ReviewOutcome.FAILED:
                self.ended = DesignationState.REMOVED, EndCause.REVIEW_FAILED
            elif record.outcome is ReviewOutcome.RECTIFY:
                self.rectify = record.until
        elif record.type is RecordType.RECTIFIED:
            self.rectify = None
        elif record.type is RecordType.RENEWAL_APPLIED:
            self.applied = True
        elif record.type is RecordType.RENEWED:
            self.applied = False
            self.term += 1
            if day > self.last:
                self.began = self.counted_from = day
                self.counted, self.reviewed, self.rectify = 0, set(), None
            self.counted += 1
            self.last = term_end(self.counted_from, self.counted * self.kind.term_years)
        elif record.type is RecordType.REMOVED:
            self.ended = DesignationState.REMOVED, EndCause.DECISION
        elif record.type is RecordType.WITHDRAWN:
            self.ended = DesignationState.WITHDRAWN, EndCause.OWN_WISH


@given(
    st.sampled_from([KIND, PATIENT, PLAIN]),
    st.sampled_from([date(2023, 3, 1), date(2024, 2, 29), date(2022, 11, 16), date(2022, 12, 31)]),
    st.lists(st.tuples(st.integers(1, 400), st.sampled_from(STEPS), st.integers(0, 400)), max_size=12),
)
def test_the_state_is_that_of_a_clerk_who_looks_every_day(
    kind: DesignationKind, first: date, steps: list[tuple[int, dict[str, Any], int]]
) -> None:
    start, clerk, accepted = naming(kind, first), DayByDay(kind, first), list[Record]()
    planned: dict[date, Record] = {}
    day = first
    for number, (wait, step, until) in enumerate(steps):
        day += timedelta(days=wait)
        planned[day] = Record(f"R{number}", "base-A", at=noon(day), until=day + timedelta(days=until), **step)
    today = first
    while today <= day + timedelta(days=800):
        if today > first:
            clerk.wake(today)
        record = planned.get(today)
        if record:
            before = follow(start, accepted, record.at)
            possible = find_fault(before, record) is None
            assert possible == clerk.decide(today, record), (today, record)
            accepted += [record] * possible
        if record or today.day in (1, 15, 16, 29, 30) or (today - clerk.last).days in (0, 1):
            held = follow(start, accepted, noon(today))
            assert (held.state(noon(today)), held.last, held.began, held.term) == (
                clerk.state(today),
                clerk.last,
                clerk.began,
                clerk.term,
            ), today
            if clerk.ended:
                assert held.cause(noon(today)) is clerk.ended[1]
        today += timedelta(days=1)


def test_a_term_ends_on_the_corresponding_day_or_the_last_of_its_month() -> None:
    assert term_end(date(2022, 11, 16), 3) == date(2025, 11, 16)
    assert term_end(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert term_end(date(2024, 2, 29), 4) == date(2028, 2, 29)


def renewed(designation: Naming, *days: date) -> Designation:
    records = [
        Record(f"{kind}{day}", designation.designation, kind, noon(day))
        for day in days
        for kind in (RecordType.RENEWAL_APPLIED, RecordType.RENEWED)
    ]
    return follow(designation, records, noon(days[-1]))


def test_a_shortened_february_does_not_shorten_later_terms() -> None:
    held = renewed(naming(PLAIN, date(2024, 2, 29)), date(2026, 2, 20))

    assert held.last == date(2028, 2, 29)


def test_terms_after_a_stated_last_day_are_counted_from_it() -> None:
    held = renewed(naming(PLAIN, date(2022, 11, 16), until=date(2025, 8, 31)), date(2025, 8, 1))

    assert (held.last, held.term) == (date(2027, 8, 31), 2)


@pytest.mark.parametrize(
    ("record", "day", "fault"),
    [
        (RecordType.RENEWED, date(2025, 2, 1), ("type", "NOT_APPLIED")),
        (RecordType.RENEWAL_APPLIED, date(2024, 6, 1), ("at", "OUTSIDE_WINDOW")),
        (RecordType.RECTIFIED, date(2024, 6, 1), ("type", "WRONG_STATE")),
        (RecordType.ANNUAL_REVIEW, date(2024, 6, 1), ("at", "OUTSIDE_WINDOW")),
        (RecordType.ANNUAL_REVIEW, date(2023, 11, 2), ("type", "WRONG_STATE")),
        (RecordType.WITHDRAWN, date(2030, 1, 1), ("type", "WRONG_STATE")),
    ],
)
def test_a_record_that_is_not_possible_says_why(record: RecordType, day: date, fault: tuple[str, str]) -> None:
    start = naming(KIND.model_copy(update={"annual_review": PATIENT.annual_review}), date(2023, 3, 1))
    step = Record("R", "base-A", record, noon(day), ReviewOutcome.PASSED)

    assert find_fault(follow(start, [], step.at), step) == fault


def test_a_renewal_that_is_too_late_is_outside_its_window() -> None:
    start = naming(PLAIN, date(2023, 3, 1))
    applied = Record("A", "base-A", RecordType.RENEWAL_APPLIED, noon(date(2025, 2, 1)))
    late = replace(applied, type=RecordType.RENEWED, at=noon(date(2025, 5, 1)))

    assert find_fault(follow(start, [applied], late.at), late) == ("at", "OUTSIDE_WINDOW")
    assert (
        find_fault(follow(start, [applied], noon(date(2025, 4, 30))), replace(late, at=noon(date(2025, 4, 30)))) is None
    )
