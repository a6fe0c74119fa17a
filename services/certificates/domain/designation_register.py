"""The register of designations 公开名录: applications of a season, decisions from paper, and what stands of them at a moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from services.certificates.domain.designations import (
    NOT_PUBLIC,
    VALID,
    Designation,
    DesignationState,
    EndCause,
    Naming,
    Record,
    RecordType,
    ReviewOutcome,
    find_fault,
    follow,
)
from shared.programme.rules import DesignationKind, Designations
from shared.programme.seasons import SeasonFacts
from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.days import day_of, term_end
from shared.season.row_checks import (
    RowFell,
    day_or_none,
    in_order_of_time,
    moment_in,
    read_rows,
    require,
    require_cells,
    require_word,
)
from shared.states import EntryStatus


@dataclass(frozen=True, slots=True)
class Application:
    """An entry of a season of kind `designation`: on notice if the provisional results gave it the tier, named if it kept it."""

    designation: str
    kind: str
    unit: str
    submitted_at: int
    notice_opens: int
    notice_closes: int
    on_notice: bool
    named: bool

    def state(self, moment: int) -> DesignationState:
        """Its state before it is a designation, or if it never becomes one."""
        if moment < self.notice_opens:
            return DesignationState.APPLIED
        if moment < self.notice_closes:
            return DesignationState.ON_NOTICE if self.on_notice else DesignationState.REJECTED
        return DesignationState.REJECTED


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A designation or an application as the register states it at a moment."""

    designation: str
    kind: str
    unit: str
    state: DesignationState
    held: Designation | None = None
    """What is held, once it is named."""
    cause: EndCause | None = None

    @property
    def valid(self) -> bool:
        return self.state in VALID

    @property
    def public(self) -> bool:
        """Whether the public register shows it."""
        return self.state not in NOT_PUBLIC


@dataclass(frozen=True, slots=True)
class Register:
    """All applications, namings and accepted records of a programme."""

    applications: tuple[Application, ...] = ()
    namings: Mapping[str, Naming] = field(default_factory=dict)
    records: tuple[Record, ...] = ()

    def held(self, designation: str, moment: int) -> Designation | None:
        """A designation at a moment; none before it is named."""
        naming = self.namings.get(designation)
        if naming is None or naming.at > moment:
            return None
        return follow(naming, (each for each in self.records if each.designation == designation), moment)

    def of_unit(self, unit: str, kind: str, moment: int) -> list[Designation]:
        """What a unit holds or held of a kind."""
        own = [each.designation for each in self.namings.values() if (each.unit, each.kind.id) == (unit, kind)]
        return [held for designation in own if (held := self.held(designation, moment))]

    def holds(self, unit: str, kind: str, moment: int) -> bool:
        """Whether a unit holds a valid designation of a kind at a moment."""
        return any(each.is_valid(moment) for each in self.of_unit(unit, kind, moment))

    def lines(self, moment: int, tree: UnitTree) -> list[RegisterLine]:
        """The register at a moment, in the order of units, then of ids."""
        lines: dict[str, RegisterLine] = {}
        for each in self.applications:
            if each.submitted_at <= moment:
                lines[each.designation] = RegisterLine(each.designation, each.kind, each.unit, each.state(moment))
        for designation, naming in self.namings.items():
            held = self.held(designation, moment)
            if held:
                lines[designation] = RegisterLine(
                    designation, naming.kind.id, naming.unit, held.state(moment), held, held.cause(moment)
                )
        return sorted(lines.values(), key=lambda line: (tree.place(line.unit), line.designation))


def applications_of(season: SeasonFacts) -> list[Application]:
    """The applications of a season that names whoever is awarded a tier in its last round.

    The id is `FOLDER/ENTRY`. Drafts and exhibition entries are no applications.
    """
    if season.names_by is None:
        return []
    kind, tier = season.names_by
    last = season.rounds[-1]
    return [
        Application(
            f"{season.folder}/{entry.entry}",
            kind,
            entry.unit,
            entry.submitted_at,
            season.notice_opens,
            season.notice_closes,
            on_notice=season.provisional.tier(last, entry.entry) == tier,
            named=season.granted.tier(last, entry.entry) == tier,
        )
        for entry in season.entries
        if entry.submitted_at is not None
        and season.granted.standing(entry.entry) not in (EntryStatus.DRAFT, EntryStatus.EXHIBITION)
    ]


