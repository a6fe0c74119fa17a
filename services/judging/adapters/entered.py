"""Files of objective scores on MongoDB, with who entered and who confirmed them."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any

from services.judging.application.entered import Entered
from services.judging.domain.facts import Run, TestScore
from services.judging.domain.signatures import Signatory
from shared.mongo import Mongo, VersionConflict

NUMBERS = ("points", "time_s", "penalties", "mass_g", "score")


class MongoEnteredSheets:
    """The port of the entered sheets."""

    def __init__(self, mongo: Mongo) -> None:
        self._sheets = mongo.aggregates("entered_sheets")

    async def add(self, entered: Entered) -> None:
        rows = [{**asdict(row), **_texts(asdict(row))} for row in entered.rows]
        await self._sheets.create({"_id": f"{entered.season}/{entered.id}", **asdict(entered), "rows": rows})

    async def find(self, season: str, entered: str) -> Entered | None:
        document = await self._sheets.find_one({"_id": f"{season}/{entered}"})
        return _entered(document) if document else None

    async def of(self, season: str) -> list[Entered]:
        """All of a season, newest first."""
        cursor = self._sheets.find({"season": season}).sort("entered_at", -1)
        return [_entered(document) async for document in cursor]

    async def confirm(self, entered: Entered, by: Signatory | None, at: int) -> None:
        values = {
            "confirmed_by": by.login if by else "",
            "confirmed_at": at,
            "second": by.stored() if by else {},
        }
        key = f"{entered.season}/{entered.id}"
        document = await self._sheets.find_one({"_id": key})
        if document is None:
            raise VersionConflict(key)
        await self._sheets.change(key, document["version"], values)


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(row[name]) for name in NUMBERS if name in row}


def _entered(document: Mapping[str, Any]) -> Entered:
    row = Run if document["kind"] == "runs" else TestScore
    rows = tuple(
        row(**{**item, **{name: Decimal(item[name]) for name in NUMBERS if name in item}}) for item in document["rows"]
    )
    kept = {field.name: document[field.name] for field in fields(Entered) if field.name in document}
    return Entered(**{**kept, "rows": rows})
