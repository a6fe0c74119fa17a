"""A judging day on site: which entry is heard in which room and slot, nobody in two places at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

SECONDS = 20
"""How long a better plan is looked for."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """An entry with everybody who has to be there: judges, students, instructors, by id."""

    entry: str
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when an entry is heard; slots count from 0."""

    entry: str
    room: str
    slot: int


class ImpossibleSchedule(ValueError):
    """No plan has room for everybody; `causes` are pairs of who and how many slots they need."""

    def __init__(self, causes: Sequence[tuple[str, int]]) -> None:
        super().__init__(str(list(causes)))
        self.causes = tuple(causes)


def plan(hearings: Sequence[Hearing], rooms: Sequence[str], slots: int, seed: int) -> list[Place]:
    """A plan that ends as early as it can, by room and slot. The same hearings and seed give the same plan.

    Raises:
        ImpossibleSchedule: there are too few places, or somebody is needed in more slots than there are.
    """
    ordered = sorted(hearings, key=lambda hearing: hearing.entry)
    groups = _groups(ordered)
    causes = [("", -(-len(ordered) // max(len(rooms), 1)))] if len(ordered) > len(rooms) * slots else []
    causes += sorted((person, len(theirs)) for person, theirs in groups.items() if len(theirs) > slots)
    if causes:
        raise ImpossibleSchedule(causes)
    if not ordered:
        return []
    model = cp_model.CpModel()
    at = [model.new_int_var(0, slots - 1, hearing.entry) for hearing in ordered]
    where = [model.new_int_var(0, len(rooms) - 1, f"room {hearing.entry}") for hearing in ordered]
    cells = [len(rooms) * slot + room for slot, room in zip(at, where, strict=True)]
    model.add_all_different(cells)
    for theirs in groups.values():
        if len(theirs) > 1:
            model.add_all_different([at[position] for position in theirs])
    last = model.new_int_var(0, slots - 1, "last")
    model.add_max_equality(last, at)
    model.minimize(last)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = SECONDS
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise ImpossibleSchedule([("", slots + 1)])
    places = [
        Place(hearing.entry, rooms[solver.value(room)], solver.value(slot))
        for hearing, slot, room in zip(ordered, at, where, strict=True)
    ]
    return sorted(places, key=lambda place: (rooms.index(place.room), place.slot))


def _groups(hearings: Sequence[Hearing]) -> Mapping[str, list[int]]:
    """Positions of the hearings of everybody."""
    result: dict[str, list[int]] = defaultdict(list)
    for position, hearing in enumerate(hearings):
        for person in hearing.people:
            result[person].append(position)
    return result
