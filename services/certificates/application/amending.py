"""What an organizer decides about certificates that stand: correct the printed name, take back, give back; one or many."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Literal, get_args

from services.certificates.application.issuing import certificate_event
from services.certificates.application.ports import Store
from services.certificates.domain.documents import AWARDED, Certificate, Change, ChangeKind, Version
from shared.errors import InvalidState, NotFound
from shared.events.certificates import (
    CertificateEvent,
    CertificateRestoredV1,
    CertificateRevokedV1,
    CertificateSupersededV1,
)
from shared.season.csv_rows import Rejection, Report, Row, Sheet
from shared.season.printing import LONGEST_NAME, NAME, find_fault, find_fault_in_row
from shared.season.text import Text
from shared.sheets.reading import read_sheet

Action = Literal["correct", "revoke", "restore"]
ACTIONS: tuple[Action, ...] = get_args(Action)
COLUMNS = ("serial", "action", "name_zh", "name_en", "reason")
FILE = "changes.csv"
MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided for one certificate. `reason` is public wording: everybody who checks the certificate reads it."""

    action: Action
    reason: str
    name: Text | None = None
    """For `correct`: what is printed from now on."""


async def decide(season: str, serial: str, decision: Decision, by: str, store: Store) -> None:
    """Carry one decision out. A correction is a new version with the same number and address.

    Raises:
        NotFound: the season has no such certificate.
        InvalidState: its state forbids it, nothing is different, no reason is given, or the name cannot be printed.
    """
    certificate = (await store.certificates.by_serials(season, [serial])).get(serial)
    if certificate is None:
        raise NotFound("no-such-certificate")
    refusal = refusal_of(certificate, decision)
    if refusal:
        raise refusal
    await _carry_out(certificate, decision, by, store)


def refusal_of(certificate: Certificate, decision: Decision) -> InvalidState | None:
    """Why this cannot be done now, or None."""
    if not decision.reason.strip() or len(decision.reason) > MOST_REASON:
        return InvalidState("reason-needed")
    if decision.action == "restore":
        if certificate.revocation is None:
            return InvalidState("certificate-stands")
        return None if certificate.revocation.by else InvalidState("award-taken-back")
    if certificate.revocation:
        return InvalidState("certificate-revoked")
    return _cannot_print(certificate, decision.name) if decision.action == "correct" else None


def _cannot_print(certificate: Certificate, name: Text | None) -> InvalidState | None:
    if certificate.erased:
        return InvalidState("person-erased")
    if name is None:
        return InvalidState("name-needed")
    if name == certificate.current.name:
        return InvalidState("nothing-changed")
    faults = [fault for text in (name.zh, name.en) if (fault := find_fault(text, NAME))]
    if any(fault.code == "TOO_LONG" for fault in faults):
        return InvalidState("name-long", most=LONGEST_NAME)
    strange = "".join(fault.characters for fault in faults)
    return InvalidState("bad-sign", characters=strange) if strange else None


async def _carry_out(certificate: Certificate, decision: Decision, by: str, store: Store) -> None:
    now = await store.clock.now()
    version: Version | None = None
    change: Change | None = None
    if decision.action == "correct":
        version = certificate.next_version(now, decision.reason, name=decision.name, by=by)
    else:
        change = Change(
            ChangeKind.REVOKED if decision.action == "revoke" else ChangeKind.RESTORED, now, decision.reason, by
        )
    # What came by a list has no account to tell it to.
    events = [_event(certificate, decision, now)] if certificate.kind in AWARDED else []
    await store.certificates.renew(certificate, events, version=version, change=change)


def _event(certificate: Certificate, decision: Decision, now: int) -> CertificateEvent:
    number, reason = certificate.current.number, decision.reason
    if decision.action == "correct":
        return certificate_event(CertificateSupersededV1, certificate, number + 1)(superseded_at=now, reason=reason)
    if decision.action == "revoke":
        return certificate_event(CertificateRevokedV1, certificate, number)(revoked_at=now, reason=reason)
    return certificate_event(CertificateRestoredV1, certificate, number)(restored_at=now, reason=reason)


async def decide_by_file(season: str, content: bytes, by: str, store: Store, *, dry_run: bool) -> Report:
    """A decision a row; with `dry_run` only what would become of them.

    A row that is wrong falls with its column and code and changes nothing; the others are carried out. The same file
    again changes nothing more: what is done already falls.

    Raises:
        UnreadableSheet: the file as a whole cannot be read.
    """
    sheet = await read_sheet(FILE, content, COLUMNS, season)
    certificates = await store.certificates.by_serials(season, {row["serial"] for row in sheet.rows})
    rejected: list[Rejection] = []
    right: dict[str, Decision] = {}
    seen: set[str] = set()
    for row in sheet.rows:
        fault = _fault(sheet, row, certificates, seen) or _refused(sheet, row, certificates)
        seen.add(row["serial"])  # also where it fell: a second row of it must not count when the file comes again
        if fault:
            rejected.append(fault)
        else:
            right[row["serial"]] = _decision(row)
    if not dry_run:
        for serial, decision in right.items():
            await _carry_out(certificates[serial], decision, by, store)
    return Report(FILE, len(right), 0 if dry_run else len(right), sheet.every(rejected))


def _decision(row: Row) -> Decision:
    named = row["name_zh"] or row["name_en"]
    name = Text(zh=row["name_zh"], en=row["name_en"]) if named else None
    return Decision(next(action for action in ACTIONS if action == row["action"]), row["reason"], name)


def _fault(sheet: Sheet, row: Row, certificates: Mapping[str, Certificate], seen: Set[str]) -> Rejection | None:
    checks = (
        (not row.whole, "", "ROW_SHAPE"),
        (row["serial"] not in certificates, "serial", "UNKNOWN_CERTIFICATE"),
        (row["serial"] in seen, "serial", "DUPLICATE_ID"),
        (row["action"] not in ACTIONS, "action", "BAD_VALUE"),
        (row["action"] == "correct" and not (row["name_zh"] or row["name_en"]), "name_zh", "REQUIRED"),
        (not row["reason"], "reason", "REQUIRED"),
    )
    return next((sheet.reject(row, column, code) for failed, column, code in checks if failed), None)


def _refused(sheet: Sheet, row: Row, certificates: Mapping[str, Certificate]) -> Rejection | None:
    refusal = refusal_of(certificates[row["serial"]], _decision(row))
    if refusal is None:
        return None
    if refusal.code in ("bad-sign", "name-long"):
        fault = find_fault_in_row(row, (("name_zh", NAME), ("name_en", NAME)))
        return sheet.reject(row, *fault) if fault else None
    return sheet.reject(row, "action", "NOT_NOW")
