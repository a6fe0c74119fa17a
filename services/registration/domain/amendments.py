"""What may change in the rules of a season that is open: nothing that widens what was filed, nothing that was applied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.season.rules import SeasonRules
from shared.season.time import to_unix_micros
from shared.states import State

ALWAYS_FROZEN = (
    *("format", "kind", "series.id", "season.id", "time_zone", "unit_levels", "divisions", "serials", "jurisdiction"),
    *("recommendation.levels", "recommendation.tracks", "self_assessment"),
)
FROZEN_BY_JUDGING = (
    *("rubrics", "panels", "rounds", "limits", "instructor_award", "unit_award", "credits"),
    *("media", "statistics", "recommendation", "attendance", "designation"),
)
"""Frozen from the moment at which the first round's judging opens."""


class Concern(State):
    """Whom a change of the rules concerns."""

    ENTRANTS = "entrants"
    JUDGES = "judges"
    UNITS = "units"
    EVERYBODY = "everybody"


CONCERNS: Mapping[str, tuple[Concern, ...]] = {
    "timeline": (Concern.ENTRANTS,),
    "tracks": (Concern.ENTRANTS,),
    "works": (Concern.ENTRANTS,),
    "limits": (Concern.ENTRANTS,),
    "rubrics": (Concern.ENTRANTS, Concern.JUDGES),
    "panels": (Concern.ENTRANTS, Concern.JUDGES),
    "rounds": (Concern.ENTRANTS, Concern.JUDGES),
    "nominations": (Concern.ENTRANTS, Concern.UNITS),
    "recommendation": (Concern.ENTRANTS, Concern.UNITS),
    "media": (Concern.ENTRANTS,),
    "attendance": (Concern.ENTRANTS,),
    "designation": (Concern.UNITS,),
    "statistics": (Concern.UNITS,),
    "reviewers": (Concern.ENTRANTS, Concern.UNITS),
    "unit_award": (Concern.UNITS,),
    "instructor_award": (Concern.ENTRANTS,),
}
"""By what the path of a change begins with; what is not named here everybody reads."""
OF_ONE_TRACK = frozenset({"tracks", "works"})
"""Parts of the rules whose paths name a track."""


def concerned_by(path: str) -> tuple[tuple[Concern, ...], str]:
    """Whom a change at this path concerns, and the track that it is about, if it is about one."""
    root, *rest = path.split(".")
    if root == "rounds" and "awards" in rest:
        return (Concern.ENTRANTS,), ""
    return CONCERNS.get(root, (Concern.EVERYBODY,)), rest[0] if root in OF_ONE_TRACK and rest else ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs; an absent one is None."""

    path: str
    before: Any
    after: Any


def differences(before: SeasonRules, after: SeasonRules) -> list[Difference]:
    """What differs between two rule sets, by path."""
    return list(_walk("", _plain(before), _plain(after)))


def _plain(rules: SeasonRules) -> Any:
    return rules.model_dump(mode="json", by_alias=True, exclude_none=True)


def _walk(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    pairs = _pairs(before, after)
    if pairs is None:
        yield Difference(path, before, after)
        return
    for name, (old, new) in pairs.items():
        yield from _walk(f"{path}.{name}" if path else name, old, new)


def _pairs(before: Any, after: Any) -> dict[str, tuple[Any, Any]] | None:
    """The parts of two values that can be compared part by part: mappings by key, lists of named things by id."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {name: (before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])}
    if isinstance(before, list) and isinstance(after, list):
        named = [item for item in [*before, *after] if isinstance(item, dict) and "id" in item]
        if named and len(named) == len(before) + len(after):
            old, new = {item["id"]: item for item in before}, {item["id"]: item for item in after}
            if list(old) == [key for key in new if key in old] or set(old) != set(new):
                return {key: (old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new])}
    return None


def not_amendable(before: SeasonRules, after: SeasonRules, now: int) -> list[Difference]:
    """The differences that an amendment may not make, at `now` in microseconds UTC.

    Scope is fixed by the filing: no track, division or award may be added. What judging applies is frozen once it
    opens, and a time that has passed stays as it was.
    """
    judged = now >= to_unix_micros(before.rounds[0].judging.opens)
    return [difference for difference in differences(before, after) if _refused(difference, judged, before, now)]


def _refused(difference: Difference, judged: bool, before: SeasonRules, now: int) -> bool:
    root = difference.path.split(".")[0]
    if any(difference.path == frozen or difference.path.startswith(f"{frozen}.") for frozen in ALWAYS_FROZEN):
        return True
    path = difference.path.split(".")
    if root == "tracks" and path[2:3] == ["fields"]:
        return judged or not _loosens_field(path[3:], difference.before, difference.after)
    if root == "tracks":
        return difference.before is None or difference.path.endswith((".divisions", ".entrant")) or judged
    if root in FROZEN_BY_JUDGING:
        whole = difference.path in ("recommendation", "media")
        added = difference.before is None and (".awards" in difference.path or whole)
        gone = difference.after is None and difference.path == "recommendation"
        return judged or added or gone or _has_passed(difference, now)
    if root == "timeline":
        slot = before.timeline.get(difference.path.split(".")[1]) if "." in difference.path else None
        passed = [moment for moment in (slot.opens, slot.closes) if moment] if slot else []
        field = difference.path.rsplit(".", 1)[-1]
        moment = getattr(slot, field, None) if slot and field in ("opens", "closes") else max(passed, default=None)
        return moment is not None and to_unix_micros(moment) < now
    return False


def _has_passed(difference: Difference, now: int) -> bool:
    """Whether a time of material or of recommending was over when it was to be moved."""
    moment = difference.path.rsplit(".", 1)[-1] in ("opens", "closes", "grace_until") and difference.before
    in_windows = difference.path.startswith(("media.", "recommendation."))
    return bool(moment and in_windows and to_unix_micros(datetime.fromisoformat(moment)) < now)


def _loosens_field(path: list[str], before: Any, after: Any) -> bool:
    """Whether a difference in a custom field, by the path from its id, says more to people or asks for less: whatever was
    answered before still will do, and nobody reads it who was not to.
    """
    if len(path) < 2:
        return False
    _, name, *inner = path
    match name:
        case "title" | "help":
            return True
        case "required" | "must":
            return before is True
        case "many":
            return after is True
        case "max_length" | "decimals":
            return after is not None and after > before
        case "min" | "max":
            return after is None or (before is not None and _goes_out(name, before, after))
        case "choices":
            return len(inner) > 1 or (len(inner) == 1 and before is None)
    return False


def _goes_out(name: str, before: str, after: str) -> bool:
    """Whether a limit of a number or a day takes more than before."""
    try:
        low, high = sorted((Decimal(before), Decimal(after)))
        return (Decimal(after) == low) == (name == "min") and low < high
    except InvalidOperation:
        return after < before if name == "min" else after > before
