"""Reads `table.txt`: one line a route, with who may and what the others get."""

from dataclasses import dataclass
from pathlib import Path

from tests.rights.identities import ANONYMOUS, COUNTERPARTS, NAMES

FILE = Path(__file__).with_name("table.txt")
REFUSALS = (401, 403, 404)
IN = 0
"""What a cell holds for those who are let in."""


@dataclass(frozen=True, slots=True)
class Row:
    """A route, the refusal of each identity (`IN` for those who may), and who may in the other host's season."""

    method: str
    path: str
    here: dict[str, int]
    elsewhere: frozenset[str]

    @property
    def route(self) -> tuple[str, str]:
        return self.method, self.path

    @property
    def names_objects(self) -> bool:
        """Whether the address names something that belongs to a season or to somebody in it."""
        return "{" in self.path and "{letter}" not in self.path and "{template}" not in self.path


def read() -> list[Row]:
    """Every row, in the order of the file.

    Raises:
        ValueError: a line cannot be read; it is named.
    """
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [_row(line) for line in lines if line.strip() and not line.startswith("#")]


def _row(line: str) -> Row:
    try:
        route, who, others, *more = (part.strip() for part in f"{line}|".split("|"))
        method, path = route.split()
        refused, *exceptions = others.split() or ["403"]
        special = {name: int(status) for name, status in (exception.split("=") for exception in exceptions)}
        let_in = frozenset(NAMES if who == "all" else NAMES[1:] if who == "signed-in" else who.split()) - {"nobody"}
        unknown = (let_in | special.keys()) - set(NAMES)
        if unknown or not {int(refused), *special.values()} <= set(REFUSALS) or any(more):
            raise ValueError(unknown or others)  # noqa: TRY301 - the line is named below
    except ValueError as error:
        raise ValueError(f"table.txt: {line!r}: {error}") from error
    stranger = {ANONYMOUS: 401} if let_in else {}
    refusals = {name: int(refused) for name in NAMES} | stranger | special
    here = {name: IN if name in let_in else refusals[name] for name in NAMES}
    there = let_in if who in ("all", "signed-in") else {COUNTERPARTS[item] for item in let_in if item in COUNTERPARTS}
    return Row(method, path, here, frozenset(there))
