"""What the folders and files of a season's archives are called."""

from services.certificates.adapters.store import MongoKnown
from services.certificates.application.archive import Names, names_of
from services.certificates.domain.documents import KINDS
from shared.web.translation import Catalog


async def archive_names(known: MongoKnown, catalog: Catalog, season: str) -> Names:
    """In the language in which the season has its title: whoever asks, a file is called the same."""
    rules = await known.rules(season)
    language = "en" if rules and not rules.season.title.zh else "zh"
    t = catalog.translator(language)
    units = {unit: name for unit, (name, _) in (await known.units(season)).items()}
    return names_of(units, {kind: t(f"kind-{kind}") for kind in KINDS}, t("archive-without-school"), language)
