"""The faults of a season file at the fields where they are put right."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.registration.domain.season_form.parts import Field, Group, Part
from services.registration.domain.season_form.steps import STEPS
from services.registration.domain.season_form.tree import Path, Tree, positions_in
from shared.season.faults import Fault

OF_KEY = "[key]"
"""The end of the path of a fault that is about the key itself."""
SPEAKS_OF = {
    "grades are": "grades",
    "members is": "members",
    "instructors is": "instructors",
    "files is": "files",
    "min_ballots must": "min_ballots",
    "closes before": "closes",
    "z-score needs": "center",
    "without_severity": "without_severity",
    "panel and rubric": "panel",
    "cumulative shares": "tiers",
    "bands need": "tiers",
    "shares need": "tiers",
    "value of": "value",
    "max is": "max",
    "max_mib goes": "max_mib",
    "grace_until is": "grace_until",
    "field goes": "field",
    "kinds goes": "kinds",
    "from below upwards": "levels",
    "levels fall": "levels",
    "levels begin": "levels",
    "a text in": "zh",
}
"""How the details of faults of a whole begin that speak of one key of it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A fault with its step, and the field or the group of it; `within` are the groups around it, the outer first."""

    fault: Fault
    step: str
    part: Part
    within: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    step: str
    part: Part
    within: tuple[Group, ...]


def place(faults: Iterable[Fault], tree: Tree) -> list[Placed]:
    """Each fault at the field that states the value, else at the nearest thing around it that has fields."""
    places = [shown for step, parts in STEPS.items() for shown in _places(step, parts(tree), ())]
    placed = []
    for fault in faults:
        key = next((key for words, key in SPEAKS_OF.items() if fault.detail.startswith(words)), "")
        path = positions_in(tree, fault.path)
        path = (*path, key) if key and path[-1] != key else path
        of_key = path[-1] == OF_KEY
        path = path[:-1] if of_key else path
        best = max(places, key=lambda candidate: _nearness(candidate.part, path, of_key=of_key))
        placed.append(Placed(fault, best.step, best.part, best.within))
    return placed


def steps_with_faults(placed: Iterable[Placed]) -> Mapping[str, Sequence[Placed]]:
    """The faults of each step, of all steps."""
    listed = list(placed)
    return {step: [item for item in listed if item.step == step] for step in STEPS}


def _places(step: str, parts: Iterable[Part], within: tuple[Group, ...]) -> list[_Place]:
    result = []
    for part in parts:
        result.append(_Place(step, part, within))
        if isinstance(part, Group):
            result += _places(step, part.parts, (*within, part))
    return result


def _nearness(part: Part, path: Path, *, of_key: bool) -> tuple[int, int]:
    """How near a part is to the place of a fault; higher is nearer."""
    wanted, here = tuple(map(str, path)), tuple(map(str, part.path))
    shared = next(
        (n for n, (mine, theirs) in enumerate(zip(here, wanted, strict=False)) if mine != theirs),
        min(len(here), len(wanted)),
    )
    is_key = isinstance(part, Field) and part.kind == "key"
    is_field = isinstance(part, Field) and not is_key
    if here == wanted:
        return (1000, is_key if of_key else is_field)
    if shared == len(here) and here:
        return (2 * shared + is_field, 0)
    if shared == len(wanted) and is_field:
        return (2 * shared + 1, -len(here))
    return (-1, 0)
