"""Where a season stands: its phases, its next date, what is missing before the next phase, what others owe."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from services.registration.domain.judges import Judge, JudgeDuty
from shared.season.rules import Round, SeasonRules
from shared.season.text import Text
from shared.season.time import to_unix_micros
from shared.states import EntryStatus, State, StepState


class PhaseName(State):
    """The parts of a season's year, in order; a season has a `JUDGING` for each of its rounds."""

    PREPARING = "preparing"
    REGISTRATION = "registration"
    REVIEW = "review"
    JUDGING = "judging"
    NOTICE = "notice"
    CERTIFICATES = "certificates"


EARLY = (PhaseName.PREPARING, PhaseName.REGISTRATION, PhaseName.REVIEW)


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of the year, whether it is over, and when it runs as far as it has dates."""

    name: PhaseName
    state: StepState
    opens: int | None = None
    closes: int | None = None
    round: str = ""
    title: Text | None = None
    """Of the round; the others have a name in texts."""


@dataclass(frozen=True, slots=True)
class Due:
    """The next date that counts: what opens or closes, and when."""

    what: str
    at: int
    title: Text | None = None

    def days_left(self, now: int) -> int:
        return max(0, (self.at - now) // DAY)


DAY = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class SeasonFacts:
    """What registration knows of a season, of its own or by events."""

    now: int
    entries: Mapping[str, int] = field(default_factory=dict)
    """How many entries stand where."""
    schools: int = 0
    schools_without_account: int = 0
    judges: tuple[Judge, ...] = ()
    judges_without_account: frozenset[str] = frozenset()
    to_confirm: int = 0
    """Entries with a guardian's consent that waits for the school's or the organizer's word."""
    without_consent: int | None = None
    """Entries for which a guardian has yet to agree; None where it was not counted."""
    held: int = 0
    ballots_left: int = 0
    """What judges have yet to score, as judging told it."""
    summaries_missing: int = 0
    closed_rounds: frozenset[str] = frozenset()
    announced: bool = False
    final_at: int | None = None

    def at(self, *standings: EntryStatus) -> int:
        return sum(self.entries.get(status, 0) for status in standings)

    @property
    def total(self) -> int:
        return sum(self.entries.values())

    @property
    def handed_in(self) -> int:
        return self.at(EntryStatus.PENDING, EntryStatus.VALID, EntryStatus.EXHIBITION)


@dataclass(frozen=True, slots=True)
class Task:
    """A line of a checklist: `what` names its sentence, `page` the page of the workspace where it is done."""

    what: str
    state: StepState
    page: str
    count: int = 0
    query: str = ""
    stops: bool = False
    """Without it the next phase cannot begin."""
    tracks: tuple[str, ...] = ()


def phases_of(rules: SeasonRules, facts: SeasonFacts) -> tuple[Phase, ...]:
    """The phases in order, one of them the present one: what was done decides, and before that the dates."""
    listed = list(_dated(rules))
    here = _present(rules, facts, listed)
    states = [StepState.DONE] * here + [StepState.NOW] + [StepState.TODO] * (len(listed) - here - 1)
    return tuple(
        Phase(name, state, opens, closes, round_.id if round_ else "", round_.title if round_ else None)
        for (name, opens, closes, round_), state in zip(listed, states, strict=True)
    )


Dated = tuple[PhaseName, int | None, int | None, Round | None]


def _dated(rules: SeasonRules) -> Iterable[Dated]:
    registration, notice = rules.window("registration"), rules.window("results_notice")
    opens, closes = to_unix_micros(registration.opens), to_unix_micros(registration.closes)
    yield PhaseName.PREPARING, None, opens, None
    yield PhaseName.REGISTRATION, opens, closes, None
    if rules.acceptance == "review":
        yield PhaseName.REVIEW, closes, to_unix_micros(rules.rounds[0].judging.opens), None
    for round_ in rules.rounds:
        judging = round_.judging
        yield PhaseName.JUDGING, to_unix_micros(judging.opens), to_unix_micros(judging.closes), round_
    yield PhaseName.NOTICE, to_unix_micros(notice.opens), to_unix_micros(notice.closes), None
    yield PhaseName.CERTIFICATES, to_unix_micros(notice.closes), None, None


