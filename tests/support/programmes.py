"""The known programme folders, with the results of their seasons."""

from pathlib import Path

from laurel.programme_folder import read_programme, read_records
from laurel.programme_seasons import read_season
from shared.programme.records import ProgrammeRecords
from shared.programme.seasons import CheckInWindow, SeasonFacts
from shared.season.plain_yaml import read_yaml
from shared.season.reading import parse_season

PROGRAMMES = Path(__file__).parents[1] / "data" / "programmes"
LATER_KEYS = ("kind", "media", "attendance", "designation")
"""Keys of a season of which its results, as they are given, say what a programme needs."""


def known_season(folder: Path, results: Path) -> SeasonFacts:
    """A season of a known programme folder, with its expected results."""
    data = read_yaml((folder / "season.yaml").read_text())
    later = {key: data.pop(key) for key in LATER_KEYS if key in data}
    window, naming = later.get("attendance"), later.get("designation")
    return read_season(
        folder,
        results,
        parse_season(data),
        CheckInWindow(**{key: int(value) for key, value in window.items()}) if window else None,
        (naming["kind"], naming["tier"]) if naming else None,
    )


def known_programme(name: str) -> ProgrammeRecords:
    """A known programme folder as it is settled."""
    folder = PROGRAMMES / name
    rules = read_programme(folder)
    seasons = {
        season.folder: known_season(folder / "seasons" / season.folder, folder / "expected" / "seasons" / season.folder)
        for season in rules.seasons
    }
    return read_records(folder, rules, seasons)
