"""Whether the parts of a season's rules fit together: references, orders, doubles."""

from collections.abc import Iterator
from itertools import combinations

from shared.season.faults import Fault, doubles, missing
from shared.season.rules import (
    ASSESSED_MAX,
    ChoiceField,
    Component,
    NumberField,
    Recommendation,
    Round,
    SeasonRules,
    SelfAssessment,
    Statistic,
    Track,
)


def inconsistencies(rules: SeasonRules) -> Iterator[Fault]:
    """Every reference to something that does not exist, every double and every wrong order."""
    for name in ("registration", "results_notice"):
        slot = rules.timeline.get(name)
        if slot is None or slot.opens is None or slot.closes is None:
            yield Fault(path=f"timeline.{name}", code="REQUIRED")
    divisions, tracks = {d.id for d in rules.divisions}, {t.id for t in rules.tracks}
    levels, rounds = set(rules.unit_levels), {r.id for r in rules.rounds}
    for path, ids in (
        ("divisions", [d.id for d in rules.divisions]),
        ("tracks", [t.id for t in rules.tracks]),
        ("rounds", [r.id for r in rules.rounds]),
        ("statistics", [statistic.id for statistic in rules.statistics]),
        *((f"rubrics.{name}", [c.id for c in rubric]) for name, rubric in rules.rubrics.items()),
        *((f"tracks.{track.id}.fields", [field.id for field in track.fields]) for track in rules.tracks),
        *(
            (f"tracks.{track.id}.fields.{field.id}.choices", [choice.id for choice in field.choices])
            for track in rules.tracks
            for field in track.fields
            if isinstance(field, ChoiceField)
        ),
    ):
        yield from doubles(path, ids)
    for division in rules.divisions:
        yield from missing(f"divisions.{division.id}.unit_levels", division.unit_levels or (), levels)
    for track in rules.tracks:
        yield from missing(f"tracks.{track.id}.divisions", track.divisions, divisions)
        yield from _track_faults(rules, track)
    yield from _date_faults(rules)
    yield from _registration_faults(rules, tracks, divisions, levels)
    yield from (fault for statistic in rules.statistics for fault in _statistic_faults(rules, statistic, tracks))
    if rules.designation:
        awards = rules.rounds[-1].awards
        known_tiers = {tier.id for tier in awards.tiers} if awards else set()
        yield from missing("designation.tier", (rules.designation.tier,), known_tiers)
    if rules.recommendation:
        yield from _recommendation_faults(rules, rules.recommendation, tracks)
    for position, round_ in enumerate(rules.rounds):
        yield from _round_faults(rules, position, round_, tracks, divisions, levels)
    if rules.self_assessment:
        yield from _assessment_faults(rules, rules.self_assessment)
    award = rules.instructor_award
    if award:
        yield from _tier_faults(rules, "instructor_award", award.round, (*award.points, *award.automatic))
    unit_award = rules.unit_award
    if unit_award:
        yield from _tier_faults(rules, "unit_award", unit_award.round, tuple(unit_award.points))
        named = [unit_award.level] + [part.level for part in (unit_award.recommend, unit_award.bodies) if part]
        yield from missing("unit_award", named, levels)
    for round_id, tiers in (rules.credits.rounds if rules.credits else {}).items():
        yield from _tier_faults(rules, f"credits.rounds.{round_id}", round_id, tuple(tiers))
    if rules.serials:
        yield from missing("serials.rounds", tuple(rules.serials.rounds), rounds)
        letters = list(rules.serials.kinds.values())
        if len(set(letters)) < len(letters) or len(set(rules.serials.rounds.values())) < len(rules.serials.rounds):
            yield Fault(path="serials", code="DUPLICATE_ID", detail="letters")


def _track_faults(rules: SeasonRules, track: Track) -> Iterator[Fault]:
    """A track of students that takes none, and divisions between which a grade could not choose."""
    if track.entrant == "students" and not track.members[1]:
        yield Fault(path=f"tracks.{track.id}.members", code="BAD_VALUE", detail="no student could take part")
    divisions = [division for division in rules.divisions if division.id in track.divisions]
    for first, second in combinations(divisions, 2):
        if (
            first.grades
            and second.grades
            and max(first.grades[0], second.grades[0]) <= min(first.grades[1], second.grades[1])
        ):
            yield Fault(path=f"tracks.{track.id}.divisions", code="OVERLAP", detail=f"{first.id}, {second.id}")


