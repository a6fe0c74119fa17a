"""Whether the three services agree: what one owns against what another holds of it, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

from laurel.client import Client

SERVICES = ("registration", "judging", "certificates")
PAIRS = (
    ("rules", "registration", "judging"),
    ("rules", "registration", "certificates"),
    ("units", "registration", "judging"),
    ("units", "registration", "certificates"),
    ("entries", "registration", "judging"),
    ("works", "registration", "judging"),
    ("summaries", "registration", "judging"),
    ("names", "registration", "certificates"),
    ("results", "judging", "registration"),
    ("awards", "judging", "certificates"),
    ("certificates", "certificates", "registration"),
)
"""Ledger, who owns it, who holds a copy."""
SHARED_BY_SEASONS = frozenset({"names"})
"""The copy is of all seasons: lines beyond the owner's are no fault."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One ledger of a season, compared."""

    ledger: str
    owner: str
    holder: str
    count: int
    missing: Sequence[str]
    different: Sequence[str]
    extra: Sequence[str]

    @property
    def agreed(self) -> bool:
        return not (self.missing or self.different or self.extra)


def compare(client: Client, season: str) -> list[Comparison]:
    """Every ledger of the season. What is on its way counts as missing, so wait until nothing is."""
    read: dict[tuple[str, str], dict[str, str]] = {}
    for ledger, *services in PAIRS:
        for service in services:
            if (service, ledger) not in read:
                read[service, ledger] = _lines(client, service, season, ledger)
    comparisons: list[Comparison] = []
    for ledger, owner, holder in PAIRS:
        own, held = read[owner, ledger], read[holder, ledger]
        extra = [] if ledger in SHARED_BY_SEASONS else sorted(set(held) - set(own))
        different = sorted(key for key in set(own) & set(held) if own[key] != held[key])
        comparisons.append(Comparison(ledger, owner, holder, len(own), sorted(set(own) - set(held)), different, extra))
    return comparisons


def on_the_way(client: Client) -> dict[str, dict[str, float]]:
    """What each service has not sent, not taken in, or could not apply."""
    return {service: client.get(f"/{service}/v1/on-the-way") for service in SERVICES}


def nothing_on_the_way(client: Client) -> bool:
    """Whether every event that was told has arrived."""
    return all(not item["oldest_unsent_seconds"] and not item["pending"] for item in on_the_way(client).values())


def _lines(client: Client, service: str, season: str, ledger: str) -> dict[str, str]:
    lines: dict[str, str] = {}
    after = ""
    while True:
        page = client.get(f"/{service}/v1/ledgers/{season}/{ledger}", params={"after": after})
        lines.update((key, state) for key, state in page["lines"])
        after = page["after"]
        if not after:
            return lines
