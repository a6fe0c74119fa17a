"""What judging tells: rounds closed, results announced and final, awards granted. Ids only, never a name."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.events.base import (
    EntryId,
    Fact,
    IntegrationEvent,
    Micros,
    PersonId,
    SeasonId,
)
from shared.season.text import Text
from shared.states import AwardStatus

Ordinal = Field(
    default=None,
    description="Place among all recipients of this kind in this round, counted from 1 in the order of awards and "
    "members; given when results become final. Never given twice.",
)


class JudgingEvent(IntegrationEvent):
    STREAM: ClassVar[str] = "JUDGING"


class PanelAssignedV1(JudgingEvent):
    """A judge was given these entries to judge, and no others. The newest version counts."""

    SUBJECT: ClassVar[str] = "judging.panel.assigned.v1"

    season: SeasonId
    round: str
    judge: str = Field(description="The judge's id in the season, the `ref` of their grant.")
    version: int = Field(ge=1)
    entries: tuple[EntryId, ...]


class TasksLeftV1(JudgingEvent):
    """How many works of the round that is on a judge has yet to score. The newest version counts."""

    SUBJECT: ClassVar[str] = "judging.tasks.left.v1"

    season: SeasonId
    round: str
    judge: str = Field(description="The judge's id in the season, the `ref` of their grant.")
    version: int = Field(ge=1)
    left: int = Field(ge=0)
    works: int = Field(0, ge=0, description="Of how many; 0 where it is not told.")
    counted_at: Micros


class RoundClosedV1(JudgingEvent):
    """No more ballots are taken in this round."""

    SUBJECT: ClassVar[str] = "judging.round.closed.v1"

    season: SeasonId
    round: str
    closed_at: Micros
    entries: int
    ballots: int


class Seat(Fact):
    """An entry that goes on, or went on and left again."""

    entry: EntryId
    via: Literal["quota", "pool", "alternate"]
    left: bool = False


class AdvancementDecidedV1(JudgingEvent):
    """Who goes on from a closed round: `chunk` of `chunks`, counted from 1. The newest revision counts, as a whole."""

    SUBJECT: ClassVar[str] = "judging.advancement.decided.v1"

    season: SeasonId
    round: str
    to: str = Field(description="The round that they go on to.")
    revision: int = Field(ge=1)
    chunk: int
    chunks: int
    given_at: Micros
    seats: tuple[Seat, ...]


class SeatsGivenV1(AdvancementDecidedV1):
    """`AdvancementDecidedV1` under the subject that the release before reads: told in this release, read in the next one."""

    SUBJECT: ClassVar[str] = "judging.seats.given.v1"


class Recipient(Fact):
    person: PersonId
    ordinal: int | None = Ordinal


class Why(Fact):
    """What decided an award: the entry fills the places `first` to `last` of `counted`, and the tier ends at `line`.

    `line` is 0 where the score alone decides; `by_rule` names the tier of the place when the score is below its minimum.
    """

    first: int
    last: int
    line: int
    counted: int
    by_rule: str = ""
    measure: str = Field(default="score", description="What was compared; another than `score` for a special award.")
    value: str = Field(default="", description="The entry's value of this measure.")


class EntryAward(Fact):
    """An award of an entry, a tier or a special award; each member of the team receives it."""

    award: str = Field(description="The award's id, stable over revisions.")
    round: str
    track: str
    division: str
    heat: str = ""
    entry: EntryId
    title: str
    unit: str
    tier: str
    tier_title: Text
    rank: int
    score: str
    status: Literal[AwardStatus.AWARDED, AwardStatus.REVOKED] = AwardStatus.AWARDED
    members: tuple[Recipient, ...]
    why: Why | None = None
    unit_ordinal: int | None = Field(
        default=None, description="In a contest of units the unit itself receives it, with this number."
    )
    instructors: tuple[PersonId, ...] = Field(
        default=(),
        description="Whom the students' certificates name, in order; empty where the season does not want it.",
    )


class InstructorAward(Fact):
    """One line of the list of instructors: awarded, or ranked without an award."""

    award: str
    round: str
    instructor: str
    person: PersonId
    named_by: EntryId = Field(description="The entry whose spelling of the name is printed.")
    rank: int
    points: str
    basis: str
    tier: str
    tier_title: Text
    entry: EntryId
    title: str
    track: str
    division: str
    unit: str
    position: int = Field(description="First or second instructor of the best entry; 0 when all awards were revoked.")
    status: AwardStatus
    ordinal: int | None = Ordinal


class UnitAward(Fact):
    """An outstanding organizational unit."""

    award: str
    round: str
    level: str
    unit: str
    rank: int
    value: str
    flag: str = Field(default="", description="`review` when an award of the unit's entries was revoked.")
    status: Literal[AwardStatus.AWARDED, AwardStatus.REVOKED] = AwardStatus.AWARDED
    ordinal: int | None = Ordinal


class ResultLines(JudgingEvent):
    """A part of a result set: `chunk` of `chunks`, counted from 1."""

    season: SeasonId
    revision: int
    chunk: int
    chunks: int
    entries: tuple[EntryAward, ...] = ()
    instructors: tuple[InstructorAward, ...] = ()
    units: tuple[UnitAward, ...] = ()


class ResultsAnnouncedV1(ResultLines):
    """A provisional list is put on public notice."""

    SUBJECT: ClassVar[str] = "judging.results.announced.v1"

    announced_at: Micros
    notice: str = Field(
        default="results",
        description="`results` of the season, `derived` awards alone, or the id of a round before the last.",
    )


class ResultsFinalizedV1(ResultLines):
    """A result set is final, with the hash that its recomputation must meet."""

    SUBJECT: ClassVar[str] = "judging.results.finalized.v1"

    finalized_at: Micros
    result_hash: str
    reason: str = Field(default="", description="Why earlier final results were revised.")


class AwardGrantedV1(ResultLines):
    """Awards are granted: each becomes one certificate for each recipient. Only final results grant."""

    SUBJECT: ClassVar[str] = "judging.award.granted.v1"

    granted_at: Micros


class AwardChangedV1(ResultLines):
    """Awards that stand say something else from now on: another tier, rank, score or team."""

    SUBJECT: ClassVar[str] = "judging.award.changed.v1"

    changed_at: Micros
    reason: str


class AwardRevokedV1(ResultLines):
    """Awards that were granted are taken back."""

    SUBJECT: ClassVar[str] = "judging.award.revoked.v1"

    revoked_at: Micros
    reason: str
