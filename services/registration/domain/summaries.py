"""Unit summaries 单位总结: filed once a season, with a score for each item."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.registration.domain.units import Unit
from shared.season.csv_rows import Rejection, Row, Sheet, parse_score
from shared.season.rules import SeasonRules
from shared.season.time import parse_moment


@dataclass(frozen=True, slots=True)
class Summary:
    """A filed summary; the time is microseconds UTC."""

    unit: str
    submitted_at: int
    items: Mapping[str, Decimal]


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