def _present(rules: SeasonRules, facts: SeasonFacts, listed: Sequence[Dated]) -> int:
    """The place of the present phase."""
    names = [name for name, *_ in listed]
    if facts.final_at is not None:
        return names.index(PhaseName.CERTIFICATES)
    if facts.announced or facts.closed_rounds >= {round_.id for round_ in rules.rounds}:
        return names.index(PhaseName.NOTICE)
    before = [place for place, (name, _, closes, _) in enumerate(listed) if name in EARLY and facts.now < (closes or 0)]
    if before and not facts.closed_rounds:
        return before[0]
    return next(place for place, (*_, round_) in enumerate(listed) if round_ and round_.id not in facts.closed_rounds)


def present_of(phases: Sequence[Phase]) -> Phase:
    """The phase that runs."""
    return next(phase for phase in phases if phase.state is StepState.NOW)


def next_due(rules: SeasonRules, facts: SeasonFacts) -> Due | None:
    """The earliest date that is still to come; none once results are final."""
    if facts.final_at is not None:
        return None
    registration, notice = rules.window("registration"), rules.window("results_notice")
    dates = [
        Due("registration-opens", to_unix_micros(registration.opens)),
        Due("registration-closes", to_unix_micros(registration.closes)),
        Due("notice-opens", to_unix_micros(notice.opens)),
        Due("notice-closes", to_unix_micros(notice.closes)),
    ]
    for round_ in rules.rounds:
        dates.append(Due("judging-opens", to_unix_micros(round_.judging.opens), round_.title))
        dates.append(Due("judging-closes", to_unix_micros(round_.judging.closes), round_.title))
    if rules.unit_award and rules.unit_award.eligible.summary_by:
        dates.append(Due("summaries-due", to_unix_micros(rules.unit_award.eligible.summary_by)))
    return min((due for due in dates if due.at > facts.now), key=lambda due: due.at, default=None)


def needed_judges(rules: SeasonRules) -> dict[str, int]:
    """How many judges a work of each track takes in the first round."""
    return {
        track: max((rules.panels[part.panel].ballots for part in scoring.components if part.panel), default=0)
        for track, scoring in rules.rounds[0].scoring.items()
    }


def short_tracks(rules: SeasonRules, facts: SeasonFacts) -> dict[str, int]:
    """The tracks with too few judges who have joined, and how many each lacks."""
    joined = [
        judge
        for judge in facts.judges
        if judge.role in (JudgeDuty.SCORING, JudgeDuty.CHIEF) and judge.judge not in facts.judges_without_account
    ]
    missing = {
        track: needed - sum(track in judge.tracks for judge in joined) for track, needed in needed_judges(rules).items()
    }
    return {track: count for track, count in missing.items() if count > 0}


def missing_before_next(rules: SeasonRules, facts: SeasonFacts) -> tuple[Task, ...]:
    """What is done and what is missing before the next phase begins, most of it while the present one runs."""
    name = present_of(phases_of(rules, facts)).name
    if name in EARLY:
        return tuple(chain(_of_the_rules(rules), _of_entries(rules, facts, name), _of_people(rules, facts)))
    if name is PhaseName.JUDGING:
        return tuple(_of_judging(facts))
    if name is PhaseName.NOTICE:
        return tuple(_of_notice(rules, facts))
    return (Task("certificates", StepState.TODO, "certificates"), Task("ceremony", StepState.TODO, "ceremony"))


def _counted(what: str, count: int, page: str, *, query: str = "", stops: bool = False, wanted: bool = False) -> Task:
    """Done where nothing is left, or where something is there that is `wanted`."""
    done = bool(count) is wanted
    return Task(what, StepState.DONE if done else StepState.NOW, page, count, query, stops and not done)


