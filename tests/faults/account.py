"""The checker: what was acknowledged against what is there."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """What is missing, and what is there more than once."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]


def account(acknowledged: Iterable[str], there: Iterable[str]) -> Account:
    """Everything acknowledged must be there, and nothing twice."""
    counter = Counter(there)
    return Account(
        lost=tuple(sorted(item for item in acknowledged if item not in counter)),
        doubled=tuple(sorted(item for item, count in counter.items() if count > 1)),
    )
