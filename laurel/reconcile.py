"""Whether the three services agree, by what they mean: what an owner's documents say, what it told, what others hold of it.

What differs is named by its id and its fields, never by what it holds. What was told can be told again; what an owner
itself lost or was changed by hand comes from a backup.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple, Protocol

SERVICES = ("registration", "judging", "certificates")
AT_ONCE = 50
"""Lines that are looked at field by field in one request."""
NAMED = 1000
"""Differing lines of a ledger of which the fields are asked for."""
REPAIRED_AT_ONCE = 500


class Caller(Protocol):
    """One installation, as its operator calls it."""

    def get(self, path: str, **request: Any) -> Any: ...
    def call(self, method: str, path: str, **request: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Pair:
    """A ledger that one service owns, and who holds a copy; the copy may be a ledger of another name."""

    ledger: str
    owner: str
    holder: str
    copy: str = ""
    more_is_fine: bool = False
    """Lines of the copy beyond the owner's are no fault."""

    @property
    def held(self) -> str:
        return self.copy or self.ledger

    @property
    def inside(self) -> bool:
        """Whether one service compares two things of its own."""
        return self.owner == self.holder


PAIRS = (
    Pair("seasons", "registration", "judging"),
    Pair("rules", "registration", "judging"),
    Pair("rules", "registration", "certificates"),
    Pair("units", "registration", "judging"),
    Pair("unit-names", "registration", "certificates"),
    Pair("entries", "registration", "judging"),
    Pair("works", "registration", "judging"),
    Pair("summaries", "registration", "judging"),
    Pair("assessments", "registration", "judging"),
    Pair("judges", "registration", "judging"),
    Pair("names", "registration", "certificates", more_is_fine=True),  # the copy is of all seasons
    Pair("members", "registration", "registration", "people", more_is_fine=True),
    Pair("results", "judging", "registration"),
    Pair("lines", "judging", "registration"),
    Pair("counted-ballots", "judging", "judging", "ballots", more_is_fine=True),
    Pair("awards", "judging", "certificates"),
    Pair("certificates", "certificates", "registration"),
    Pair("printed-names", "certificates", "certificates"),
)


class Line(NamedTuple):
    """A line as a service states it; see `shared/http/reconciliation.py`."""

    key: str
    says: str
    told: str
    version: int


Ledger = Mapping[str, Line]


class Kind(StrEnum):
    """What is wrong with a line."""

    OWN_CHANGED = "own-changed"
    OWN_GONE = "own-gone"
    UNTOLD = "untold"
    COPY_MISSING = "copy-missing"
    COPY_CHANGED = "copy-changed"
    COPY_INVENTED = "copy-invented"


class Remedy(StrEnum):
    """What a repair does about it."""

    RETELL = "retell"
    RENEW = "renew"
    REMOVE = "remove"
    REVOKE = "revoke"
    BACKUP = "backup"


