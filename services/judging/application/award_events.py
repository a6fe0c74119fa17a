"""Results as lines that travel: awards with their recipients, in chunks, each number given once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict, TypeVar

from services.judging.domain.facts import Entry, Season
from services.judging.domain.instructors import RankedInstructor
from services.judging.domain.ranking import RankedEntry
from services.judging.domain.results import GroupResult, Results, award_tiers
from services.judging.domain.rounding import format_fixed, format_kept
from services.judging.domain.unit_awards import UnitStatus
from shared.events.base import IntegrationEvent
from shared.events.judging import (
    AwardChangedV1,
    AwardGrantedV1,
    AwardRevokedV1,
    EntryAward,
    InstructorAward,
    Recipient,
    ResultLines,
    ResultsAnnouncedV1,
    ResultsFinalizedV1,
    UnitAward,
    Why,
)
from shared.season.rules import SeasonRules
from shared.season.text import Text
from shared.states import AwardStatus

CHUNK = 200
Kind = Literal["student", "instructor", "unit"]
Line = TypeVar("Line", EntryAward, InstructorAward, UnitAward)
E = TypeVar("E", bound=ResultLines)


class Ordinals:
    """Numbers of recipients, by round and kind, in the order of awards. A number that was given stays, and is not given again."""

    def __init__(self, granted: Iterable[ResultLines] = ()) -> None:
        self._given: dict[tuple[str, str], int] = {}
        self._last: Counter[tuple[str, Kind]] = Counter()
        for event in granted:
            for entry in event.entries:
                for member in entry.members:
                    self._keep(entry.award, member.person, entry.round, "student", member.ordinal)
                self._keep(entry.award, entry.unit, entry.round, "unit", entry.unit_ordinal)
            for line in event.instructors:
                self._keep(line.award, line.person, line.round, "instructor", line.ordinal)
            for unit in event.units:
                self._keep(unit.award, unit.unit, unit.round, "unit", unit.ordinal)

    def _keep(self, award: str, recipient: str, round_id: str, kind: Kind, ordinal: int | None) -> None:
        if ordinal is not None:
            self._given[award, recipient] = ordinal
            self._last[round_id, kind] = max(self._last[round_id, kind], ordinal)

    def of(self, award: str, recipient: str, round_id: str, kind: Kind) -> int:
        """The number of this recipient of this award."""
        if (award, recipient) not in self._given:
            self._last[round_id, kind] += 1
            self._given[award, recipient] = self._last[round_id, kind]
        return self._given[award, recipient]


@dataclass(frozen=True, slots=True)
class Awards:
    """The lines of a result set, in the order in which they are called."""

    entries: tuple[EntryAward, ...] = ()
    instructors: tuple[InstructorAward, ...] = ()
    units: tuple[UnitAward, ...] = ()

    @classmethod
    def of(cls, events: Iterable[ResultLines]) -> "Awards":
        """Put chunks together again."""
        ordered = sorted(events, key=lambda event: event.chunk)
        return cls(
            tuple(line for event in ordered for line in event.entries),
            tuple(line for event in ordered for line in event.instructors),
            tuple(line for event in ordered for line in event.units),
        )

    @property
    def held(self) -> "Awards":
        """Only what is awarded."""
        return Awards(
            tuple(entry for entry in self.entries if entry.status == AwardStatus.AWARDED),
            tuple(instructor for instructor in self.instructors if instructor.status == AwardStatus.AWARDED),
            tuple(unit for unit in self.units if unit.status == AwardStatus.AWARDED),
        )

    @property
    def recipients(self) -> dict[str, int]:
        """How many documents each kind will have."""
        held = self.held
        return {
            "student": sum(len(entry.members) for entry in held.entries),
            "instructor": len(held.instructors),
            "unit": len(held.units) + sum(1 for entry in held.entries if entry.unit_ordinal is not None),
        }

    @property
    def lines(self) -> tuple[EntryAward | InstructorAward | UnitAward, ...]:
        """All of them, of every kind."""
        return (*self.entries, *self.instructors, *self.units)

    def __bool__(self) -> bool:
        return bool(self.lines)

    def chunks(self, event: type[E], season: str, revision: int, **values: Any) -> list[E]:
        """The lines as events of some hundreds; one without lines when there are none."""
        longest = max(len(self.entries), len(self.instructors), len(self.units), 1)
        count = -(-longest // CHUNK)

        def part(lines: Sequence[Any], number: int) -> tuple[Any, ...]:
            return tuple(lines[number * CHUNK : (number + 1) * CHUNK])

        return [
            event(
                season=season,
                revision=revision,
                chunk=number + 1,
                chunks=count,
                entries=part(self.entries, number),
                instructors=part(self.instructors, number),
                units=part(self.units, number),
                **values,
            )
            for number in range(count)
        ]


def awards_of(facts: Season, results: Results, ordinals: Ordinals) -> Awards:
    """The results as awards, each recipient with their number."""
    return Awards(
        (*_entries(facts.rules, results, ordinals), *_specials(facts.rules, results, ordinals)),
        tuple(_instructors(facts.rules, results, ordinals)),
        tuple(_units(facts.rules, results, ordinals)),
    )


def _entries(rules: SeasonRules, results: Results, ordinals: Ordinals) -> Iterable[EntryAward]:
    for group in results.groups:
        named = award_tiers(rules, group.round)
        titles = {tier: rules.tier_title(group.round, tier) for tier in named}
        of_track = rules.track(group.track).entrant == "unit"
        for standing in group.standings:
            entry, tier = standing.entry, group.tier(standing.entry.entry)
            if tier not in named:
                continue
            award = f"{group.round}/entry/{entry.entry}"
            revoked = (group.round, entry.entry) in results.revoked
            of_units = of_track and not revoked
            yield _entry_award(
                rules,
                entry,
                award=award,
                round=group.round,
                heat=group.heat,
                tier=tier,
                tier_title=titles[tier],
                rank=standing.rank or 0,
                score=format_kept(standing.score),
                status=AwardStatus.REVOKED if revoked else AwardStatus.AWARDED,
                members=_members(entry, award, group.round, None if revoked else ordinals),
                unit_ordinal=ordinals.of(award, entry.unit, group.round, "unit") if of_units else None,
                why=_why(named, group, standing),
            )


def _why(tiers: Sequence[str], group: GroupResult, standing: RankedEntry) -> Why:
    given = group.given[standing.entry.entry]
    line = sum(group.places[: tiers.index(given.by_rule) + 1]) if group.places and given.by_rule else 0
    return Why(
        first=given.first,
        last=given.last,
        line=line,
        counted=group.base,
        by_rule=given.by_rule if given.by_rule != given.tier else "",
        value=format_kept(standing.score),
    )


def _specials(rules: SeasonRules, results: Results, ordinals: Ordinals) -> Iterable[EntryAward]:
    for special in results.specials:
        entry, award = special.standing.entry, f"{special.round}/{special.award.id}/{special.standing.entry.entry}"
        revoked = (special.round, entry.entry) in results.revoked
        of_unit = rules.track(entry.track).entrant == "unit" and not revoked
        why = Why(
            first=special.first,
            last=special.last,
            line=special.award.places,
            counted=special.counted,
            measure=special.award.by,
            value=special.shown,
        )
        yield _entry_award(
            rules,
            entry,
            award=award,
            round=special.round,
            tier=special.award.id,
            tier_title=special.award.title,
            rank=special.first,
            score=format_kept(special.standing.score),
            status=AwardStatus.REVOKED if revoked else AwardStatus.AWARDED,
            members=_members(entry, award, special.round, None if revoked else ordinals),
            unit_ordinal=ordinals.of(award, entry.unit, special.round, "unit") if of_unit else None,
            why=why,
        )


def _entry_award(rules: SeasonRules, entry: Entry, **values: Any) -> EntryAward:
    wanted = rules.serials is not None and rules.serials.instructors
    return EntryAward(
        track=entry.track,
        division=entry.division,
        entry=entry.entry,
        title=entry.title,
        unit=entry.unit,
        instructors=tuple(instructor.person for instructor in entry.instructors) if wanted else (),
        **values,
    )


def _members(entry: Entry, award: str, round_id: str, ordinals: Ordinals | None) -> tuple[Recipient, ...]:
    """Who receives it; without `ordinals`, as for an award taken back, with no number."""
    return tuple(
        Recipient(
            person=member.person,
            ordinal=ordinals.of(award, member.person, round_id, "student") if ordinals else None,
        )
        for member in entry.members
    )


def _instructors(rules: SeasonRules, results: Results, ordinals: Ordinals) -> Iterable[InstructorAward]:
    rule = rules.instructor_award
    for line in results.instructors if rule else ():
        award = f"{rule.round if rule else ''}/instructor/{line.instructor}"
        round_id = rule.round if rule else ""
        ordinal = ordinals.of(award, line.person, round_id, "instructor") if line.awarded else None
        yield InstructorAward(
            award=award,
            round=round_id,
            instructor=line.instructor,
            person=line.person,
            named_by=line.named_by,
            rank=line.rank,
            points=format_fixed(line.points, 2),
            basis=line.basis,
            status=line.status,
            ordinal=ordinal,
            **_cited(rules, round_id, line),
        )


class _Cited(TypedDict):
    tier: str
    tier_title: Text
    entry: str
    title: str
    track: str
    division: str
    unit: str
    position: int


def _cited(rules: SeasonRules, round_id: str, line: RankedInstructor) -> _Cited:
    """The best award of an instructor that stands, or that there is none."""
    best = line.best
    if best is None:
        nothing = Text(zh="–", en="–")
        return _Cited(tier="", tier_title=nothing, entry="", title="", track="", division="", unit="", position=0)
    return {
        "tier": best.tier,
        "tier_title": rules.tier_title(round_id, best.tier),
        "entry": best.entry.entry,
        "title": best.entry.title,
        "track": best.entry.track,
        "division": best.entry.division,
        "unit": best.entry.unit,
        "position": line.position or 0,
    }


def _units(rules: SeasonRules, results: Results, ordinals: Ordinals) -> Iterable[UnitAward]:
    rule = rules.unit_award
    named = [unit for unit in results.units if unit.status == UnitStatus.NAMED]
    levels = {level: number for number, level in enumerate(reversed(rules.unit_levels))}
    for unit in sorted(named, key=lambda ranked_unit: (levels[ranked_unit.level], ranked_unit.rank or 0)):
        round_id = rule.round if rule else ""
        award = f"{round_id}/unit/{unit.unit}"
        yield UnitAward(
            award=award,
            round=round_id,
            level=unit.level,
            unit=unit.unit,
            rank=unit.rank or 0,
            value=format_kept(unit.value),
            flag=unit.flag,
            ordinal=ordinals.of(award, unit.unit, round_id, "unit"),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """What a revision changes in what is awarded."""

    granted: Awards = field(default_factory=Awards)
    changed: Awards = field(default_factory=Awards)
    revoked: Awards = field(default_factory=Awards)

    def __bool__(self) -> bool:
        return bool(self.granted or self.changed or self.revoked)


def difference(before: Awards, after: Awards) -> Difference:
    """What has to be granted, changed and revoked to come from one result set to the next."""
    entries = _compared(before.entries, after.entries)
    instructors = _compared(before.instructors, after.instructors)
    units = _compared(before.units, after.units)
    return Difference(*(Awards(*parts) for parts in zip(entries, instructors, units, strict=True)))


def _compared(before: Sequence[Line], after: Sequence[Line]) -> list[tuple[Line, ...]]:
    old = {entry_award.award: entry_award for entry_award in before if entry_award.status == AwardStatus.AWARDED}
    new = {entry_award.award: entry_award for entry_award in after if entry_award.status == AwardStatus.AWARDED}
    granted = tuple(entry_award for award, entry_award in new.items() if award not in old)
    changed = tuple(entry_award for award, entry_award in new.items() if award in old and entry_award != old[award])
    revoked = tuple(
        entry_award.model_copy(update={"status": AwardStatus.REVOKED})
        for award, entry_award in old.items()
        if award not in new
    )
    return [granted, changed, revoked]


def final_events(
    awards: Awards,
    change: Difference,
    season: str,
    revision: int,
    at: int,
    *,
    result_hash: str,
    reason: str,
) -> list[list[IntegrationEvent]]:
    """A final result set as chunks of events: all its lines, and what changed in what is awarded."""
    chunks: list[list[IntegrationEvent]] = [
        [event]
        for event in awards.chunks(
            ResultsFinalizedV1, season, revision, finalized_at=at, result_hash=result_hash, reason=reason
        )
    ]
    if change.granted:
        chunks += [[event] for event in change.granted.chunks(AwardGrantedV1, season, revision, granted_at=at)]
    if change.changed:
        told_changes = change.changed.chunks(AwardChangedV1, season, revision, changed_at=at, reason=reason)
        chunks += [[event] for event in told_changes]
    if change.revoked:
        told_losses = change.revoked.chunks(AwardRevokedV1, season, revision, revoked_at=at, reason=reason)
        chunks += [[event] for event in told_losses]
    return chunks


def announcement_events(awards: Awards, season: str, at: int, notice: str = "results") -> list[list[IntegrationEvent]]:
    """A provisional result set, or a part of it, as chunks of events."""
    return [[event] for event in awards.chunks(ResultsAnnouncedV1, season, 1, announced_at=at, notice=notice)]
