"""Why an entry has the tier it has, in the reader's language."""

from collections.abc import Mapping
from fractions import Fraction

from services.judging.domain.awards import Cut
from services.judging.domain.ranking import RankedEntry
from services.judging.domain.results import GroupResult
from services.judging.domain.rounding import exact, format_fixed
from shared.season.award_lines import TierLine, tier_cutoffs
from shared.season.rules import SeasonRules
from shared.web.translation import Translator


def why(t: Translator, rules: SeasonRules, group: GroupResult, standing: RankedEntry) -> str:
    """One sentence: position and line, a tie across the line, a score below the minimum, or the band of the score."""
    awards, given = rules.round(group.round).awards, group.given.get(standing.entry.entry)
    if awards is None or given is None or standing.score is None:
        return ""

    def named(tier: str) -> str:
        return rules.tier_title(group.round, tier).best(t.language)

    score = format_fixed(exact(standing.score), 2)
    if awards.rule == "bands":
        return t("why-band", score=score, tier=named(given.tier))
    ends = dict(zip((tier.id for tier in awards.tiers), tier_cutoffs(awards, group.base), strict=True))
    if given.by_rule and given.tier != given.by_rule:
        return t("why-below", tier=named(given.by_rule), score=score)
    across = next((tier for tier, end in ends.items() if given.first <= end < given.last), None)
    if across is not None:
        line = ends[across]
        return t(
            f"why-tie-{awards.ties_across_line}", first=given.first, last=given.last, line=line, tier=named(across)
        )
    if not given.by_rule:
        return t("why-behind", position=given.first, line=max(ends.values()))
    return t("why-within", position=given.last, line=ends[given.by_rule], base=group.base)


def explain_line(t: Translator, line: TierLine, base: int, title: str) -> str:
    """Where a tier ends by rule and why, for so many entries."""
    values: dict[str, str | int] = {"tier": title, "end": line.end, "places": line.places}
    if line.exact is not None:
        whole = "yes" if line.exact.denominator == 1 else "no"
        values |= {"base": base, "share": plain(Fraction(line.share or 0)), "exact": plain(line.exact), "whole": whole}
    return t(f"cut-{line.by.replace('_', '-')}", **values)


def explain_cut(t: Translator, cut: Cut, base: int, ties: str, titles: Mapping[str, str]) -> str:
    """The line of a tier, what became of a tie across it, and what nobody got; `titles` are by tier."""
    title = titles[cut.line.tier]
    sentences = [explain_line(t, cut.line, base, title)]
    if cut.across:
        first, last = cut.across
        mode = ties if cut.into else "none"
        sentences.append(t(f"cut-tie-{mode}", first=first, last=last, into=titles.get(cut.into, ""), end=cut.end))
    if cut.vacant:
        sentences.append(t("cut-vacant", tier=title, vacant=cut.vacant, entries=cut.entries))
    return t("cut-joined").join(sentences)


def plain(value: Fraction) -> str:
    """A number of few decimals, as one writes it by hand."""
    return format_fixed(value, 4).rstrip("0").rstrip(".")