REMEDIES = {
    Kind.OWN_CHANGED: Remedy.BACKUP,
    Kind.OWN_GONE: Remedy.BACKUP,
    Kind.UNTOLD: Remedy.BACKUP,
    Kind.COPY_MISSING: Remedy.RETELL,
    Kind.COPY_CHANGED: Remedy.RENEW,
    Kind.COPY_INVENTED: Remedy.REMOVE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A line that is not as it must be: in whose hands, which, in which fields."""

    kind: Kind
    pair: Pair
    key: str
    fields: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        """Whose document it is."""
        own = self.kind in (Kind.OWN_CHANGED, Kind.OWN_GONE, Kind.UNTOLD)
        return self.pair.owner if own else self.pair.holder

    @property
    def ledger(self) -> str:
        return self.pair.ledger

    @property
    def remedy(self) -> Remedy:
        if self.kind == Kind.COPY_INVENTED and self.ledger == "awards":
            return Remedy.REVOKE  # a certificate has an address that somebody may hold
        return REMEDIES[self.kind]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One ledger of a season, compared."""

    pair: Pair
    count: int
    findings: Sequence[Finding]

    @property
    def ledger(self) -> str:
        return self.pair.ledger

    @property
    def agreed(self) -> bool:
        return not self.findings


def compare(caller: Caller, season: str) -> list[Comparison]:
    """Every ledger of the season. What is on its way counts as missing, so wait until nothing is."""
    read: dict[tuple[str, str], Ledger] = {}
    for pair in PAIRS:
        for service, ledger in ((pair.owner, pair.ledger), (pair.holder, pair.held)):
            if (service, ledger) not in read:
                read[service, ledger] = dict(_lines(caller, service, season, ledger))
    comparisons: list[Comparison] = []
    looked_at: set[tuple[str, str]] = set()
    names_doubted: set[str] = set()
    for pair in PAIRS:
        own, held = read[pair.owner, pair.ledger], read[pair.holder, pair.held]
        findings = [] if (pair.owner, pair.ledger) in looked_at else own_faults(pair, own)
        looked_at.add((pair.owner, pair.ledger))
        if pair.copy or not pair.inside:
            findings += copy_faults(pair, own, held)
        seen = list(_looked_into(caller, season, pair, findings))
        if pair.ledger == "names":
            names_doubted = {finding.key for finding in seen}
        if pair.ledger == "printed-names":  # compared with a name that is wrong itself
            seen = [finding for finding in seen if finding.key.split("/")[-1] not in names_doubted]
        comparisons.append(Comparison(pair, len(own), seen))
    return comparisons


def own_faults(pair: Pair, own: Ledger) -> list[Finding]:
    """Documents that say something else than what was told of them."""
    if pair.inside and pair.copy:
        return []
    return [
        Finding(Kind.OWN_CHANGED if line.told else Kind.UNTOLD, pair, key)
        for key, line in sorted(own.items())
        if line.told != line.says
    ]


def copy_faults(pair: Pair, own: Ledger, held: Ledger) -> list[Finding]:
    """Copies that are not what was told."""
    findings: list[Finding] = []
    for key, line in sorted(own.items()):
        copy = held.get(key)
        if copy is None:
            findings.append(Finding(Kind.OWN_GONE if pair.inside else Kind.COPY_MISSING, pair, key))
        elif copy.says != (line.told or line.says) or (copy.version != line.version and not pair.inside):
            findings.append(Finding(Kind.OWN_CHANGED if pair.inside else Kind.COPY_CHANGED, pair, key))
    if not pair.more_is_fine:
        findings += [Finding(Kind.COPY_INVENTED, pair, key) for key in sorted(set(held) - set(own))]
    return findings


def _looked_into(caller: Caller, season: str, pair: Pair, findings: Sequence[Finding]) -> Iterator[Finding]:
    """The same with their fields; without those that have come right meanwhile."""
    for kind, of_kind in groupby(findings, key=lambda finding: finding.kind):
        group = list(of_kind)
        most = len(group) if kind == Kind.COPY_INVENTED else NAMED
        if kind in (Kind.COPY_MISSING, Kind.OWN_GONE, Kind.UNTOLD):
            most = 0
        for part in parts(group[:most], AT_ONCE):
            keys = [finding.key for finding in part]
            own = {line["key"]: line for line in _details(caller, pair.owner, season, pair.ledger, keys)}
            held = {line["key"]: line for line in _details(caller, pair.holder, season, pair.held, keys)}
            for finding in part:
                seen = look_into(finding, own[finding.key], held[finding.key])
                if seen:
                    yield seen
        yield from group[most:]


def look_into(finding: Finding, own: Mapping[str, Any], held: Mapping[str, Any]) -> Finding | None:
    """What a finding comes to, given both lines field by field; None if it has come right meanwhile."""
    pair, key = finding.pair, finding.key
    if finding.kind == Kind.COPY_INVENTED:
        if own["here"] or not held["here"]:
            return None
        return Finding(Kind.OWN_GONE, pair, key) if own["mentioned"] else finding
    if finding.kind == Kind.OWN_CHANGED and not pair.copy:
        fields = differing(own["says"], own["told"])
    else:
        fields = differing(held["says"], own["told"] or own["says"])
        if held["version"] != own["version"] and not pair.inside:
            fields = (*fields, "version")
    return Finding(finding.kind, pair, key, fields) if fields else None


def differing(some: Mapping[str, str], others: Mapping[str, str]) -> tuple[str, ...]:
    """The fields in which they differ."""
    return tuple(name for name in sorted({*some, *others}) if some.get(name) != others.get(name))


@dataclass(frozen=True, slots=True)
class Step:
    """A request that a repair sends: `renewal`, `retelling` or `removal` of lines of a ledger."""

    act: str
    service: str
    ledger: str
    season: str
    lines: tuple[str, ...]


def plan(season: str, comparisons: Iterable[Comparison], *, invented: bool) -> list[Step]:
    """What a repair does, in order: copies are opened to the next telling before it comes; `invented` ones go if wished."""
    findings = [finding for comparison in comparisons for finding in comparison.findings]
    steps: list[Step] = []
    for act, remedies in (
        ("removal", {Remedy.REMOVE} if invented else set()),
        ("renewal", {Remedy.RENEW}),
        ("retelling", {Remedy.RETELL, Remedy.RENEW}),
    ):
        lines: dict[tuple[str, str], list[str]] = {}
        for finding in findings:
            if finding.remedy in remedies:
                pair = finding.pair
                where = (pair.owner, pair.ledger) if act == "retelling" else (pair.holder, pair.held)
                lines.setdefault(where, []).append(finding.key)
        for (service, ledger), keys in lines.items():
            steps += [
                Step(act, service, ledger, season, tuple(part)) for part in parts(sorted(set(keys)), REPAIRED_AT_ONCE)
            ]
    return steps


def carry_out(caller: Caller, steps: Iterable[Step]) -> None:
    """Do what was planned. A second time changes nothing."""
    for step in steps:
        address = f"/{step.service}/v1/ledgers/{step.season}/{step.ledger}/{step.act}"
        caller.call("POST", address, json={"lines": list(step.lines)})


def on_the_way(caller: Caller) -> dict[str, dict[str, float]]:
    """What each service has not sent, not taken in, or could not apply."""
    return {service: caller.get(f"/{service}/v1/on-the-way") for service in SERVICES}


def nothing_on_the_way(caller: Caller) -> bool:
    """Whether every event that was told has arrived."""
    return all(not item["oldest_unsent_seconds"] and not item["pending"] for item in on_the_way(caller).values())


def parts(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The items, so many at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _details(caller: Caller, service: str, season: str, ledger: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = caller.get(
        f"/{service}/v1/ledgers/{season}/{ledger}/lines", params={"key": list(keys)}
    )
    return lines


def _lines(caller: Caller, service: str, season: str, ledger: str) -> Iterator[tuple[str, Line]]:
    after = ""
    while True:
        page = caller.get(f"/{service}/v1/ledgers/{season}/{ledger}", params={"after": after})
        for line in page["lines"]:
            yield line[0], Line(*line)
        after = page["after"]
        if not after:
            return
