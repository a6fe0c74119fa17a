"""Self-assessment 自评: what entries score themselves, which items are verified, and what each comes to.

Everything follows from the acts with their times: who sent which score, and who confirmed, returned or set it. An act that is not
possible when it is done has no effect; acts of records are looked at in the order of their times, whatever the order of their rows.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TypeVar
from zoneinfo import ZoneInfo

from shared.errors import InvalidState
from shared.season.csv_rows import Rejection, Row, Sheet, parse_score
from shared.season.days import after, day_of
from shared.season.ids import is_safe_id
from shared.season.row_checks import RowFell, moment_in, read_rows, require, require_cells, require_word
from shared.season.rules import BETWEEN, Criterion, SeasonRules, SelfAssessment
from shared.season.time import to_unix_micros
from shared.states import ItemState, State

SCORE_COLUMNS = ("entry", "item", "score", "evidence", "submitted_at")
VERIFICATION_COLUMNS = ("record", "entry", "item", "outcome", "score", "reason", "by", "at")
LONGEST_REASON = 2000
"""Characters."""
NOTHING = Decimal(0)


class Outcome(State):
    """What a verifier says of an item."""

    CONFIRMED = "confirmed"
    RETURNED = "returned"
    SET = "set"


@dataclass(frozen=True, slots=True)
class SelfScore:
    """A score that an entry gives itself for one item, with its evidence; `row` is where it stands in a file."""

    item: str
    score: Decimal
    evidence: tuple[str, ...]
    at: int
    row: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What was said of one item; `score` is the one that was set."""

    record: str
    item: str
    outcome: Outcome
    score: Decimal | None
    reason: str
    by: str
    at: int
    row: int = 0


Act = SelfScore | Verification
AnyAct = TypeVar("AnyAct", SelfScore, Verification)


@dataclass(frozen=True, slots=True)
class Acts:
    """Everything that was done about the self-assessment of one entry."""

    scores: tuple[SelfScore, ...] = ()
    verifications: tuple[Verification, ...] = ()


@dataclass(frozen=True, slots=True)
class AssessedItem:
    """Where an item stands: the score of the window, and the one that counts as things are."""

    item: str
    own: Decimal = NOTHING
    sampled: bool = False
    state: ItemState = ItemState.NOT_SAMPLED
    returns: int = 0
    until: int | None = None
    """Of one that was returned: until when another score may be sent."""
    verified: Decimal = NOTHING
    evidence: tuple[str, ...] = ()
    reason: str = ""
    """Why it was returned or set."""


@dataclass(frozen=True, slots=True)
class Fallen:
    """An act without effect: what it lacked, and at which cell."""

    act: Act
    column: str
    code: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the self-assessment of an entry comes to."""

    items: tuple[AssessedItem, ...]
    fallen: tuple[Fallen, ...] = ()

    @property
    def own(self) -> Decimal:
        """The total of the window's scores."""
        return sum((item.own for item in self.items), NOTHING)

    @property
    def verified(self) -> Decimal:
        """The total that counts."""
        return sum((item.verified for item in self.items), NOTHING)


