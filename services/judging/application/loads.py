"""What handing out gives each judge, and which tracks have judges enough, for whoever looks before it is done."""

from dataclasses import dataclass

from services.judging.application.handing_out import PanelPlan, PanelWishes, entries_in, judges_needed
from services.judging.application.ports import JudgedSeason, Store
from services.judging.domain.loads import JudgeLoad, TrackStaff, judge_loads, track_staff


@dataclass(frozen=True, slots=True)
class Loads:
    """The judges of a round by their ids, each with what they have, and its tracks that panels score."""

    judges: list[JudgeLoad]
    tracks: list[TrackStaff]

    @property
    def most(self) -> int:
        return max((load.total for load in self.judges), default=0)

    @property
    def works(self) -> int:
        """How many works are scored by panels."""
        return sum(staff.works for staff in self.tracks)

    @property
    def places(self) -> int:
        """How many score sheets that makes."""
        return sum(staff.works * staff.needed for staff in self.tracks)

    @property
    def avoided(self) -> int:
        return sum(load.avoided for load in self.judges)

    @property
    def short(self) -> list[TrackStaff]:
        """Tracks with works and with fewer judges than each work needs."""
        return [staff for staff in self.tracks if staff.works and staff.spare < 0]


async def look_at_loads(season: JudgedSeason, wishes: PanelWishes, plan: PanelPlan | None, store: Store) -> Loads:
    """The loads as they are, or as they would be after a plan."""
    round_ = season.shown
    judges = sorted((await store.facts.judges(season.id)).values(), key=lambda judge: judge.judge)
    entries = await entries_in(season, round_, store)
    panels = (
        {share.judge: share.after for share in plan.shares} if plan else await store.panels.all(season.id, round_.id)
    )
    needed = {**judges_needed(round_, season), **wishes.needed}
    return Loads(
        judge_loads(judges, entries, panels, await store.facts.units(season.id), await store.clock.now()),
        track_staff(judges, entries, needed, wishes.absent, wishes.reserves),
    )
