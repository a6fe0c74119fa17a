"""Making one copy, from file to file: clean, then look once more. It runs in a process of its own (`shared.limited`)."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from services.registration.adapters.anonymising.cleaners import clean
from services.registration.adapters.anonymising.names import places_of_names
from services.registration.adapters.anonymising.refusal import NotAnonymised


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: no `reason`, and the copy may be handed out; `names`, and it is there to be looked at."""

    reason: str = ""
    part: str = ""
    places: tuple[str, ...] = ()


def make_copy(source: Path, target: Path, extension: str, names: Collection[str]) -> Outcome:
    """Write the copy to `target`, unless there can be none."""
    try:
        clean(source, target, extension)
        places = places_of_names(target, extension, names)
    except NotAnonymised as refused:
        return Outcome(refused.reason, refused.part)
    except MemoryError:
        return Outcome("costly")
    except Exception:  # noqa: BLE001 - whatever a hostile file does to its reader, the file is set aside
        return Outcome("unreadable")
    return Outcome("names", "", places) if places else Outcome()
