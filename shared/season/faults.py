"""What may be wrong with a season file."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from typing import Literal

from pydantic import BaseModel


class Fault(BaseModel):
    """One thing that is wrong with a season file."""

    path: str
    code: Literal[
        "NOT_YAML",
        "UNKNOWN_KEY",
        "REQUIRED",
        "BAD_VALUE",
        "DUPLICATE_ID",
        "UNKNOWN_REFERENCE",
        "WRONG_ORDER",
        "NO_TIME",
        "TOO_EARLY",
        "OVERLAP",
        "SAME_DAYS",
    ]
    detail: str = ""


def missing(path: str, values: Iterable[str], known: Container[str]) -> Iterator[Fault]:
    """A fault for each of these values that refers to nothing."""
    return (Fault(path=path, code="UNKNOWN_REFERENCE", detail=value) for value in values if value not in known)


def doubles(path: str, ids: Iterable[str]) -> Iterator[Fault]:
    """A fault for each id that stands there more than once, in their order."""
    counts = Counter(ids)
    return (Fault(path=path, code="DUPLICATE_ID", detail=value) for value in sorted(counts) if counts[value] > 1)