@dataclass(frozen=True, slots=True)
class ToldItem:
    """One item as it is told to judging."""

    own: Decimal
    verified: Decimal
    state: ItemState


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a self-assessment: the total that counts, and each item."""

    total: Decimal
    items: Mapping[str, ToldItem]

    @classmethod
    def of(cls, assessment: Assessment) -> "Told":
        items = {item.item: ToldItem(item.own, item.verified, item.state) for item in assessment.items}
        return cls(assessment.verified, items)


def rule_of(rules: SeasonRules) -> SelfAssessment:
    """The rules of the season's self-assessment.

    Raises:
        InvalidState: the season has none.
    """
    if rules.self_assessment is None:
        raise InvalidState("no-self-assessment")
    return rules.self_assessment


def sample(rule: SelfAssessment, entry: str, items: Sequence[str], own: Decimal) -> frozenset[str]:
    """The items of an entry that are verified: all from a total on, else the first in the order of SHA-256 of
    `seed|entry|item`. Whoever knows the seed finds the same.
    """
    if rule.sample.full_from is not None and own >= rule.sample.full_from:
        return frozenset(items)
    in_order = sorted(items, key=lambda item: hashlib.sha256(f"{rule.sample.seed}|{entry}|{item}".encode()).hexdigest())
    return frozenset(in_order[: ceil(Fraction(rule.sample.share) * len(items))])


def revision_end(rule: SelfAssessment, returned_at: int, zone: ZoneInfo) -> int:
    """The last microsecond at which a new score may be sent for an item that was returned then."""
    return after(day_of(returned_at, zone) + timedelta(days=rule.revision_days), zone) - 1


@dataclass
class _Item:
    """An item while the acts are gone through."""

    item: str
    own: Decimal = NOTHING
    last: Decimal = NOTHING
    evidence: tuple[str, ...] = ()
    sampled: bool = False
    state: ItemState = ItemState.NOT_SAMPLED
    returns: int = 0
    until: int = 0
    reason: str = ""

    def stands(self, *, over: bool, now: int | None) -> AssessedItem:
        """Where it stands; `over` says that nobody verifies any more."""
        state, verified = self.state, self.last
        if state == ItemState.RETURNED and (now is None or now > self.until):
            state, verified = ItemState.NOT_PURSUED, NOTHING
        elif over and state in (ItemState.TO_VERIFY, ItemState.REVISED):
            state = ItemState.UNCHECKED
        until = self.until if state == ItemState.RETURNED else None
        return AssessedItem(
            self.item, self.own, self.sampled, state, self.returns, until, verified, self.evidence, self.reason
        )


def assess(
    rules: SeasonRules, entry: str, acts: Acts, *, takes_part: bool = True, now: int | None = None
) -> Assessment:
    """What acts about one entry come to, and those that have no effect; `now` is a moment, else the end.

    Of an entry that does not take part every act falls.
    """
    rule, zone = rule_of(rules), rules.zone
    if not takes_part:
        every: tuple[Act, ...] = (*acts.scores, *acts.verifications)
        return Assessment((), tuple(Fallen(act, "entry", "ENTRY_NOT_VALID") for act in every))
    items = {criterion.id: _Item(criterion.id) for criterion in rules.items}
    opens, closes = to_unix_micros(rule.window.opens), to_unix_micros(rule.window.closes)
    later: list[SelfScore] = []
    for score in _in_order(acts.scores):
        if opens <= score.at <= closes:
            item = items[score.item]
            item.own = item.last = score.score
            item.evidence = score.evidence
        else:
            later.append(score)
    if now is None or now >= closes:
        total = sum((item.own for item in items.values()), NOTHING)
        for name in sample(rule, entry, tuple(items), total):
            items[name].sampled, items[name].state = True, ItemState.TO_VERIFY
    fallen: list[Fallen] = []
    rest: list[Act] = [*later, *acts.verifications]
    ordered = sorted(rest, key=lambda act: (act.at, isinstance(act, Verification), act.row))
    for act in ordered:
        item = items[act.item]
        if isinstance(act, SelfScore):
            fault = None if _revise(item, act) else ("submitted_at", "OUTSIDE_WINDOW")
        else:
            fault = _verify(item, act, rule, zone)
        if fault:
            fallen.append(Fallen(act, *fault))
    over = now is None or now > to_unix_micros(rule.verification.closes)
    return Assessment(tuple(item.stands(over=over, now=now) for item in items.values()), tuple(fallen))


def _in_order(scores: Iterable[SelfScore]) -> list[SelfScore]:
    return sorted(scores, key=lambda score: (score.at, score.row))


def _revise(item: _Item, score: SelfScore) -> bool:
    """Whether a score outside the window is taken: of an item that was returned, until its time is over."""
    if item.state != ItemState.RETURNED or score.at > item.until:
        return False
    item.state, item.last, item.evidence = ItemState.REVISED, score.score, score.evidence
    return True


def _verify(item: _Item, act: Verification, rule: SelfAssessment, zone: ZoneInfo) -> tuple[str, str] | None:
    """Do what a verifier says, or the cell and the code of why not."""
    if not item.sampled:
        return "item", "NOT_SAMPLED"
    if item.state not in (ItemState.TO_VERIFY, ItemState.REVISED):
        return "item", "WRONG_STEP"
    if not to_unix_micros(rule.verification.opens) <= act.at <= to_unix_micros(rule.verification.closes):
        return "at", "OUTSIDE_WINDOW"
    if act.outcome == Outcome.RETURNED:
        if item.returns >= rule.rounds:
            return "outcome", "ROUNDS_EXHAUSTED"
        item.returns += 1
        item.until = revision_end(rule, act.at, zone)
        item.state = ItemState.RETURNED
    elif act.outcome == Outcome.SET:
        item.state, item.last = ItemState.SET, act.score or NOTHING
    else:
        item.state = ItemState.CONFIRMED
    item.reason = act.reason
    return None


@dataclass(frozen=True, slots=True)
class Known:
    """What rows of both files are checked against: the entries that there are, and the media of each."""

    rules: SeasonRules
    entries: Collection[str]
    media: Mapping[str, Collection[str]] = field(default_factory=dict)


def check_self_scores(sheet: Sheet, known: Known) -> tuple[dict[str, tuple[SelfScore, ...]], list[Rejection]]:
    """The scores of `self_scores.csv` by entry, and the rows that fall for themselves. Times are looked at by `assess`."""
    items = {criterion.id: criterion for criterion in known.rules.items}

    def read(row: Row) -> SelfScore:
        require_cells(row, ("entry", "item", "score", "submitted_at"))
        return _self_score(row, known, items)

    accepted, rejected = read_rows(sheet, read)
    return _by_entry(accepted), rejected


def check_verifications(sheet: Sheet, known: Known) -> tuple[dict[str, tuple[Verification, ...]], list[Rejection]]:
    """The verifications of `verifications.csv` by entry, and the rows that fall for themselves."""
    items = {criterion.id: criterion for criterion in known.rules.items}
    seen: set[str] = set()

    def read(row: Row) -> Verification:
        require_cells(row, ("record", "entry", "item", "outcome", "at"))
        require(is_safe_id(row["record"]), "record", "BAD_ID")
        repeated = row["record"] in seen
        seen.add(row["record"])
        require(not repeated, "record", "DUPLICATE_ID")
        return _verification(row, known, items)

    accepted, rejected = read_rows(sheet, read)
    return _by_entry(accepted), rejected


def _by_entry(accepted: Iterable[tuple[Row, AnyAct]]) -> dict[str, tuple[AnyAct, ...]]:
    listed: dict[str, list[AnyAct]] = defaultdict(list)
    for row, act in accepted:
        listed[row["entry"]].append(act)
    return {entry: tuple(acts) for entry, acts in listed.items()}


def _item(row: Row, known: Known, items: Mapping[str, Criterion]) -> Criterion:
    require(row["entry"] in known.entries, "entry", "UNKNOWN_ENTRY")
    item = items.get(row["item"])
    if item is None:
        raise RowFell("item", "UNKNOWN_ITEM")
    return item


def _score(row: Row, item: Criterion) -> Decimal:
    score = parse_score(row["score"])
    if score is None:
        raise RowFell("score", "BAD_SCORE")
    require(score <= item.full, "score", "SCORE_RANGE")
    return score


def _self_score(row: Row, known: Known, items: Mapping[str, Criterion]) -> SelfScore:
    item = _item(row, known, items)
    score = _score(row, item)
    at = moment_in(row, "submitted_at", known.rules.zone)
    evidence = tuple(dict.fromkeys(name.strip() for name in row["evidence"].split(BETWEEN) if name.strip()))
    own = known.media.get(row["entry"], ())
    require(all(name in own for name in evidence), "evidence", "UNKNOWN_EVIDENCE")
    require(evidence or not score, "evidence", "EVIDENCE_MISSING")
    return SelfScore(item.id, score, evidence, at, row.number)


def _verification(row: Row, known: Known, items: Mapping[str, Criterion]) -> Verification:
    item = _item(row, known, items)
    require_word(row, "outcome", tuple(Outcome))
    outcome = Outcome(row["outcome"])
    at = moment_in(row, "at", known.rules.zone)
    score = _score(row, item) if outcome == Outcome.SET else None
    require(row["reason"] or outcome == Outcome.CONFIRMED, "reason", "REASON_MISSING")
    require(len(row["reason"]) <= LONGEST_REASON, "reason", "TOO_LONG")
    return Verification(row["record"], item.id, outcome, score, row["reason"], row["by"], at, row.number)
