"""An organizer's decisions, carried out and noted in the audit log: for programs and for pages alike."""

from collections.abc import Awaitable, Callable

from services.certificates.application.amending import Decision, decide
from services.certificates.entrypoints.context import Context
from shared.identity import Principal
from shared.season.csv_rows import Report

ByFile = Callable[..., Awaitable[Report]]
"""`decide_by_file` or `grant_by_file`."""


async def decide_certificate(
    context: Context, season: str, serial: str, decision: Decision, principal: Principal
) -> None:
    """One decision. Raises what `decide` raises."""
    await decide(season, serial, decision, principal.login, context.store)
    await context.audit.note(season, principal, "decision", decision.reason, serial=serial, action=decision.action)


async def decided_by_file(
    context: Context, season: str, content: bytes, principal: Principal, act: ByFile, *, dry_run: bool
) -> Report:
    """What became of each row. Raises what `act` raises."""
    report = await act(season, content, principal.login, context.store, dry_run=dry_run)
    if report.changed:
        await context.audit.note(season, principal, "decisions", report.file, count=report.changed)
    return report
