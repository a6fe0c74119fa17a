"""Rules that may be written down and cannot be computed exactly. A season with them is refused, never computed wrongly."""

from services.judging.domain.scores import FINEST, measure
from shared.season.rules import SeasonRules


def unsupported_rules(rules: SeasonRules) -> list[str]:
    """The rules of this season that cannot be computed, by their keys in `season.yaml`; empty when all can."""
    return [
        f"rubrics.{name}: weights and maxima" for name, rubric in rules.rubrics.items() if measure(rubric)[1] > FINEST
    ]
