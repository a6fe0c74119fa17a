"""What the masthead and the foot of a season's pages show."""

from dataclasses import dataclass
from typing import Any

from shared.season.rules import SeasonRules
from shared.season.text import Text
from shared.web.workspace import Mode


@dataclass(frozen=True, slots=True)
class SeasonHeader:
    """Title, statement and approval number: on every page of a season."""

    id: str
    title: Text
    statement: Text
    approval: str
    time_zone: str = ""
    """The zone of the times on a page; empty where it shows none."""

    @classmethod
    def of(cls, rules: SeasonRules) -> "SeasonHeader":
        return cls(rules.id, rules.season.title, rules.approval.statement, rules.approval.number, rules.time_zone)


def season_frame(rules: SeasonRules, mode: Mode | None = None) -> dict[str, Any]:
    """What every page of a season is given: its rules, its mode where the service keeps it, and the header above its own
    content."""
    return {"rules": rules, "mode": mode, "season": SeasonHeader.of(rules)}