def _date_faults(rules: SeasonRules) -> Iterator[Fault]:
    """Judging that ends before all entries are there, and a notice of results before they are judged."""
    registration, notice = rules.timeline.get("registration"), rules.timeline.get("results_notice")
    for round_ in rules.rounds:
        path = f"rounds.{round_.id}.judging.closes"
        if registration and registration.closes and round_.judging.closes < registration.closes:
            yield Fault(path=path, code="TOO_EARLY", detail="timeline.registration.closes")
        if notice and notice.opens and notice.opens < round_.judging.closes:
            yield Fault(path="timeline.results_notice.opens", code="TOO_EARLY", detail=path)
    if rules.media and registration and registration.opens and rules.media.closes < registration.opens:
        yield Fault(path="media.closes", code="TOO_EARLY", detail="timeline.registration.opens")


def _registration_faults(
    rules: SeasonRules, tracks: set[str], divisions: set[str], levels: set[str]
) -> Iterator[Fault]:
    yield from missing("review_steps", rules.review_steps, levels)
    depths = [rules.unit_levels.index(level) for level in rules.review_steps if level in levels]
    if depths != sorted(set(depths), reverse=True):
        yield Fault(path="review_steps", code="WRONG_ORDER", detail="from the school upwards")
    yield from missing("works", tuple(rules.works), tracks)
    if rules.nominations:
        if rules.nominations.level not in rules.reviewers:
            yield Fault(path="nominations.level", code="UNKNOWN_REFERENCE", detail=rules.nominations.level)
        yield from missing("nominations.places", tuple(rules.nominations.places), tracks)
        listed = [rules.nominations.places, *rules.nominations.exceptions.values()]
        for track_id, places in (pair for tracks_ in listed for pair in tracks_.items()):
            yield from missing(f"nominations.places.{track_id}", tuple(places), divisions)


def _statistic_faults(rules: SeasonRules, statistic: Statistic, tracks: set[str]) -> Iterator[Fault]:
    """Tracks, fields and kinds of material that there are not. Tracks may share a field, and need not all have it."""
    path = f"statistics.{statistic.id}"
    counted = [track for track in rules.tracks if not statistic.tracks or track.id in statistic.tracks]
    fields = {field.id: field for track in counted for field in track.fields}
    kinds = rules.media.kinds if rules.media else {}
    numbers = {field.id for track in counted for field in track.fields if isinstance(field, NumberField)}
    for name, values, known in (
        ("tracks", statistic.tracks, tracks),
        ("field", (statistic.field,) if statistic.field else (), numbers),
        ("kinds", statistic.kinds, set(kinds)),
        ("where", tuple(statistic.where), set(fields)),
    ):
        yield from missing(f"{path}.{name}", values, known)
    if statistic.of == "media" and not kinds:
        yield Fault(path="media", code="REQUIRED")


def _recommendation_faults(rules: SeasonRules, recommendation: Recommendation, tracks: set[str]) -> Iterator[Fault]:
    """Levels that there are not or in another order, without a window or below a unit that enters."""
    path, levels = "recommendation", recommendation.levels
    for name, values, known in (
        ("levels", levels, set(rules.unit_levels)),
        ("tracks", recommendation.tracks, tracks),
        ("windows", tuple(recommendation.windows), set(levels)),
        ("quota", tuple(recommendation.quota), set(levels)),
    ):
        yield from missing(f"{path}.{name}", values, known)
    depths = [rules.unit_levels.index(level) for level in levels if level in rules.unit_levels]
    if depths != sorted(set(depths), reverse=True):
        yield Fault(path=f"{path}.levels", code="WRONG_ORDER", detail="from below upwards")
    yield from (
        Fault(path=f"{path}.windows.{level}", code="REQUIRED")
        for level in levels
        if level not in recommendation.windows
    )
    for group, listed in (("quota", recommendation.quota), ("except", recommendation.exceptions)):
        for name, places in listed.items():
            yield from missing(f"{path}.{group}.{name}", places, tracks)


def _round_faults(
    rules: SeasonRules, position: int, round_: Round, tracks: set[str], divisions: set[str], levels: set[str]
) -> Iterator[Fault]:
    path = f"rounds.{round_.id}"
    if round_.heats and round_.heats not in levels:
        yield Fault(path=f"{path}.heats", code="UNKNOWN_REFERENCE", detail=round_.heats)
    for track_id in sorted(tracks - set(round_.scoring)):
        yield Fault(path=f"{path}.scoring.{track_id}", code="REQUIRED")
    for track_id, scoring in round_.scoring.items():
        where = f"{path}.scoring.{track_id}"
        if track_id not in tracks:
            yield Fault(path=where, code="UNKNOWN_REFERENCE", detail=track_id)
        ids = [component.id for component in scoring.components]
        yield from doubles(where, ids)
        for component in scoring.components:
            if component.panel and component.panel not in rules.panels:
                yield Fault(path=f"{where}.{component.id}.panel", code="UNKNOWN_REFERENCE", detail=component.panel)
            if component.rubric and component.rubric not in rules.rubrics:
                yield Fault(path=f"{where}.{component.id}.rubric", code="UNKNOWN_REFERENCE", detail=component.rubric)
        for key in scoring.ties:
            _, _, named = key.partition(":")
            if named and named not in ids:
                yield Fault(path=f"{where}.ties", code="UNKNOWN_REFERENCE", detail=key)
    yield from _special_faults(round_, path, tracks, divisions)
    if round_.advance:
        following = rules.rounds[position + 1].id if position + 1 < len(rules.rounds) else None
        if round_.advance.to != following:
            yield Fault(path=f"{path}.advance.to", code="WRONG_ORDER", detail=round_.advance.to)
        if round_.advance.share_among and round_.advance.share_among not in levels:
            yield Fault(path=f"{path}.advance.share_among", code="UNKNOWN_REFERENCE", detail=round_.advance.share_among)
        for track_id, places in round_.advance.places.items():
            for value in [track_id] * (track_id not in tracks) + sorted(set(places) - divisions):
                yield Fault(path=f"{path}.advance.places.{track_id}", code="UNKNOWN_REFERENCE", detail=value)
    elif position + 1 < len(rules.rounds):
        yield Fault(path=f"{path}.advance", code="REQUIRED")


