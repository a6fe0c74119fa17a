"""Designations 命名·认定: what a unit holds, from which day to which, and in which state it is at a moment.

The state is a function of the kind, of how it began and of the records up to the moment; nothing keeps it. What the clock alone
brings (a review that falls due, a term that ends) happens without anybody doing anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from shared.programme.rules import AnnualReview, DesignationKind
from shared.season.days import after, day_of, term_end
from shared.states import State


class RecordType(State):
    """What a record of a designation says."""

    NAMED = "named"
    ANNUAL_REVIEW = "annual_review"
    RECTIFIED = "rectified"
    RENEWAL_APPLIED = "renewal_applied"
    RENEWED = "renewed"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"


class ReviewOutcome(State):
    """What an annual review 年度复核 found."""

    PASSED = "passed"
    RECTIFY = "rectify"
    FAILED = "failed"


class DesignationState(State):
    """Where a designation stands."""

    APPLIED = "applied"
    ON_NOTICE = "on_notice"
    REJECTED = "rejected"
    NAMED = "named"
    RENEWED = "renewed"
    REVIEW_DUE = "review_due"
    REVIEW_OVERDUE = "review_overdue"
    RECTIFY = "rectify"
    EXPIRED = "expired"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"


class EndCause(State):
    """Why a designation is not valid any more."""

    DECISION = "decision"
    REVIEW_FAILED = "review_failed"
    REVIEW_MISSED = "review_missed"
    RECTIFY_MISSED = "rectify_missed"
    TERM = "term"
    OWN_WISH = "own_wish"


VALID = frozenset(
    {
        DesignationState.NAMED,
        DesignationState.RENEWED,
        DesignationState.REVIEW_DUE,
        DesignationState.REVIEW_OVERDUE,
        DesignationState.RECTIFY,
    }
)
"""States in which the unit may call itself so."""
NOT_PUBLIC = frozenset({DesignationState.APPLIED, DesignationState.REJECTED})


@dataclass(frozen=True, slots=True)
class Record:
    """A decision about a designation, or a step of its unit, in `designations.csv`. Times are microseconds."""

    record: str
    designation: str
    type: RecordType
    at: int
    outcome: ReviewOutcome | None = None
    until: date | None = None
    kind: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Naming:
    """How a designation began: by the results of a season, or from paper. `until` is its last day, where one was stated."""

    designation: str
    kind: DesignationKind
    unit: str
    at: int
    zone: ZoneInfo
    until: date | None = None


@dataclass(frozen=True, slots=True)
class End:
    """How a designation ended before its last day."""

    at: int
    state: DesignationState
    cause: EndCause


@dataclass(frozen=True, slots=True)
class Designation:
    """A designation with everything that happened to it so far."""

    naming: Naming
    began: date
    """Its first day without a gap."""
    anchor: date
    """The day from which terms are counted: the first one, or the last day that was stated."""
    counted: int
    """How many terms after the anchor it lasts."""
    term: int
    first_last: date
    """The last day of its first term."""
    reviewed: frozenset[int] = frozenset()
    """The years whose review was taken."""
    rectify_until: date | None = None
    has_applied: bool = False
    """Whether a renewal was applied for in this term."""
    end: End | None = None

    @property
    def kind(self) -> DesignationKind:
        return self.naming.kind

    @property
    def last(self) -> date:
        """The last day of its last term. A shortened February does not shorten later terms: years count from the anchor."""
        return term_end(self.anchor, self.counted * self.kind.term_years)

    def state(self, moment: int) -> DesignationState:
        """Its state at a moment up to which it was followed; the first that fits."""
        day = day_of(moment, self.naming.zone)
        if self.end:
            return self.end.state
        if day > self.last:
            return DesignationState.EXPIRED
        if self.rectify_until:
            return DesignationState.RECTIFY
        due = self.open_reviews(day)
        if due:
            overdue = any(day > closes for closes in (_closes(self.kind.annual_review, year) for year in due))
            return DesignationState.REVIEW_OVERDUE if overdue else DesignationState.REVIEW_DUE
        return DesignationState.RENEWED if day > self.first_last else DesignationState.NAMED

    def is_valid(self, moment: int) -> bool:
        """Whether the unit may call itself so."""
        return self.state(moment) in VALID

    def cause(self, moment: int) -> EndCause | None:
        """Why it is not valid any more."""
        if self.end:
            return self.end.cause
        return EndCause.TERM if self.state(moment) is DesignationState.EXPIRED else None

    def open_reviews(self, day: date) -> list[int]:
        """The years whose review has opened and was not taken, the oldest first.

        There is one for each year after the year in which it began (or began again); one that opens after the last day does
        not count.
        """
        review = self.kind.annual_review
        if review is None:
            return []
        years = range(self.began.year + 1, day.year + 1)
        return [year for year in years if year not in self.reviewed and _opens(review, year) <= min(day, self.last)]


def begin(naming: Naming) -> Designation:
    """A designation on its first day."""
    began = day_of(naming.at, naming.zone)
    anchor, counted = (naming.until, 0) if naming.until else (began, 1)
    last = term_end(anchor, counted * naming.kind.term_years)
    return Designation(naming, began, anchor, counted, 1, last)


def follow(naming: Naming, records: Iterable[Record], moment: int) -> Designation:
    """The designation at a moment, with the accepted records about it up to then."""
    designation = begin(naming)
    for record in sorted((each for each in records if each.at <= moment), key=lambda each: each.at):
        designation = apply(pass_time(designation, record.at), record)
    return pass_time(designation, moment)


def pass_time(designation: Designation, moment: int) -> Designation:
    """What the clock brings up to a moment: a review that was missed, a rectification that was not done in time.

    Neither ends a designation that has expired before.
    """
    if designation.end:
        return designation
    zone, ends = designation.naming.zone, []
    if designation.rectify_until and designation.rectify_until <= designation.last:
        ends.append(End(after(designation.rectify_until, zone), DesignationState.REMOVED, EndCause.RECTIFY_MISSED))
    review = designation.kind.annual_review
    if review and review.if_missing:
        for year in designation.open_reviews(day_of(moment, zone)):
            last_chance = _closes(review, year) + timedelta(days=review.grace_days)
            if last_chance <= designation.last:
                ends.append(End(after(last_chance, zone), DesignationState.REMOVED, EndCause.REVIEW_MISSED))
    first = min(ends, key=lambda end: end.at, default=None)
    return replace(designation, end=first) if first and first.at <= moment else designation


def find_fault(designation: Designation, record: Record) -> tuple[str, str] | None:
    """Why a record is not possible now: column and code; none: it is. The designation has been followed up to the record."""
    state, day = designation.state(record.at), day_of(record.at, designation.naming.zone)
    needed = VALID
    if record.type is RecordType.RECTIFIED:
        needed = frozenset({DesignationState.RECTIFY})
    elif record.type is RecordType.RENEWED:
        needed = VALID | {DesignationState.EXPIRED}
    if state not in needed:
        return "type", "WRONG_STATE"
    if record.type is RecordType.ANNUAL_REVIEW and not designation.open_reviews(day):
        review = designation.kind.annual_review
        within = review is not None and _opens(review, day.year) <= day <= _closes(review, day.year)
        return ("type", "WRONG_STATE") if within else ("at", "OUTSIDE_WINDOW")
    if record.type in (RecordType.RENEWAL_APPLIED, RecordType.RENEWED):
        return _fault_of_renewal(designation, record, day)
    return None


def _fault_of_renewal(designation: Designation, record: Record, day: date) -> tuple[str, str] | None:
    renewal = designation.kind.renewal
    if renewal is None or day < designation.last - timedelta(days=renewal.opens_days_before):
        return "at", "OUTSIDE_WINDOW"
    if record.type is RecordType.RENEWED:
        if not designation.has_applied:
            return "type", "NOT_APPLIED"
        if day > designation.last + timedelta(days=renewal.late_days):
            return "at", "OUTSIDE_WINDOW"
    return None


def apply(designation: Designation, record: Record) -> Designation:
    """The designation after a record that is possible now."""
    day = day_of(record.at, designation.naming.zone)
    if record.type is RecordType.ANNUAL_REVIEW:
        return _review(designation, record, day)
    if record.type is RecordType.RECTIFIED:
        return replace(designation, rectify_until=None)
    if record.type is RecordType.RENEWAL_APPLIED:
        return replace(designation, has_applied=True)
    if record.type is RecordType.RENEWED:
        return _renew(designation, day)
    if record.type is RecordType.REMOVED:
        return replace(designation, end=End(record.at, DesignationState.REMOVED, EndCause.DECISION))
    if record.type is RecordType.WITHDRAWN:
        return replace(designation, end=End(record.at, DesignationState.WITHDRAWN, EndCause.OWN_WISH))
    return designation


def _review(designation: Designation, record: Record, day: date) -> Designation:
    """A review settles the oldest year that is open, whatever its outcome."""
    reviewed = designation.reviewed | set(designation.open_reviews(day)[:1])
    if record.outcome is ReviewOutcome.FAILED:
        return replace(
            designation, reviewed=reviewed, end=End(record.at, DesignationState.REMOVED, EndCause.REVIEW_FAILED)
        )
    if record.outcome is ReviewOutcome.RECTIFY and record.until:
        until = max(record.until, day - timedelta(days=1))
        return replace(designation, reviewed=reviewed, rectify_until=until)
    return replace(designation, reviewed=reviewed)


def _renew(designation: Designation, day: date) -> Designation:
    """Decided up to the last day, the next term follows without a gap; later, it begins anew on the day of the decision."""
    if day <= designation.last:
        return replace(designation, counted=designation.counted + 1, term=designation.term + 1, has_applied=False)
    return replace(
        designation,
        began=day,
        anchor=day,
        counted=1,
        term=designation.term + 1,
        reviewed=frozenset(),
        rectify_until=None,
        has_applied=False,
    )


def _opens(review: AnnualReview, year: int) -> date:
    return date.fromisoformat(f"{year}-{review.opens}")


def _closes(review: AnnualReview | None, year: int) -> date:
    return date.fromisoformat(f"{year}-{review.closes}") if review else date.max
