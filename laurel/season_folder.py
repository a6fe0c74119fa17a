"""A season folder on disk: its rules, its files, its later actions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from laurel.errors import UserError
from shared.season.reading import load_season
from shared.season.rules import SeasonRules

FILES = ("units", "judges", "entries", "ballots", "runs", "tests", "summaries")
"""Of every season, in the order in which rejected rows are listed."""
REGISTRATION_FILES = ("units", "entries", "summaries", "media")
"""Those that registration takes in, in the order in which one needs the other."""
ASSESSMENT_FILES = ("self_scores", "verifications", "previous")
"""Of a season whose entries score themselves."""
REGISTRATION_ACTIONS = ("extension", "withdrawal", "consent_withdrawal", "name_correction", "transfer")


@dataclass(frozen=True, slots=True)
class SeasonFolder:
    """Everything an organizer hands in."""

    path: Path
    season_yaml: bytes
    rules: SeasonRules
    files: dict[str, bytes]
    actions: tuple[dict[str, Any], ...]


def read_rules(path: Path) -> SeasonRules:
    """The rules of a season folder.

    Raises:
        SeasonRefused: `season.yaml` is refused, with every fault.
        UserError: it is missing or not UTF-8.
    """
    return load_season(read_utf8(path / "season.yaml").decode())


def read_utf8(file: Path) -> bytes:
    """A file of a folder, which is text in UTF-8.

    Raises:
        UserError: it is missing or not UTF-8.
    """
    if not file.is_file():
        raise UserError("file-missing", file=str(file))
    content = file.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise UserError("not-utf8", file=str(file)) from error
    return content


def files_of(rules: SeasonRules) -> tuple[str, ...]:
    """The files of a season with these rules, in the order in which rejected rows are listed."""
    assessed = ASSESSMENT_FILES if rules.self_assessment else ()
    recommended = ("recommendations",) if rules.recommendation else ()
    return (*FILES, *(("media",) if rules.media else ()), *assessed, *recommended)


def tables_of(rules: SeasonRules) -> tuple[str, ...]:
    """What registration works out of a season with these rules, beside its results."""
    return (
        *(("media",) if rules.media else ()),
        *(("statistics",) if rules.statistics else ()),
        *(("items",) if rules.self_assessment else ()),
        *(("recommendations", "outcome") if rules.recommendation else ()),
    )


def read_folder(path: Path) -> SeasonFolder:
    """Read a season folder.

    Raises:
        SeasonRefused: `season.yaml` is refused, with every fault.
        UserError: a file is missing or not UTF-8, or `actions.yaml` is no list of actions.
    """
    season_yaml = read_utf8(path / "season.yaml")
    rules = load_season(season_yaml.decode())
    files = {name: read_utf8(path / f"{name}.csv") for name in files_of(rules)}
    return SeasonFolder(path, season_yaml, rules, files, read_actions(path / "actions.yaml"))


def read_actions(file: Path) -> tuple[dict[str, Any], ...]:
    """The later actions of a season folder in order of time; none where there is no such file.

    Raises:
        UserError: it is no list of actions.
    """
    if not file.is_file():
        return ()
    try:
        listed = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or []  # noqa: S506 - text only
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError("actions-unreadable", file=str(file), reason=" ".join(str(error).split())) from error
    if not isinstance(listed, list) or not all(
        isinstance(item, dict) and "id" in item and "at" in item for item in listed
    ):
        raise UserError("actions-unreadable", file=str(file), reason="id, at")
    return tuple(sorted(listed, key=lambda item: str(item["at"])))
