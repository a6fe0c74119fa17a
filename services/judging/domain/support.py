"""Rules that cannot be computed exactly, or that a newer release told and this one does not know.

A season with them is refused, never computed wrongly.
"""

from services.judging.domain.scores import FINEST, measure
from shared.season.rules import SeasonRules, unknown_keys


def unsupported_rules(rules: SeasonRules) -> list[str]:
    """The rules of this season that cannot be computed, by their keys in `season.yaml`; empty when all can."""
    inexact = [name for name, rubric in rules.rubrics.items() if measure(rubric)[1] > FINEST]
    return [*(f"rubrics.{name}: weights and maxima" for name in inexact), *unknown_keys(rules)]
