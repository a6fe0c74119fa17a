"""Appointments 聘任: who holds an office at which unit, from which day to which."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.programme.rules import AppointmentKind, Appointments
from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.days import term_end
from shared.season.row_checks import RowFell, day_in, day_or_none, read_rows, require, require_cells
from shared.states import State

REQUIRED = ("appointment", "kind", "person", "unit", "from")


class AppointmentState(State):
    """Where an appointment stands on a day."""

    UPCOMING = "upcoming"
    CURRENT = "current"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment. `until` is its last day as it was made; an early end `ended_on` is the last day that it held."""

    appointment: str
    kind: str
    person: str
    unit: str
    first: date
    until: date
    ended_on: date | None = None

    @property
    def last(self) -> date:
        """The last day on which it really holds."""
        return min(self.until, self.ended_on) if self.ended_on else self.until

    def state(self, day: date) -> AppointmentState:
        """What it is on a day: ended where it ended before its time."""
        if day < self.first:
            return AppointmentState.UPCOMING
        if day <= self.last:
            return AppointmentState.CURRENT
        return AppointmentState.ENDED if self.last < self.until else AppointmentState.EXPIRED


def check_appointments(sheet: Sheet, rules: Appointments, tree: UnitTree) -> tuple[list[Appointment], list[Rejection]]:
    """The appointments of `appointments.csv` in file order, and the rows that fall.

    Nobody holds the same office twice at a unit on one day, nor at more units than its kind allows on any day; an early end counts.
    """
    accepted: list[Appointment] = []

    def read(row: Row) -> Appointment:
        appointment = _read(row, rules, tree, {each.appointment for each in accepted})
        kind = next(kind for kind in rules.kinds if kind.id == appointment.kind)
        same = [each for each in accepted if (each.person, each.kind) == (appointment.person, appointment.kind)]
        require(not any(each.unit == appointment.unit and _meet(each, appointment) for each in same), "unit", "OVERLAP")
        require(most_units([*same, appointment]) <= kind.most_units, "person", "APPOINTEE_LIMIT")
        accepted.append(appointment)
        return appointment

    rejected = read_rows(sheet, read)[1]
    return accepted, rejected


def most_units(appointments: Iterable[Appointment]) -> int:
    """At how many units somebody with these appointments is on the fullest day."""
    listed = list(appointments)
    return max(
        (
            len({each.unit for each in listed if each.first <= start.first <= each.last})
            for start in listed
            if start.first <= start.last
        ),
        default=0,
    )


def _meet(first: Appointment, second: Appointment) -> bool:
    return max(first.first, second.first) <= min(first.last, second.last)


def _read(row: Row, rules: Appointments, tree: UnitTree, taken: set[str]) -> Appointment:
    require_cells(row, REQUIRED, named="name")
    require(row["appointment"] not in taken, "appointment", "DUPLICATE_ID")
    kind = _kind(rules, row["kind"])
    require(row["unit"] in tree, "unit", "UNKNOWN_UNIT")
    require(tree.level_of(row["unit"]) in kind.unit_levels, "unit", "UNIT_LEVEL")
    first, stated = day_in(row, "from"), day_or_none(row, "until")
    until = stated or term_end(first, kind.term_years)
    require(first <= until, "until", "DATE_ORDER")
    ended = day_or_none(row, "ended_on")
    if ended:
        require(first <= ended, "ended_on", "DATE_ORDER")
        require(row["reason"], "reason", "REASON_MISSING")
    return Appointment(row["appointment"], row["kind"], row["person"], row["unit"], first, until, ended)


def _kind(rules: Appointments, kind_id: str) -> AppointmentKind:
    kind = next((kind for kind in rules.kinds if kind.id == kind_id), None)
    if kind is None:
        raise RowFell("kind", "UNKNOWN_KIND")
    return kind
