"""What a unit has done in a season, counted: for its summary."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.mongo import Mongo
from shared.season.text import Text
from shared.states import AwardStatus, EntryStatus, ResultStage

TAKING_PART = (EntryStatus.VALID, EntryStatus.EXHIBITION)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a unit's schools; of those that take part students, instructors, tracks and works with files."""

    entries: int
    handed_in: int
    valid: int
    students: int
    instructors: int
    tracks: int
    works: int
    awards: Mapping[str, tuple[Text, int]]
    """By tier: what it is called, and how many; of the results that were told last."""


class UnitFigures:
    """Counts what stands at this moment."""

    def __init__(self, mongo: Mongo) -> None:
        database = mongo.long_reads
        self._entries, self._works = database["entries"], database["works"]
        self._lines, self._stages = database["award_lines"], database["result_stages"]

    async def of(self, season: str, schools: Iterable[str]) -> Figures:
        """The figures of these schools together."""
        listed = sorted(schools)
        shown = {
            "entry": 1,
            "standing": 1,
            "content.track": 1,
            "content.submitted_at": 1,
            "members": 1,
            "instructors": 1,
        }
        wanted = {"season": season, "content.unit": {"$in": listed}}
        entries = [document async for document in self._entries.find(wanted, shown)]
        part = [document for document in entries if document["standing"] in TAKING_PART]
        works = await self._works.count_documents(
            {
                "_id": {"$in": [f"{season}/{document['entry']}" for document in part]},
                "versions.files.0": {"$exists": True},
            }
        )
        return Figures(
            entries=len(entries),
            handed_in=sum(document["content"]["submitted_at"] is not None for document in entries),
            valid=sum(document["standing"] == EntryStatus.VALID for document in entries),
            students=len({person for document in part for person in document["members"]}),
            instructors=len({person for document in part for person in document["instructors"]}),
            tracks=len({document["content"]["track"] for document in part}),
            works=works,
            awards=await self._awards(season, listed),
        )

    async def _awards(self, season: str, schools: list[str]) -> dict[str, tuple[Text, int]]:
        for stage in (ResultStage.FINAL, ResultStage.PROVISIONAL):
            told = await self._stages.find_one({"_id": f"{season}/{stage}"})
            if told is None:
                continue
            wanted = {
                "season": season,
                "stage": stage,
                "revision": told["revision"],
                "table": "entries",
                "line.unit": {"$in": schools},
                "line.status": AwardStatus.AWARDED,
            }
            lines = [document["line"] async for document in self._lines.find(wanted).sort("order", 1)]
            counts = Counter(line["tier"] for line in lines)
            titles = {line["tier"]: Text.model_validate(line["tier_title"]) for line in lines}
            return {tier: (title, counts[tier]) for tier, title in titles.items()}
        return {}
