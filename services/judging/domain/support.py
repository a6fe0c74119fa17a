"""Which rules can be computed now. A season that needs others is refused, never computed wrongly."""

from shared.season.rules import Round, SeasonRules

TIES = ("criteria", "component", "earliest-submission", "previous-score")


def unsupported(rules: SeasonRules) -> list[str]:
    """The rules of this season that cannot be computed yet, by their keys in `season.yaml`; empty when all can."""
    found = []
    if len(rules.rounds) > 1:
        found.append("rounds: more than one")
    for one in rules.rounds:
        found += [f"rounds.{one.id}.{name}" for name in _round(rules, one)]
    found += [f"tracks.{track.id}.entrant" for track in rules.tracks if track.entrant == "unit"]
    found += [f"divisions.{division.id}.unit_levels" for division in rules.divisions if division.unit_levels]
    if rules.unit_award and rules.unit_award.recommend:
        found.append("unit_award.recommend")
    if rules.unit_award and rules.unit_award.bodies:
        found.append("unit_award.bodies")
    if rules.credits:
        found.append("credits")
    return found


def _round(rules: SeasonRules, one: Round) -> list[str]:
    found = [name for name, used in (("heats", one.heats), ("advance", one.advance)) if used]
    for track, scoring in one.scoring.items():
        for component in scoring.components:
            panel = rules.panels[component.panel] if component.panel else None
            if component.runs or component.test:
                found.append(f"scoring.{track}.{component.id}: runs, test")
            elif panel and panel.method == "z-score":
                found.append(f"scoring.{track}.{component.id}: z-score")
            elif panel and panel.spread_review:
                found.append(f"scoring.{track}.{component.id}: spread_review")
        found += [f"scoring.{track}.ties: {key}" for key in scoring.ties if key.partition(":")[0] not in TIES]
    if one.awards and one.awards.rule == "bands":
        found.append("awards.rule: bands")
    if one.awards and one.awards.ties_across_line != "down":
        found.append(f"awards.ties_across_line: {one.awards.ties_across_line}")
    return found
