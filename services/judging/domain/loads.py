"""Who has how much to score, and whether there are judges enough: counts for whoever hands works out."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.judging.domain.facts import Entry, Judge, JudgeRole, Unit, must_recuse


@dataclass(frozen=True, slots=True)
class JudgeLoad:
    """The works of a judge by track, and how many of their tracks they have to leave to others."""

    judge: Judge
    works: Mapping[str, int]
    avoided: int

    @property
    def total(self) -> int:
        return sum(self.works.values())


@dataclass(frozen=True, slots=True)
class TrackStaff:
    """The works of a track, the judges who may score it, and how many each of its works needs."""

    track: str
    works: int
    judges: int
    needed: int

    @property
    def spare(self) -> int:
        """How many judges there are beyond what a work needs; below zero so many are missing."""
        return self.judges - self.needed


def judge_loads(
    judges: Collection[Judge],
    entries: Collection[Entry],
    panels: Mapping[str, Collection[str]],
    units: Mapping[str, Unit],
    now: int,
) -> list[JudgeLoad]:
    """What each judge has, in the order of the judges; works that are not of the round any more are not counted."""
    track_of = {entry.entry: entry.track for entry in entries}
    return [
        JudgeLoad(
            judge,
            Counter(track_of[name] for name in panels.get(judge.judge, ()) if name in track_of),
            sum(entry.track in judge.tracks and must_recuse(judge, entry, units, now) for entry in entries),
        )
        for judge in judges
    ]


def track_staff(
    judges: Collection[Judge],
    entries: Collection[Entry],
    needed: Mapping[str, int],
    absent: Collection[str] = (),
    reserves: Collection[str] = (),
) -> list[TrackStaff]:
    """Each track whose works panels score. Conflicts are of single works and not counted here."""
    works = Counter(entry.track for entry in entries)
    scoring = [
        judge
        for judge in judges
        if (judge.role == JudgeRole.SCORING or judge.judge in reserves) and judge.judge not in absent
    ]
    return [
        TrackStaff(track, works[track], sum(track in judge.tracks for judge in scoring), count)
        for track, count in needed.items()
    ]
