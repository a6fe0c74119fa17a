"""Reading `programme.yaml`: refused as a whole, with every fault named."""

from collections.abc import Mapping
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError

from shared.programme.consistency import inconsistencies
from shared.programme.rules import ProgrammeRules
from shared.season.faults import Fault
from shared.season.plain_yaml import read_yaml
from shared.season.reading import DAY_ALONE, MOST_FAULTS, faults_of, moment_of

MOMENTS = ("at", "honour_roll_at")
"""Keys that hold a time, or several; without an offset it is in the programme's time zone."""


class ProgrammeRefused(ValueError):
    """The programme file is refused as a whole; `faults` names everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.code} {fault.detail}".strip() for fault in faults))
        self.faults = faults


def load_programme(text: str) -> ProgrammeRules:
    """Read `programme.yaml`.

    Numbers are read exactly as they are written. A time without an offset is in the programme's time zone; a day alone,
    where a time belongs, is refused.

    Raises:
        ProgrammeRefused: with every fault, in the order of the file's keys; of very many the first.
    """
    try:
        data = read_yaml(text)
    except yaml.YAMLError as error:
        raise ProgrammeRefused([Fault(path="", code="NOT_YAML", detail=" ".join(str(error).split()))]) from error
    if not isinstance(data, dict):
        raise ProgrammeRefused([Fault(path="", code="NOT_YAML", detail="the file is not a mapping")])
    return parse_programme(data)


def parse_programme(data: Mapping[str, object]) -> ProgrammeRules:
    """The same for a mapping, as it arrives as JSON."""
    try:
        zone = ZoneInfo(str(data.get("time_zone", "UTC")))
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    timeless: list[Fault] = []
    try:
        rules = ProgrammeRules.model_validate(_localised(data, zone, (), timeless), extra="forbid")
    except ValidationError as error:
        raise ProgrammeRefused([*timeless, *faults_of(error)][:MOST_FAULTS]) from error
    faults = timeless or list(islice(inconsistencies(rules), MOST_FAULTS))
    if faults:
        raise ProgrammeRefused(faults)
    return rules


def _localised(value: Any, zone: ZoneInfo, path: tuple[str, ...], timeless: list[Fault]) -> Any:
    """The same with times read; every day that stands where a time belongs goes to `timeless`."""
    if isinstance(value, str) and path and (path[-1] in MOMENTS or path[-2:-1] == ("at",)):
        if DAY_ALONE.fullmatch(value):
            timeless.append(Fault(path=".".join(path), code="NO_TIME", detail=value))
        return moment_of(value, zone)
    if isinstance(value, dict):
        return {key: _localised(item, zone, (*path, str(key)), timeless) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_localised(item, zone, (*path, str(number)), timeless) for number, item in enumerate(value)]
    return value
