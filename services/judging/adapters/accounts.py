"""Accounts as judging knows them: which one is which judge, and for whom the operator vouches in a season."""

from typing import Any

from services.judging.domain.signatures import Signatory
from shared.errors import Unavailable
from shared.events.registration import JudgeAppointedV1
from shared.mongo import Database, Projection, insert_once


class MongoAccounts:
    """The port of the accounts."""

    def __init__(self, database: Database) -> None:
        self._judges, self._confirmed = database["judge_accounts"], database["confirmed_people"]
        self._appointments = Projection(self._judges)

    async def appoint(self, event: JudgeAppointedV1) -> None:
        """Keep the latest appointment."""
        values = {**event.model_dump(exclude={"appointed_at"}), "via": list(event.via), "since": event.appointed_at}
        await self._appointments.keep(f"{event.season}/{event.judge}", event.appointed_at, values)

    async def appointed(self, season: str, judge: str) -> Signatory | None:
        """The account that is this judge, or None while nobody has come."""
        document = await self._judges.find_one({"_id": f"{season}/{judge}"})
        return _signatory(document) if document else None

    async def claim(self, season: str, judge: str, who: Signatory) -> Signatory:
        """Take the account for this judge unless another one is; returns whoever is.

        Raises:
            Unavailable: another one is, and the database cannot show which.
        """
        key = f"{season}/{judge}"
        kept = {name: value for name, value in who.stored().items() if name in ("account", "by", "via", "since")}
        document = {"_id": key, "told_version": 0, "season": season, "judge": judge, **kept}
        if await insert_once(self._judges, document):
            return who
        if holder := await self.appointed(season, judge):
            return holder
        raise Unavailable("try-again")

    async def confirm(self, season: str, login: str, reason: str, by: str, at: int) -> None:
        """The operator vouches for whoever has this login name now; the latest confirmation counts."""
        values = {"season": season, "login": login, "reason": reason, "by": by, "at": at}
        await self._confirmed.update_one({"_id": f"{season}/{login}"}, {"$set": values}, upsert=True)

    async def confirmed(self, season: str, login: str, since: int) -> bool:
        """Whether somebody who has held their role since then was confirmed after it."""
        document = await self._confirmed.find_one({"_id": f"{season}/{login}"})
        return document is not None and bool(document["at"] >= since)


def _signatory(document: dict[str, Any]) -> Signatory:
    return Signatory(
        account=document["account"],
        login="",
        by=document["by"],
        via=tuple(document["via"]),
        since=document["since"],
    )
