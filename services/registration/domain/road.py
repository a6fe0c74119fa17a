"""The road of one's entry: what comes next for it and when, until its certificate."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from services.registration.domain.entries import EDITABLE
from shared.season.rules import SeasonRules
from shared.season.text import Text
from shared.season.time import to_unix_micros
from shared.states import EntryStatus, State, StepState


class StepName(State):
    """What an entry has before it, in order; a season has a `JUDGING` for its first round and a `LATER` for each other."""

    CONSENT = "consent"
    FILES = "files"
    SUBMIT = "submit"
    REVIEW = "review"
    JUDGING = "judging"
    LATER = "later"
    NOTICE = "notice"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class RoadStep:
    """A step ahead, and from when until when it is taken, as far as it has dates; the first one is the present one."""

    name: StepName
    opens: int | None = None
    closes: int | None = None
    title: Text | None = None
    """Of a later round."""
    state: StepState = StepState.TODO


@dataclass(frozen=True, slots=True)
class Stands:
    """How far an entry has come. `until` is the end of handing in, for it."""

    standing: EntryStatus
    until: int
    now: int
    waits_for_guardian: bool = False
    lacks_files: bool = False
    closed_rounds: Collection[str] = ()
    announced: bool = False
    final: bool = False


ON_THE_ROAD = (*EDITABLE, EntryStatus.PENDING, EntryStatus.VALID, EntryStatus.EXHIBITION)


def road_ahead(rules: SeasonRules, stands: Stands) -> tuple[RoadStep, ...]:
    """What is ahead of an entry; nothing for one that has left, came too late, or is through."""
    late = stands.standing in EDITABLE and stands.now > stands.until
    if stands.standing not in ON_THE_ROAD or stands.final or late:
        return ()
    steps = _before_judging(rules, stands)
    for number, round_ in enumerate(rules.rounds):
        if round_.id not in stands.closed_rounds:
            opens, closes = to_unix_micros(round_.judging.opens), to_unix_micros(round_.judging.closes)
            name = StepName.LATER if number else StepName.JUDGING
            steps.append(RoadStep(name, opens, closes, round_.title if number else None))
    if stands.standing != EntryStatus.EXHIBITION:
        notice = rules.window("results_notice")
        opens, closes = to_unix_micros(notice.opens), to_unix_micros(notice.closes)
        if not stands.announced:
            steps.append(RoadStep(StepName.NOTICE, opens, closes))
        steps.append(RoadStep(StepName.CERTIFICATE, closes))
    return tuple(replace(step, state=StepState.TODO if number else StepState.NOW) for number, step in enumerate(steps))


def _before_judging(rules: SeasonRules, stands: Stands) -> list[RoadStep]:
    steps = []
    if stands.standing in EDITABLE:
        if stands.waits_for_guardian:
            steps.append(RoadStep(StepName.CONSENT, closes=stands.until))
        if stands.lacks_files:
            steps.append(RoadStep(StepName.FILES, closes=stands.until))
        steps.append(RoadStep(StepName.SUBMIT, closes=stands.until))
    if rules.acceptance == "review" and stands.standing in (*EDITABLE, EntryStatus.PENDING):
        steps.append(RoadStep(StepName.REVIEW, closes=to_unix_micros(rules.rounds[0].judging.opens)))
    return steps
