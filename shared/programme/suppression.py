"""Small numbers 小样本保护: which figures are hidden, so that nobody can be told from them."""

from collections.abc import Mapping

from shared.programme.rules import LEAST_HIDDEN
from shared.programme.units import UnitTree


def hidden_units(tree: UnitTree, persons: Mapping[str, int]) -> frozenset[str]:
    """The units of a table whose figures are hidden.

    Figures that rest on 1 to 4 persons are hidden; 0 is shown, 5 is shown. Among the children of one unit, while any is
    hidden and they are fewer than two, or have together fewer than 5 persons, the child with fewest persons that is not
    hidden is hidden too (equal: the order of units), as far as there is one with at least 5: else the figures of the
    hidden child would follow from those of the unit above.

    Args:
        persons: how many persons the figures of each unit of the table rest on; a unit that has none may be absent.
    """
    hidden = {unit for unit, count in persons.items() if 0 < count < LEAST_HIDDEN}
    for children in tree.families():
        while _is_recoverable([persons.get(child, 0) for child in children if child in hidden]):
            others = [child for child in children if child not in hidden and persons.get(child, 0) >= LEAST_HIDDEN]
            if not others:
                break
            hidden.add(min(others, key=lambda child: (persons[child], tree.place(child))))
    return frozenset(hidden)


def _is_recoverable(counts: list[int]) -> bool:
    """Whether the hidden children of a unit hide too little."""
    return bool(counts) and (len(counts) < 2 or sum(counts) < LEAST_HIDDEN)
