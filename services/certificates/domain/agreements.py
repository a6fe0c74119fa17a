"""Cooperation agreements 合作协议: who signed with which unit, and for how long it holds."""

from dataclasses import dataclass
from datetime import date

from shared.programme.units import UnitTree
from shared.season.csv_rows import Rejection, Row, Sheet
from shared.season.row_checks import day_in, day_or_none, read_rows, require, require_cells
from shared.states import State

REQUIRED = ("agreement", "party_a", "party_b", "signed_on", "from", "until")


class AgreementState(State):
    """Where an agreement stands on a day."""

    SIGNED = "signed"
    IN_FORCE = "in_force"
    ENDED = "ended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement. `party_a` is a unit or anybody else; `party_b` is a unit."""

    agreement: str
    party_a: str
    party_b: str
    signed_on: date
    first: date
    until: date
    ended_on: date | None = None

    def state(self, day: date) -> AgreementState | None:
        """What it is on a day; nothing before it is signed. It ends after `ended_on`, where that is before its time."""
        if day < self.signed_on:
            return None
        if self.ended_on and self.ended_on < self.until and day > self.ended_on:
            return AgreementState.ENDED
        if day > self.until:
            return AgreementState.EXPIRED
        return AgreementState.IN_FORCE if day >= self.first else AgreementState.SIGNED


def check_agreements(sheet: Sheet, tree: UnitTree) -> tuple[list[Agreement], list[Rejection]]:
    """The agreements of `agreements.csv` in file order, and the rows that fall."""
    accepted: list[Agreement] = []

    def read(row: Row) -> Agreement:
        require_cells(row, REQUIRED, named="title")
        require(row["agreement"] not in {each.agreement for each in accepted}, "agreement", "DUPLICATE_ID")
        require(row["party_b"] in tree, "party_b", "UNKNOWN_UNIT")
        require(row["party_a"] != row["party_b"], "party_b", "SAME_PARTY")
        signed, first, until = (day_in(row, column) for column in ("signed_on", "from", "until"))
        ended = day_or_none(row, "ended_on")
        require(signed <= first, "from", "DATE_ORDER")
        require(first <= until, "until", "DATE_ORDER")
        require(ended is None or first <= ended <= until, "ended_on", "DATE_ORDER")
        agreement = Agreement(row["agreement"], row["party_a"], row["party_b"], signed, first, until, ended)
        accepted.append(agreement)
        return agreement

    rejected = read_rows(sheet, read)[1]
    return accepted, rejected