def _of_the_rules(rules: SeasonRules) -> Iterable[Task]:
    yield Task("contacts", StepState.DONE if rules.contacts else StepState.NOW, "rules")
    if rules.serials is None:
        yield Task("serials", StepState.NOW, "rules", stops=True)


def _of_people(rules: SeasonRules, facts: SeasonFacts) -> Iterable[Task]:
    yield _counted("schools", facts.schools, "units", stops=True, wanted=True)
    if facts.schools_without_account:
        yield Task("schools-invited", StepState.NOW, "units", facts.schools_without_account)
    if not facts.judges:  # judging may have some of which only their numbers are known
        yield Task("judges-unlisted", StepState.TODO, "jury")
        return
    short = short_tracks(rules, facts)
    state = StepState.NOW if short else StepState.DONE
    yield Task("judges", state, "jury", max(short.values(), default=0), tracks=tuple(short))


def _of_entries(rules: SeasonRules, facts: SeasonFacts, name: PhaseName) -> Iterable[Task]:
    if name is PhaseName.PREPARING:
        return
    if rules.acceptance == "review":
        stops = name is PhaseName.REVIEW
        waiting = facts.at(EntryStatus.PENDING)
        yield _counted("review", waiting, "desk", query="standing=pending", stops=stops)
    if facts.to_confirm:
        yield Task("confirm", StepState.NOW, "consents", facts.to_confirm)
    if facts.held:
        yield Task("held", StepState.NOW, "held-copies", facts.held)
    if name is PhaseName.REVIEW:
        yield Task("assign", StepState.DONE if facts.ballots_left else StepState.TODO, "panels")


def _of_judging(facts: SeasonFacts) -> Iterable[Task]:
    yield _counted("review", facts.at(EntryStatus.PENDING), "desk", query="standing=pending", stops=True)
    if facts.held:
        yield Task("held", StepState.NOW, "held-copies", facts.held)
    if facts.ballots_left:
        yield Task("ballots", StepState.NOW, "chief", facts.ballots_left)
    else:
        yield Task("assigned", StepState.TODO, "chief")
    yield Task("close", StepState.TODO, "results")


def _of_notice(rules: SeasonRules, facts: SeasonFacts) -> Iterable[Task]:
    if rules.asks_summaries:
        yield _counted("summaries", facts.summaries_missing, "summaries")
    yield Task("announce", StepState.DONE if facts.announced else StepState.NOW, "results", stops=not facts.announced)
    if facts.announced:
        yield Task("objections", StepState.TODO, "objections")
        yield Task("finalize", StepState.TODO, "results")


def owed_by_others(rules: SeasonRules, facts: SeasonFacts) -> tuple[Task, ...]:
    """What waits for students, guardians, schools and judges; each with the page where one sees or reminds them."""
    name = present_of(phases_of(rules, facts)).name
    waits: list[Task] = []
    if name in (PhaseName.REGISTRATION, PhaseName.REVIEW):
        drafts = facts.at(EntryStatus.DRAFT)
        waits += [
            Task("drafts", StepState.NOW, "desk", drafts, "standing=draft"),
            Task("consents", StepState.NOW, "reminders", facts.without_consent or 0),
            Task("returned", StepState.NOW, "desk", facts.at(EntryStatus.RETURNED), "standing=returned"),
        ]
    if name in (*EARLY, PhaseName.JUDGING):
        waits.append(Task("judges-invited", StepState.NOW, "jury", len(facts.judges_without_account)))
    if name is PhaseName.JUDGING:
        waits.append(Task("ballots", StepState.NOW, "reminders", facts.ballots_left))
    if name in (PhaseName.JUDGING, PhaseName.NOTICE) and rules.asks_summaries:
        waits.append(Task("summaries", StepState.NOW, "reminders", facts.summaries_missing))
    return tuple(task for task in waits if task.count)
