"""Seats in the next round on MongoDB: every revision in chunks, each with the event that tells it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from services.judging.domain.seats import Seating
from shared.events.judging import Seat, SeatsGivenV1
from shared.messaging.outbox import record_events
from shared.mongo import Mongo, Projection, VersionConflict

CHUNK = 1000


class MongoSeatings:
    """The port of the seats. The newest revision counts; older ones stay as the log of what changed."""

    def __init__(self, mongo: Mongo) -> None:
        self._seatings, self._chunks = mongo.database["seatings"], mongo.aggregates("seat_chunks")
        self._heads = Projection(self._seatings)

    async def head(self, season: str, round_id: str) -> dict[str, Any] | None:
        """Revision, time and quotas of a round's seats, as told last."""
        return await self._seatings.find_one({"_id": f"{season}/{round_id}"})

    async def seats(self, season: str, round_id: str, revision: int) -> list[Seat]:
        """The seats of one revision, by entry."""
        wanted = {"season": season, "round": round_id, "revision": revision}
        return [
            Seat(entry=entry, via=via, left=left)
            async for document in self._chunks.find_all(wanted).sort("chunk", 1)
            for entry, via, left in document["seats"]
        ]

    async def present(self, season: str, round_id: str) -> frozenset[str] | None:
        """The entries that go on from a round; None while it is not closed."""
        head = await self.head(season, round_id)
        if head is None:
            return None
        return frozenset(seat.entry for seat in await self.seats(season, round_id, head["revision"]) if not seat.left)

    async def _revision(self, season: str, round_id: str, told: int, seats: Sequence[Seat]) -> int:
        """The number under which to tell these seats: that of a telling which was begun, if it was of the same ones."""
        wanted = {"season": season, "round": round_id}
        newest = await self._chunks.collection.find_one(wanted, {"revision": 1}, sort=[("revision", -1)])
        begun = newest["revision"] if newest else 0
        if begun > told and await self.seats(season, round_id, begun) == seats:
            return int(begun)
        return max(told, int(begun)) + 1

    async def save(self, season: str, round_id: str, to: str, seating: Seating, at: int) -> bool:
        """Keep and tell a round's seats; False if these were told last. The head comes last, so it is never half there.

        Raises:
            VersionConflict: somebody else told other seats at this moment.
        """
        head = await self.head(season, round_id)
        seats = [Seat(entry=entry, via=via, left=entry in seating.left) for entry, via in sorted(seating.via.items())]
        if head and await self.seats(season, round_id, head["revision"]) == seats:
            return False
        revision = await self._revision(season, round_id, head["revision"] if head else 0, seats)
        parts: Sequence[list[Seat]] = [seats[n : n + CHUNK] for n in range(0, len(seats), CHUNK)] or [[]]
        created = await self._chunks.create_many(
            (
                {
                    "_id": f"{season}/{round_id}/{revision}/{number}",
                    "season": season,
                    "round": round_id,
                    "revision": revision,
                    "chunk": number,
                    "seats": [[seat.entry, seat.via, seat.left] for seat in part],
                },
                record_events(
                    [
                        SeatsGivenV1(
                            season=season,
                            round=round_id,
                            to=to,
                            revision=revision,
                            chunk=number,
                            chunks=len(parts),
                            given_at=at,
                            seats=tuple(part),
                        )
                    ]
                ),
            )
            for number, part in enumerate(parts, 1)
        )
        if created < len(parts) and await self.seats(season, round_id, revision) != seats:
            raise VersionConflict(f"{season}/{round_id}/{revision}")  # somebody told others under this number just now
        quotas = [
            {**asdict(quota), "group": group, "remainder": str(quota.remainder), "seats": quota.seats}
            for group, quotas in seating.quotas.items()
            for quota in quotas
        ]
        values = {
            "season": season,
            "round": round_id,
            "revision": revision,
            "to": to,
            "at": at,
            "quotas": quotas,
        }
        await self._heads.keep(f"{season}/{round_id}", revision, values)
        return True
