"""From ballots to the score of a round (season folder, section 7)."""

from collections.abc import Sequence
from fractions import Fraction

from services.judging.domain.facts import Ballot
from services.judging.domain.rounding import kept
from shared.season.rules import Criterion, Panel


def ballot_value(ballot: Ballot, rubric: Sequence[Criterion]) -> Fraction:
    """100 × Σ(weight × score ÷ max) ÷ Σ weight."""
    weighted = sum(
        (
            Fraction(criterion.weight) * Fraction(score) / Fraction(criterion.full)
            for criterion, score in zip(rubric, ballot.scores, strict=True)
        ),
        Fraction(0),
    )
    return 100 * weighted / sum((Fraction(criterion.weight) for criterion in rubric), Fraction(0))


def panel_value(values: Sequence[Fraction], panel: Panel) -> Fraction:
    """The value of one component from at least one ballot value.

    `trimmed-mean` 去掉最高最低: with at least `min_ballots` ballots the highest and lowest are left out; with fewer
    it is the plain mean.

    Raises:
        NotImplementedError: the panel's method is not computed yet.
    """
    if panel.method == "z-score" or panel.spread_review:
        raise NotImplementedError(panel.method)
    counted = sorted(values)
    if panel.method == "trimmed-mean" and len(counted) >= panel.min_ballots:
        counted = counted[panel.drop_low : len(counted) - panel.drop_high]
    return mean(counted)


def mean(values: Sequence[Fraction]) -> Fraction:
    """The arithmetic mean of at least one value, exact."""
    return sum(values, Fraction(0)) / len(values)


def round_score(components: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """Σ(weight × kept component) ÷ Σ weight, kept; from (weight, kept value) pairs."""
    total = sum((weight * value for weight, value in components), Fraction(0))
    return kept(total / sum((weight for weight, _ in components), Fraction(0)))


def criterion_means(ballots: Sequence[Ballot], rubric: Sequence[Criterion]) -> tuple[Fraction, ...]:
    """Kept means of the criterion scores over all counted ballots, none dropped, in printed order."""
    return tuple(
        kept(mean([Fraction(ballot.scores[position]) for ballot in ballots])) for position in range(len(rubric))
    )