def check_designations(
    sheet: Sheet, rules: Designations, seasons: Iterable[SeasonFacts], tree: UnitTree, zone: ZoneInfo
) -> tuple[Register, list[Rejection]]:
    """The register that the seasons and `designations.csv` give, and the rows that fall."""
    applications = tuple(each for season in seasons for each in applications_of(season))
    kinds = {kind.id: kind for kind in rules.kinds}
    namings = {
        each.designation: Naming(each.designation, kinds[each.kind], each.unit, each.notice_closes, zone)
        for each in applications
        if each.named and each.kind in kinds
    }
    numbers: set[str] = set()

    def read(row: Row) -> Record:
        require_cells(row, ("record", "designation", "type", "at"))
        known = row["record"] in numbers
        numbers.add(row["record"])
        require(not known, "record", "DUPLICATE_ID")
        return _read(row, kinds, tree, zone)

    passed, rejected = read_rows(sheet, read)
    accepted: list[Record] = []

    def take(record: Record) -> None:
        register = Register(applications, namings, tuple(accepted))
        if record.type is RecordType.NAMED:
            _check_naming(register, record, kinds[record.kind], zone)
            namings[record.designation] = Naming(
                record.designation, kinds[record.kind], record.unit, record.at, zone, record.until
            )
        else:
            _check_record(register, record)
            accepted.append(record)

    late = in_order_of_time(sheet, passed, lambda record: record.at, take)[1]
    return Register(applications, namings, tuple(accepted)), [*rejected, *late]


def _read(row: Row, kinds: Mapping[str, DesignationKind], tree: UnitTree, zone: ZoneInfo) -> Record:
    require_word(row, "type", tuple(RecordType))
    kind_of_record = RecordType(row["type"])
    if kind_of_record is RecordType.NAMED:
        require_cells(row, ("kind", "unit"))
        require(row["kind"] in kinds, "kind", "UNKNOWN_KIND")
        require(row["unit"] in tree, "unit", "UNKNOWN_UNIT")
        require(tree.level_of(row["unit"]) in kinds[row["kind"]].unit_levels, "unit", "UNIT_LEVEL")
    outcome = None
    if kind_of_record is RecordType.ANNUAL_REVIEW:
        require_word(row, "outcome", tuple(ReviewOutcome))
        outcome = ReviewOutcome(row["outcome"])
    at, until = moment_in(row, "at", zone), day_or_none(row, "until")
    require(until or outcome is not ReviewOutcome.RECTIFY, "until", "REQUIRED")
    needs_reason = kind_of_record is RecordType.REMOVED or outcome in (ReviewOutcome.RECTIFY, ReviewOutcome.FAILED)
    require(row["reason"] or not needs_reason, "reason", "REASON_MISSING")
    return Record(row["record"], row["designation"], kind_of_record, at, outcome, until, row["kind"], row["unit"])


def _check_naming(register: Register, record: Record, kind: DesignationKind, zone: ZoneInfo) -> None:
    """A unit holds one valid designation of a kind at a time; after a removal it waits until the bar is over.

    Raises:
        RowFell: DUPLICATE_ID, ALREADY_DESIGNATED, BARRED.
    """
    known = {*register.namings, *(each.designation for each in register.applications)}
    require(record.designation not in known, "designation", "DUPLICATE_ID")
    require(not register.holds(record.unit, kind.id, record.at), "unit", "ALREADY_DESIGNATED")
    removals = [
        each.end.at
        for each in register.of_unit(record.unit, kind.id, record.at)
        if each.end and each.end.state is DesignationState.REMOVED
    ]
    day = day_of(record.at, zone)
    barred = any(day <= term_end(day_of(removed, zone), kind.bar_years) for removed in removals)
    require(not (barred and kind.bar_years), "unit", "BARRED")


def _check_record(register: Register, record: Record) -> None:
    """A record is about a designation that is known by then, in a state that allows it.

    Raises:
        RowFell: UNKNOWN_DESIGNATION, WRONG_STATE, OUTSIDE_WINDOW, NOT_APPLIED.
    """
    held = register.held(record.designation, record.at)
    if held is None:
        applied = any(
            each.designation == record.designation and each.submitted_at <= record.at for each in register.applications
        )
        raise RowFell("type", "WRONG_STATE") if applied else RowFell("designation", "UNKNOWN_DESIGNATION")
    fault = find_fault(held, record)
    if fault:
        raise RowFell(*fault)
