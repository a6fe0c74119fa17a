"""Which of a season's certificates a list is about: by state, kind, school, track, number and printed name."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from services.certificates.domain.documents import Certificate, kind_of
from services.certificates.entrypoints.context import Context
from services.certificates.entrypoints.scope import Scope
from shared.states import CertificateState
from shared.web.lists import MOST_ROWS, Asked, Listing, read_asked, skipped

MOST_DECIDED = 500
"""So many at once: decided, where more are decided by file, or named for a download."""
STATES: Mapping[CertificateState, Mapping[str, Any]] = {
    CertificateState.VALID: {"revoked_at": None, "versions.1": {"$exists": False}},
    CertificateState.CORRECTED: {"revoked_at": None, "versions.1": {"$exists": True}},
    CertificateState.REVOKED: {"revoked_at": {"$gt": 0}},
}
"""How the database says each state."""


def certificates_asked(request: Request) -> Asked:
    return read_asked(request, "kind", "unit", "track", "find")


def wanted_of(scope: Scope, asked: Asked) -> dict[str, Any]:
    """The query of what was asked for, within one's part of the season."""
    state = next((query for name, query in STATES.items() if name == asked["state"]), {})
    return {**scope.wanted(asked["unit"], asked["track"], kind_of(asked["kind"])), **_found(asked["find"]), **state}


async def list_certificates(context: Context, season: str, scope: Scope, asked: Asked) -> Listing[Certificate]:
    """A page of those that fit, by number; the tabs count one's whole part of the season."""
    whole, wanted = scope.wanted(), wanted_of(scope, asked)
    counts = [(str(state), await context.certificates.count(season, {**whole, **STATES[state]})) for state in STATES]
    total = await context.certificates.count(season, wanted)
    rows = await context.certificates.page_of(season, wanted, skipped(asked, total), MOST_ROWS)
    return Listing(rows, total, counts, sum(count for _, count in counts), asked, most=MOST_DECIDED)


def _found(text: str) -> dict[str, Any]:
    """By number, or by the printed name as it is written."""
    if not text:
        return {}
    names = [{"versions.name.zh": text}, {"versions.name.en": text}]
    return {"$or": [{"serial": text.upper()}, *names]}
