"""The results of a season at each moment, where only the provisional and the final ones are at hand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from shared.programme.seasons import Award, Entry, Outcome

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class LaterAction:
    """An action of the season that may change results: an appeal, an objection, a revocation."""

    at: int
    type: str
    entry: str
    round: str = ""
    """Of an appeal or an objection."""


class UnclearOutcomes(ValueError):
    """Actions at several times could have changed one result, so two stages do not tell which of them did."""


def outcomes_by_actions(
    provisional: Outcome, final: Outcome, actions: Iterable[LaterAction], granted_at: int, entries: Iterable[Entry]
) -> tuple[tuple[int, Outcome], ...]:
    """Each outcome between the provisional and the final results, with the moment from which it holds.

    An action changes the results of its entry, of the entry's instructors and of its unit; an appeal or an objection also those
    of the entry's group, where others move. Actions up to the end of the notice are part of what is granted.

    Raises:
        UnclearOutcomes: a result differs, and actions at several times could have changed it.
    """
    known = {entry.entry: entry for entry in entries}
    dated = [replace(action, at=max(action.at, granted_at)) for action in actions if action.entry in known]
    groups = {(award.round, award.entry): award for award in (*provisional.awards, *final.awards)}

    def by_entry(entry: str) -> list[LaterAction]:
        return [action for action in dated if action.entry == entry]

    def by_award(key: tuple[str, str]) -> list[LaterAction]:
        return by_entry(key[1]) or [action for action in dated if _is_of_group(action, groups[key], known, groups)]

    def by_instructor(instructor: str) -> list[LaterAction]:
        return [
            action for action in dated if instructor in (each.instructor for each in known[action.entry].instructors)
        ]

    def by_unit(unit: str) -> list[LaterAction]:
        return [action for action in dated if known[action.entry].unit == unit]

    awards = _table(_awards(provisional), _awards(final), by_award, granted_at)
    instructors = _table(
        {each.instructor: each for each in provisional.instructors},
        {each.instructor: each for each in final.instructors},
        by_instructor,
        granted_at,
    )
    units = _table(
        {unit: unit for unit in provisional.named_units},
        {unit: unit for unit in final.named_units},
        by_unit,
        granted_at,
    )
    standings = _table(provisional.standings, final.standings, by_entry, granted_at)
    return tuple(
        (
            moment,
            Outcome(
                tuple(awards(moment).values()),
                tuple(instructors(moment).values()),
                tuple(units(moment)),
                standings(moment),
            ),
        )
        for moment in sorted({granted_at, *(action.at for action in dated)})
    )


def _awards(outcome: Outcome) -> dict[tuple[str, str], Award]:
    return {(award.round, award.entry): award for award in outcome.awards}


def _is_of_group(
    action: LaterAction, award: Award, known: Mapping[str, Entry], groups: Mapping[tuple[str, str], Award]
) -> bool:
    """Whether the action may have moved this award: it is about an entry of the same group in the same round."""
    if action.round != award.round or known[action.entry].track != known[award.entry].track:
        return False
    own = groups.get((action.round, action.entry))
    return own is None or own.division == award.division


def _table(
    before: Mapping[Key, Value],
    after: Mapping[Key, Value],
    concerned: Callable[[Key], list[LaterAction]],
    granted_at: int,
) -> Callable[[int], dict[Key, Value]]:
    """The rows that hold at a moment, of a table before and after.

    Raises:
        UnclearOutcomes: actions at several times concern a row that changed.
    """
    changed: dict[Key, int] = {}
    for key in (*after, *before):
        if before.get(key) == after.get(key):
            continue
        times = {action.at for action in concerned(key)} or {granted_at}
        if len(times) > 1:
            raise UnclearOutcomes(str(key))
        changed[key] = times.pop()

    def at(moment: int) -> dict[Key, Value]:
        rows = {}
        for key in (*after, *(key for key in before if key not in after)):
            held = after if changed.get(key, granted_at) <= moment else before
            if key in held:
                rows[key] = held[key]
        return rows

    return at
