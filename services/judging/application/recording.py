"""Writing down who decided what, before it is done: what the log does not hold has not happened."""

from collections.abc import Mapping
from typing import Any

from services.judging.application.ports import JudgedSeason, Store
from services.judging.domain.signatures import Signatory


async def record(
    what: str,
    season: JudgedSeason,
    by: Signatory,
    store: Store,
    reason: str = "",
    *,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """A line of the audit log: the decision with its ids, who made it, and how they came by their role.

    A step that fails after its line is written leaves the line.
    """
    origin = {"invited_by": by.by, "via": list(by.via), "since": by.since, "confirmed": by.confirmed}
    await store.audit.note(
        what,
        account=by.account,
        season=season.id,
        facts={**(facts or {}), "role": origin},
        private={"login": by.login, "reason": reason},
    )
