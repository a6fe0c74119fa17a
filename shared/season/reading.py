"""Reading `season.yaml`: refused as a whole, with every fault named."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError

from shared.season.consistency import inconsistencies
from shared.season.faults import Fault
from shared.season.plain_yaml import read_yaml
from shared.season.rules import SeasonRules

MOST_FAULTS = 200
"""A file with more is not a season with slips, and each is explained in two languages."""
MOMENTS = {"opens", "closes", "grace_until", "summary_by", "replacements_until"}
"""Keys that hold a time; without an offset it is in the season's time zone."""
NO_TYPE = ("union_tag_not_found", "union_tag_invalid")
"""What pydantic calls a custom field without a type, and one of a type that there is not."""
CODES = {"extra_forbidden": "UNKNOWN_KEY", "missing": "REQUIRED", "union_tag_not_found": "REQUIRED"}
DAY_ALONE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
END_OF_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ]24:00(?::00(?:\.0+)?)?(.*)", re.ASCII)


class SeasonRefused(ValueError):
    """The season file is refused as a whole; `faults` names everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.code} {fault.detail}".strip() for fault in faults))
        self.faults = faults


def load_season(text: str) -> SeasonRules:
    """Read `season.yaml`.

    Numbers are read exactly as they are written. A time without an offset is in the season's time zone; 24:00 is the
    end of its day. A day alone, where a time belongs, is refused: nobody knows which end of it is meant.

    Raises:
        SeasonRefused: with every fault, in the order of the file's keys; of very many the first.
    """
    try:
        data = read_yaml(text)
    except yaml.YAMLError as error:
        raise SeasonRefused([Fault(path="", code="NOT_YAML", detail=" ".join(str(error).split()))]) from error
    if not isinstance(data, dict):
        raise SeasonRefused([Fault(path="", code="NOT_YAML", detail="the file is not a mapping")])
    return parse_season(data)


def parse_season(data: Mapping[str, object]) -> SeasonRules:
    """The same for a mapping, as it arrives as JSON."""
    try:
        zone = ZoneInfo(str(data.get("time_zone", "UTC")))
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    timeless = list(islice(_days_alone(data), MOST_FAULTS))
    try:
        rules = SeasonRules.model_validate(_localised(data, zone), extra="forbid")
    except ValidationError as error:
        raise SeasonRefused([*timeless, *faults_of(error)][:MOST_FAULTS]) from error
    faults = timeless or list(islice(inconsistencies(rules), MOST_FAULTS))
    if faults:
        raise SeasonRefused(faults)
    return rules


def _localised(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, dict):
        return {
            key: moment_of(item, zone) if key in MOMENTS and isinstance(item, str) else _localised(item, zone)
            for key, item in value.items()
        }
    return [_localised(item, zone) for item in value] if isinstance(value, list | tuple) else value


def _days_alone(value: Any, path: tuple[str, ...] = ()) -> Iterator[Fault]:
    """Every place where a day stands and a time belongs."""
    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    for key, item in value.items() if isinstance(value, dict) else ():
        here = (*path, str(key))
        if key in MOMENTS and isinstance(item, str) and DAY_ALONE.fullmatch(item):
            yield Fault(path=".".join(here), code="NO_TIME", detail=item)
        else:
            yield from _days_alone(item, here)


def moment_of(text: str, zone: ZoneInfo) -> Any:
    """The time that a text says, without an offset in this zone and 24:00 the end of its day; else the text itself."""
    ending = END_OF_DAY.fullmatch(text)
    try:
        if ending:
            moment = datetime.fromisoformat(f"{ending[1]}T00:00:00{ending[2]}") + timedelta(days=1)
        else:
            moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return text


def faults_of(error: ValidationError) -> list[Fault]:
    """What pydantic refused, as faults at their places."""
    items = error.errors()

    def follows(item: Any) -> bool:
        """A list counts as too short only because its items were refused."""
        return item["type"] == "too_short" and any(
            other is not item and other["loc"][: len(item["loc"])] == item["loc"] for other in items
        )

    return [_fault(item) for item in items if not follows(item)]


def _fault(item: Any) -> Fault:
    code = CODES.get(item["type"], "BAD_VALUE")
    detail = "" if code != "BAD_VALUE" else str(item["msg"]).removeprefix("Value error, ")
    return Fault.model_validate({"path": ".".join(_path(item)), "code": code, "detail": detail})


def _path(item: Any) -> list[str]:
    """The keys and positions in the file. A custom field is read by its type, which stands in the place of its faults alone."""
    place = item["loc"]
    kept = [str(part) for number, part in enumerate(place) if number < 2 or place[number - 2] != "fields"]
    return [*kept, "type"] if item["type"] in NO_TYPE else kept
