"""The known programme folders, with the results of their seasons."""

from pathlib import Path

from laurel.programme_folder import read_programme, read_records
from laurel.programme_seasons import read_season
from laurel.season_folder import read_rules
from shared.programme.records import ProgrammeRecords

PROGRAMMES = Path(__file__).parents[1] / "data" / "programmes"


def known_programme(name: str) -> ProgrammeRecords:
    """A known programme folder as it is settled."""
    folder = PROGRAMMES / name
    rules = read_programme(folder)
    seasons = {}
    for listed in rules.seasons:
        place = folder / "seasons" / listed.folder
        seasons[listed.folder] = read_season(place, folder / "expected" / "seasons" / listed.folder, read_rules(place))
    return read_records(folder, rules, seasons)
