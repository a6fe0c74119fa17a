"""The records of a programme that certificates own, settled at once: who is called, appointed, named, and what counts."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from services.certificates.application.credit_tables import credit_tables
from services.certificates.domain.agreements import check_agreements
from services.certificates.domain.appointments import check_appointments
from services.certificates.domain.ceremony import (
    NOBODY,
    Attendance,
    Mark,
    Recipient,
    call_list,
    check_marks,
    check_representatives,
    hand_out_list,
    honour_roll,
    marks_at,
    representatives_at,
)
from services.certificates.domain.designation_register import Register, check_designations
from shared.programme.facts import CheckIn, MemberKey, People
from shared.programme.records import ProgrammeRecords, Settled, Table
from shared.programme.rules import Appointments, Ceremony
from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Sheet
from shared.season.days import day_of, written
from shared.season.fields import NO, YES
from shared.season.time import to_unix_micros

APPOINTMENTS_HEADER = ("at", "appointment", "kind", "person", "unit", "from", "until", "state")
AGREEMENTS_HEADER = ("at", "agreement", "party_a", "party_b", "from", "until", "state")
REGISTER_HEADER = (
    "at",
    "designation",
    "kind",
    "unit",
    "state",
    "valid",
    "from",
    "until",
    "term",
    "cause",
    "public",
)
CALL_HEADER = (
    "at",
    "seq",
    "block",
    "group",
    "recipient",
    "name",
    "unit",
    "award",
    "representative",
    "state",
    "handed",
)
HAND_OUT_HEADER = ("unit", "recipient", "name", "award", "state")
HONOUR_ROLL_HEADER = ("block", "award", "recipient", "name_zh", "name_en", "unit_zh", "unit_en")
MayBeNamed = Callable[[MemberKey, int], bool]


def settle_certificates(
    records: ProgrammeRecords, tree: UnitTree, people: People, check_ins: Sequence[CheckIn], may_be_named: MayBeNamed
) -> Settled:
    """Check the files that certificates own and state their results at the moments that the rules list.

    Args:
        tree: the accepted units.
        people: the students of the programme.
        check_ins: who was at which session.
        may_be_named: whether the name of a member may be published at a moment.
    """
    rules, sheets = records.rules, records.sheets
    tables: dict[str, Table] = {}
    rejected: dict[str, list[Rejection]] = {}
    if rules.appointments:
        tables["appointments"], rejected["appointments"] = _appointments(
            sheets["appointments"], rules.appointments, tree, rules.zone
        )
    if rules.agreements:
        tables["agreements"], rejected["agreements"] = _agreements(
            sheets["agreements"], rules.agreements.moments, tree, rules.zone
        )
    if rules.designations:
        register, rejected["designations"] = check_designations(
            sheets["designations"], rules.designations, records.seasons.values(), tree, rules.zone
        )
        tables["register"] = _register(register, rules.designations.moments, tree)
    else:
        register = Register()
    if rules.credits:
        tables |= credit_tables(records, rules.credits, tree, people, check_ins, register)
    if rules.ceremony:
        ceremony = _Ceremony(records, rules.ceremony, tree, people, may_be_named, rejected)
        tables |= ceremony.tables()
    return Settled(tables, rejected)


def _appointments(sheet: Sheet, rules: Appointments, tree: UnitTree, zone: ZoneInfo) -> tuple[Table, list[Rejection]]:
    appointments, rejected = check_appointments(sheet, rules, tree)
    rows = [
        (
            written(moment),
            each.appointment,
            each.kind,
            each.person,
            each.unit,
            each.first.isoformat(),
            each.until.isoformat(),
            each.state(day_of(moment, zone)),
        )
        for moment in rules.moments
        for each in appointments
    ]
    return (APPOINTMENTS_HEADER, rows), rejected


def _agreements(sheet: Sheet, moments: Sequence[int], tree: UnitTree, zone: ZoneInfo) -> tuple[Table, list[Rejection]]:
    agreements, rejected = check_agreements(sheet, tree)
    rows = [
        (
            written(moment),
            each.agreement,
            each.party_a,
            each.party_b,
            each.first.isoformat(),
            each.until.isoformat(),
            state,
        )
        for moment in moments
        for each in agreements
        if (state := each.state(day_of(moment, zone)))
    ]
    return (AGREEMENTS_HEADER, rows), rejected


def _register(register: Register, moments: Sequence[int], tree: UnitTree) -> Table:
    rows = [
        (
            written(moment),
            line.designation,
            line.kind,
            line.unit,
            line.state,
            YES if line.valid else NO,
            *(
                (line.held.began.isoformat(), line.held.last.isoformat(), str(line.held.term))
                if line.held
                else ("", "", "")
            ),
            line.cause or "",
            YES if line.public else NO,
        )
        for moment in moments
        for line in register.lines(moment, tree)
    ]
    return REGISTER_HEADER, rows


class _Ceremony:
    """The ceremony of a programme with its marks and representatives."""

    def __init__(
        self,
        records: ProgrammeRecords,
        rules: Ceremony,
        tree: UnitTree,
        people: People,
        may_be_named: MayBeNamed,
        rejected: dict[str, list[Rejection]],
    ) -> None:
        self.rules, self.tree, self.people, self.may_be_named = rules, tree, people, may_be_named
        self.season = records.seasons[rules.season]
        zone, sheets = records.rules.zone, records.sheets
        self.representatives, rejected["representatives"] = check_representatives(sheets["representatives"], tree, zone)
        known = {
            each.recipient for moment in (self.season.notice_closes, *rules.moments) for each in self.called(moment)
        }
        self.marks, rejected["ceremony"] = check_marks(sheets["ceremony"], known, zone)

    def called(self, moment: int) -> list[Recipient]:
        """Who is called by the results at a moment."""

        def is_erased(entry: str, member: int) -> bool:
            return self.people.is_erased((self.season.folder, entry, member), moment)

        return call_list(self.rules, self.season, self.season.at(moment), self.tree, is_erased)

    def tables(self) -> dict[str, Table]:
        last = max(self.rules.moments)
        marks = marks_at(self.marks, last)
        roll_at = to_unix_micros(self.rules.honour_roll_at)

        def named(entry: str, member: int) -> bool:
            return self.may_be_named((self.season.folder, entry, member), roll_at)

        roll = honour_roll(self.called(roll_at), self.tree, named)
        return {
            "call": (CALL_HEADER, [row for moment in self.rules.moments for row in self._call(moment)]),
            "handout": (
                HAND_OUT_HEADER,
                [
                    (each.unit, each.recipient, each.name, each.award, _state(marks.get(each.recipient)))
                    for each in hand_out_list(self.called(last), marks, self.tree)
                ],
            ),
            "honour_roll": (
                HONOUR_ROLL_HEADER,
                [
                    (
                        line.block,
                        line.award,
                        line.recipient,
                        line.name_zh,
                        line.name_en,
                        line.unit_zh,
                        line.unit_en,
                    )
                    for line in roll
                ],
            ),
        }

    def _call(self, moment: int) -> list[tuple[str, ...]]:
        marks = marks_at(self.marks, moment)
        representatives = representatives_at(self.representatives, moment)
        return [
            (
                written(moment),
                str(number),
                each.block,
                str(each.group),
                each.recipient,
                each.name,
                each.unit,
                each.award,
                representatives.get(each.unit, NOBODY) if each.kind == "unit" else "",
                _state(mark := marks.get(each.recipient)),
                YES if mark and mark.handed else NO,
            )
            for number, each in enumerate(self.called(moment), 1)
        ]


def _state(mark: Mark | None) -> str:
    return mark.state if mark else Attendance.EXPECTED
