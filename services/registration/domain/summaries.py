"""Unit summaries 工作总结: filed once a season by a unit, with a score for each item by the organizer."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.registration.domain.units import Unit
from shared.errors import Invalid, InvalidState, NotFound, error_at
from shared.season.csv_rows import Rejection, Row, Sheet, parse_score
from shared.season.rules import SeasonRules, UnitAward
from shared.season.time import parse_moment, to_unix_micros

MOST_TEXT = 6000
"""Characters of a summary."""
WINDOW = "unit_summaries"
"""In the timeline: from when, and until when, units file theirs."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A filed summary; the time is microseconds UTC."""

    unit: str
    submitted_at: int
    items: Mapping[str, Decimal]


def award_of(rules: SeasonRules) -> UnitAward:
    """The award for which units of its level file summaries.

    Raises:
        NotFound: the season asks for none.
    """
    award = rules.unit_award
    if award is None or not rules.asks_summaries:
        raise NotFound("no-summaries")
    return award


@dataclass(frozen=True, slots=True)
class Filing:
    """When summaries are filed, in microseconds UTC. After `due` until `closes` one is taken that is late."""

    opens: int
    due: int
    closes: int


def filing_window(rules: SeasonRules) -> Filing:
    """What the timeline says, else from the opening of registration until the notice on which units' awards stand.

    One that is filed after `summary_by` has its scores and wins nothing, as where summaries come from a file.
    """
    slot, by = rules.timeline.get(WINDOW), award_of(rules).eligible.summary_by
    notice = "derived_notice" if "derived_notice" in rules.timeline else "results_notice"
    opens = (slot and slot.opens) or rules.window("registration").opens
    closes = (slot and slot.closes) or max(rules.window(notice).opens, by or rules.window(notice).opens)
    return Filing(to_unix_micros(opens), to_unix_micros(min(closes, by or closes)), to_unix_micros(closes))


def check_filing(rules: SeasonRules, now: int, filed_at: int | None = None) -> int:
    """Until when a summary may be filed, for one that is written now; one that was filed in time is not made late.

    Raises:
        InvalidState: it is too early or too late.
    """
    window = filing_window(rules)
    if now < window.opens:
        raise InvalidState("summaries-not-open")
    in_time = now <= window.due or (filed_at is not None and filed_at <= window.due)
    until = window.due if in_time else window.closes
    if now > until:
        raise InvalidState("deadline-passed")
    return until


def read_item_scores(rules: SeasonRules, cells: Mapping[str, str]) -> dict[str, Decimal]:
    """A score for each item, each within its maximum.

    Raises:
        Invalid: naming each item whose score is missing or not possible, and what is no item.
    """
    items, errors = {item.id: item for item in award_of(rules).summary}, []
    scores: dict[str, Decimal] = {}
    for item in items.values():
        score = parse_score(cells.get(item.id, "").strip())
        if score is None or score > item.max:
            errors.append(error_at(item.id, "field-item-score", most=f"{item.max:f}"))
        else:
            scores[item.id] = score
    errors += [error_at(name, "field-no-item") for name in cells if name not in items]
    if errors:
        raise Invalid("fields-invalid", errors=errors)
    return scores


def columns(rules: SeasonRules) -> tuple[str, ...]:
    """The columns of `summaries.csv` in this season."""
    items = rules.unit_award.summary if rules.unit_award else ()
    return ("unit", "submitted_at", *(item.id for item in items))


def check_summaries(
    sheet: Sheet, rules: SeasonRules, units: Mapping[str, Unit]
) -> tuple[list[Summary], list[Rejection]]:
    """The summaries of `summaries.csv`, and the rows that fall (season folder, section 6)."""
    accepted: dict[str, Summary] = {}
    rejections = []
    for row in sheet.rows:
        result = _read(row, sheet.header, rules, units, accepted)
        if isinstance(result, Summary):
            accepted[result.unit] = result
        else:
            rejections.append(sheet.reject(row, *result))
    return list(accepted.values()), rejections


def _read(
    row: Row, header: tuple[str, ...], rules: SeasonRules, units: Mapping[str, Unit], accepted: Mapping[str, Summary]
) -> Summary | tuple[str, str]:
    award = rules.unit_award
    if not row.whole:
        return header[0], "ROW_SHAPE"
    unit = units.get(row["unit"])
    if unit is None:
        return "unit", "UNKNOWN_UNIT"
    if award is None or unit.level != award.level:
        return "unit", "UNIT_LEVEL"
    submitted = parse_moment(row["submitted_at"], rules.zone)
    if submitted is None:
        return "submitted_at", "BAD_TIME"
    scores = {item.id: parse_score(row[item.id]) for item in award.summary}
    items: dict[str, Decimal] = {}
    for item in award.summary:
        score = scores[item.id]
        if score is None:
            return item.id, "BAD_SCORE"
        items[item.id] = score
    for item in award.summary:
        if items[item.id] > item.max:
            return item.id, "SCORE_RANGE"
    if unit.unit in accepted:
        return "unit", "DUPLICATE_ID"
    return Summary(unit.unit, submitted, items)
