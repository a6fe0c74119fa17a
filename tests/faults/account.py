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
    found = Counter(there)
    return Account(
        lost=tuple(sorted(one for one in acknowledged if one not in found)),
        doubled=tuple(sorted(one for one, count in found.items() if count > 1)),
    )
