"""How many examples a property is tried on."""

from typing import Any

from hypothesis import settings

USUAL = 100


def examples(count: int, **others: Any) -> settings:
    """So many, or as much fewer as the profile that is in force asks for fewer than usual."""
    return settings(max_examples=max(1, count * settings().max_examples // USUAL), **others)
