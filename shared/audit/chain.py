"""The chain itself: how records are bound together, and how anybody finds out where one was changed.

Every record has a number without gaps, the hash of the one before it, and a hash of its own. What may have to be
erased later (a login name, a reason in words, ids of people) stands beside the record: the chain holds a salted hash
of each such value, so that the value can go and the chain stays whole, and nobody finds the value by guessing.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

FORMAT = "laurel-audit-log/1"
BOUND = ("number", "at", "what", "account", "season", "facts", "sealed", "previous")
"""What the hash of a record is made of."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be recorded: ids and numbers in `facts`, which stay; everything else in `private`."""

    what: str
    account: str = ""
    """Who did it, by account."""
    season: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] = field(default_factory=dict)
    at: int = 0
    """Microseconds UTC; 0: now."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last record of a chain: kept elsewhere, it shows whether the chain was cut off or made anew."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """From `number:hash`. Raises ValueError."""
        number, _, hashed = text.partition(":")
        return cls(int(number), hashed)


def first_head(service: str) -> Head:
    """Where the chain of a service begins; no two services' chains can be exchanged."""
    return Head(0, _hash([FORMAT, service]))


def chain_line(line: Line, before: Head, at: int) -> dict[str, Any]:
    """The record of a line, bound to the one before it."""
    private = {name: {"salt": secrets.token_hex(16), "value": value} for name, value in line.private.items()}
    record: dict[str, Any] = {
        "number": before.number + 1,
        "at": line.at or at,
        "what": line.what,
        "account": line.account,
        "season": line.season,
        "facts": dict(line.facts),
        "sealed": {name: _seal(name, item) for name, item in private.items()},
        "previous": before.hash,
    }
    return {**record, "hash": _record_hash(record), "private": private}


Kind = Literal["missing", "unbound", "changed", "private", "cut-off", "unreadable"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain is broken first, and how.

    `missing`: the number does not follow (deleted, put in, or out of order); `unbound`: it does not name the record
    before it; `changed`: it is not what its hash says; `private`: a value beside it is not what was sealed;
    `cut-off`: it ends before, or is not the chain of, the head that was kept elsewhere; `unreadable`: no record.
    """

    number: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain holds, and where it breaks; `erased` values were taken away and are vouched for by their hash."""

    head: Head
    erased: int
    fault: Fault | None


def verify(service: str, records: Iterable[Mapping[str, Any]], kept: Iterable[Head] = ()) -> Verdict:
    """Follow a chain from its beginning; `kept` are heads that were noted elsewhere at some time."""
    head, erased = first_head(service), 0
    expected = {head.number: head for head in kept}
    for record in records:
        kind = _fault(record, head)
        if kind:
            return Verdict(head, erased, Fault(head.number + 1, kind))
        head = Head(record["number"], record["hash"])
        erased += len(record["sealed"]) - len(record.get("private", {}))
        if head != expected.pop(head.number, head):
            return Verdict(head, erased, Fault(head.number, "cut-off"))
    missing = min((number for number in expected if number > 0), default=0)
    return Verdict(head, erased, Fault(head.number + 1, "cut-off") if missing else None)


def _fault(record: Mapping[str, Any], before: Head) -> Kind | None:
    try:
        if record["number"] != before.number + 1:
            return "missing"
        if record["hash"] != _record_hash(record):
            return "changed"
        if record["previous"] != before.hash:
            return "unbound"
        for name, item in record.get("private", {}).items():
            if record["sealed"].get(name) != _seal(name, item):
                return "private"
    except (KeyError, TypeError, AttributeError):
        return "unreadable"
    return None


def _record_hash(record: Mapping[str, Any]) -> str:
    return _hash([record[name] for name in BOUND])


def _seal(name: str, item: Mapping[str, Any]) -> str:
    return _hash([name, item["salt"], item["value"]])


def _hash(value: Any) -> str:
    """SHA-256 of the value as JSON with sorted names and no blanks."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()