def _assessment_faults(rules: SeasonRules, rule: SelfAssessment) -> Iterator[Fault]:
    """Items, and two components of the tracks that score themselves: a test out of 100 and a panel's; and an order of times."""
    path = "self_assessment"
    items = rules.rubrics.get(rule.rubric, ())
    if not items:
        yield Fault(path=f"{path}.rubric", code="UNKNOWN_REFERENCE", detail=rule.rubric)
    if sum(item.full for item in items) > ASSESSED_MAX:
        yield Fault(path=f"{path}.rubric", code="BAD_VALUE", detail=f"more than {ASSESSED_MAX} points together")
    verified, reviewed = _components_at(rules, rule.component), _components_at(rules, rule.review)
    if not verified or any(component.test is None for component in verified.values()):
        yield Fault(path=f"{path}.component", code="UNKNOWN_REFERENCE", detail=rule.component)
    elif any(component.test and component.test.max != ASSESSED_MAX for component in verified.values()):
        yield Fault(path=f"{path}.component", code="BAD_VALUE", detail=f"a test out of {ASSESSED_MAX}")
    if not reviewed or any(track not in reviewed or reviewed[track].panel is None for track in verified):
        yield Fault(path=f"{path}.review", code="UNKNOWN_REFERENCE", detail=rule.review)
    if rule.verification.opens < rule.window.closes:
        yield Fault(path=f"{path}.verification.opens", code="TOO_EARLY", detail=f"{path}.window.closes")
    for round_ in rules.rounds:
        in_round = rule.component.partition(".")[0] == round_.id
        if in_round and round_.judging.closes < rule.verification.closes:
            yield Fault(
                path=f"rounds.{round_.id}.judging.closes", code="TOO_EARLY", detail=f"{path}.verification.closes"
            )


def _components_at(rules: SeasonRules, placed: str) -> dict[str, Component]:
    """The components of this `ROUND.ID`, by track."""
    round_id, _, identity = placed.partition(".")
    return {
        track: component
        for round_ in rules.rounds
        if round_.id == round_id
        for track, scoring in round_.scoring.items()
        for component in scoring.components
        if component.id == identity
    }


def _special_faults(round_: Round, path: str, tracks: set[str], divisions: set[str]) -> Iterator[Fault]:
    held = [tier.id for tier in round_.awards.tiers] if round_.awards else []
    for special in round_.special:
        where = f"{path}.special.{special.id}"
        if special.id in held:
            yield Fault(path=where, code="DUPLICATE_ID", detail=special.id)
        unknown = [
            *(value for value in special.tracks if value not in tracks),
            *(value for value in special.divisions if value not in divisions),
            *(value for value in special.not_with if value not in held),
        ]
        for track_id, scoring in round_.scoring.items():
            if special.tracks and track_id not in special.tracks:
                continue
            measures = {"score", *scoring.ties, *(f"component:{component.id}" for component in scoring.components)}
            unknown += [f"{track_id} {special.by}"] * (special.by not in measures)
        for value in unknown:
            yield Fault(path=where, code="UNKNOWN_REFERENCE", detail=value)
        held.append(special.id)


def _tier_faults(rules: SeasonRules, path: str, round_id: str, tiers: tuple[str, ...]) -> Iterator[Fault]:
    round_ = next((each_round for each_round in rules.rounds if each_round.id == round_id), None)
    if round_ is None or round_.awards is None:
        yield Fault(path=f"{path}.round", code="UNKNOWN_REFERENCE", detail=round_id)
        return
    known = {tier.id for tier in round_.awards.tiers}
    if round_.awards.otherwise:
        known.add(round_.awards.otherwise.id)
    for tier in tiers:
        if tier not in known:
            yield Fault(path=path, code="UNKNOWN_REFERENCE", detail=tier)
