"""Handing out works: which judge gets which entries, told so that registration shows each judge these files and no others."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.judging.application.ports import JudgedSeason, Store
from services.judging.application.recording import record
from services.judging.application.rounds import present_in, stated_reason, takes_part
from services.judging.application.scoring import entries_to_score, in_round, tasks
from services.judging.domain.assignment import Cause, ImpossibleAssignment, assign
from services.judging.domain.facts import BallotStatus, Entry, Judge, JudgeRole, check_judge
from services.judging.domain.inputs import hash_of
from services.judging.domain.signatures import Signatory
from shared.errors import Invalid, InvalidState, NotFound, error_at
from shared.season.rules import Round

DEFAULT_SEED = 1
BESIDE_PANELS = (JudgeRole.AUTOMATIC, JudgeRole.SHADOW)
"""Judges who belong to no panel: what they may score is theirs."""


def judges_needed(round_: Round, season: JudgedSeason) -> dict[str, int]:
    """How many judges an entry needs, by track: the largest panel of its components; tracks without panels are left out."""
    result: dict[str, int] = {}
    for track, scoring in round_.scoring.items():
        sizes = [season.rules.panels[part.panel].ballots for part in scoring.components if part.panel]
        if sizes:
            result[track] = max(sizes)
    return result


@dataclass(frozen=True, slots=True)
class PanelWishes:
    """What an assignment may be told. The same seed and facts give the same panels."""

    seed: int = DEFAULT_SEED
    absent: Collection[str] = ()
    """Judges whose works go to others."""
    reserves: Collection[str] = ()
    """Reserve judges who help."""
    needed: Mapping[str, int] = field(default_factory=dict)
    """How many judges an entry gets, by track; what is left out is as the panels say."""


@dataclass(frozen=True, slots=True)
class Share:
    """The works of a judge as they are, and as they would be."""

    judge: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def gains(self) -> list[str]:
        return sorted(set(self.after) - set(self.before))

    @property
    def loses(self) -> list[str]:
        return sorted(set(self.before) - set(self.after))


@dataclass(frozen=True, slots=True)
class PanelPlan:
    """What handing out would change in a round: the share of each judge who has works, or would have some."""

    round: str
    shares: tuple[Share, ...]

    @property
    def moved(self) -> int:
        """How many places in panels would be filled anew."""
        return sum(len(share.gains) for share in self.shares)

    @property
    def loads(self) -> dict[str, int]:
        return {share.judge: len(share.after) for share in self.shares}

    @property
    def changes(self) -> list[Share]:
        """The shares that would change."""
        return [share for share in self.shares if share.gains or share.loses]

    @property
    def hash(self) -> str:
        """What it would do, for whoever applies it: other works or judges, another hash."""
        return hash_of(self.round, [[share.judge, share.before, share.after] for share in self.shares])


async def plan_panels(season: JudgedSeason, wishes: PanelWishes, store: Store) -> PanelPlan:
    """Give each entry of the round as many judges as its panel has, loads even, conflicts never.

    Doing it again moves nothing but what has to move: new entries get judges, the works of those who are absent go to
    others, reserves help. Submitted ballots stay with whoever wrote them. Automatic judges keep the tests that are
    theirs, and shadow judges, whose ballots never count, everything that they may look at.

    Raises:
        Invalid: a judge or track is named that the season has not.
        InvalidState: somewhere there are too few judges, and the causes are named; or the season is kept in records.
    """
    if season.mode != "live":
        raise InvalidState("records-season")
    round_, known = season.shown, await store.facts.judges(season.id)
    _check_wishes(wishes, season, known)
    wanted = {**judges_needed(round_, season), **wishes.needed}
    judges = [
        await in_round(season, round_, judge, store)
        for judge in known.values()
        if (judge.role == JudgeRole.SCORING or judge.judge in wishes.reserves) and judge.judge not in wishes.absent
    ]
    entries = [entry for entry in await entries_in(season, round_, store) if entry.track in wanted]
    before = await store.panels.all(season.id, round_.id)
    held: dict[str, list[str]] = defaultdict(list)
    for judge_id, theirs in before.items():
        for name in theirs:
            held[name].append(judge_id)
    finished = {
        (ballot.entry, ballot.judge)
        for ballot in await store.scores.of_round(season.id, round_.id)
        if ballot.status == BallotStatus.SUBMITTED
    }
    units, now = await store.facts.units(season.id), await store.clock.now()
    try:
        assignment = assign(entries, judges, wanted, units, now, wishes.seed, held=held, finished=finished)
    except ImpossibleAssignment as impossible:
        raise InvalidState(
            "judges-missing", causes="; ".join(_said(cause) for cause in impossible.causes[:8])
        ) from None
    after: dict[str, list[str]] = {judge_id: [] for judge_id in {*before, *(judge.judge for judge in judges)}}
    for name, panel in sorted(assignment.panels.items()):
        for judge_id in panel:
            after.setdefault(judge_id, []).append(name)
    for judge in known.values():
        if judge.role in BESIDE_PANELS and judge.judge not in wishes.absent:
            after[judge.judge] = await entries_to_score(season, judge, store)
    shares = (Share(j, tuple(before.get(j, ())), tuple(theirs)) for j, theirs in sorted(after.items()))
    return PanelPlan(round_.id, tuple(shares))


def _check_wishes(wishes: PanelWishes, season: JudgedSeason, known: Collection[str]) -> None:
    tracks = {track.id for track in season.rules.tracks}
    named = {"absent": set(wishes.absent) - set(known), "reserves": set(wishes.reserves) - set(known)}
    named["judges"] = set(wishes.needed) - tracks
    errors = [
        error_at(name, "panels-unknown", unknown="; ".join(sorted(unknown)[:5]))
        for name, unknown in named.items()
        if unknown
    ]
    if errors:
        raise Invalid("fields-invalid", errors=errors)


async def hand_out(season: JudgedSeason, wishes: PanelWishes, preview: str, by: Signatory, store: Store) -> PanelPlan:
    """Give the works of the round to the judges, as it was previewed; from then on they get their files.

    Raises:
        InvalidState: what would change is not what was previewed; or as for the plan.
    """
    plan = await plan_panels(season, wishes, store)
    if preview != plan.hash:
        raise InvalidState("panels-otherwise")
    facts = {"round": plan.round, "moved": plan.moved, "judges": len(plan.changes), "absent": sorted(wishes.absent)}
    await record("works-handed-out", season, by, store, facts=facts)
    for share in plan.changes:
        await store.panels.assign(season.id, plan.round, share.judge, share.after)
    return plan


async def entries_in(season: JudgedSeason, round_: Round, store: Store) -> list[Entry]:
    """Every entry that is scored in the round; exhibition entries in all of them."""
    present = await present_in(season, round_, store)
    return [entry for entry in (await store.facts.entries(season.id)).values() if takes_part(entry, present)]


def _said(cause: Cause) -> str:
    return f"{cause.track} {cause.unit}: {cause.possible}/{cause.needed}"


async def recuse(season: JudgedSeason, judge: Judge, entry: str, reason: str, by: Signatory, store: Store) -> None:
    """A judge steps back from an entry: it is theirs no more, and waits for somebody else.

    The entry becomes a declared conflict of the judge. A ballot that was written already does not count any more.

    Raises:
        NotFound: it is not theirs to score.
        InvalidState: the round is closed, no reason is given, or an earlier account of the judge has submitted a ballot.
    """
    round_ = season.current
    if round_ is None:
        raise InvalidState("round-closed")
    why = stated_reason(reason)
    if entry not in {task.entry.entry for task in await tasks(season, judge, store)}:
        raise NotFound("no-such-task")
    if await store.scores.held_by_others(season.id, round_.id, entry, judge.judge, by.account):
        raise InvalidState("ballot-by-another")
    await record(
        "judge-recused", season, by, store, why, facts={"round": round_.id, "entry": entry, "judge": judge.judge}
    )
    values = {
        "type": "recusal",
        "judge": judge.judge,
        "entry": entry,
        "at": await store.clock.now(),
        "reason": why,
    }
    await store.facts.save_action(season.id, f"recusal-{judge.judge}-{entry}", values)
    assigned = await store.panels.assigned(season.id, round_.id, judge.judge)
    if assigned and entry in assigned:
        await store.panels.assign(season.id, round_.id, judge.judge, [name for name in assigned if name != entry])
    await store.scores.void(season.id, round_.id, entry, judge.judge, why)


Meaning = Literal["unit", "entry", "instructor", "student"]


async def meanings(season: str, ids: Collection[str], store: Store) -> dict[str, Meaning]:
    """What these ids are in the season; those that mean nobody are left out."""
    units = await store.facts.units(season)
    entries = {entry.entry for entry in await store.facts.entries_named(season, list(ids))}
    known: dict[str, Meaning] = {name: "unit" for name in ids if name in units}
    known |= {name: "entry" for name in ids if name in entries}
    if not set(ids) <= known.keys():
        for entry in (await store.facts.entries(season)).values():
            theirs = {name for taught in entry.instructors for name in (taught.instructor, taught.person)}
            known |= {name: "student" for member in entry.members if (name := member.person) in ids}
            known |= dict.fromkeys(theirs.intersection(ids), "instructor")
    return known


async def record_judge(season: JudgedSeason, judge: Judge, by: Signatory, store: Store) -> None:
    """Keep a judge of a live season, and take back works that a new employer, conflict or track forbids.

    Ballots that were submitted before stay: a conflict counts from when it is there.

    Raises:
        Invalid: the id has not its form, there are no tracks, or one that the season has not, or the employer or a
            conflict is nobody of the season.
        InvalidState: the season is kept in records.
    """
    if season.mode != "live":
        raise InvalidState("records-season")
    check_judge(judge, season.rules)
    known = await meanings(season.id, {judge.employer, *judge.conflicts} - {""}, store)
    errors = []
    if judge.employer and known.get(judge.employer) != "unit":
        errors.append(error_at("employer", "judge-employer"))
    unknown = [name for name in judge.conflicts if name not in known]
    if unknown:
        errors.append(error_at("conflicts", "judge-conflict", unknown="; ".join(unknown[:5])))
    if errors:
        raise Invalid("fields-invalid", errors=errors)
    named = {"judge": judge.judge, "as": judge.role, "tracks": list(judge.tracks), "conflicts": list(judge.conflicts)}
    await record("judge-recorded", season, by, store, facts=named)
    await store.facts.save_judges(season.id, [judge])
    await _take_back(season, judge.judge, store)


async def take_in_judge(season: JudgedSeason, judge: Judge, version: int, store: Store) -> None:
    """Keep a judge as registration tells them, in the newest version, and take back what is theirs no more."""
    if await store.facts.take_in_judge(season.id, judge, version):
        await _take_back(season, judge.judge, store)


async def _take_back(season: JudgedSeason, judge_id: str, store: Store) -> None:
    """Works that the judge was given and may not score any more."""
    judge, round_ = await store.facts.judge(season.id, judge_id), season.shown
    assigned = await store.panels.assigned(season.id, round_.id, judge_id)
    if judge and assigned:
        allowed = set(await entries_to_score(season, judge, store))
        await store.panels.assign(season.id, round_.id, judge_id, [name for name in assigned if name in allowed])
