"""Ballots, runs and tests on MongoDB. Ballots are append-only versions; the newest one counts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from bson import decode_all
from numpy.typing import NDArray

from services.judging.domain.ballot_versions import Written, is_there
from services.judging.domain.columns import Columns, hundredths
from services.judging.domain.facts import Assessed, Ballot, BallotStatus, Run, TestScore
from services.judging.domain.signatures import Signatory
from shared.errors import InvalidState
from shared.mongo import Document, GroupRead, Mongo, TooLate, VersionConflict

TRIES = 20
BATCH = 20_000


class _Part:
    """Ballots of one component and track while they are read: packed batch by batch, so that memory stays small."""

    def __init__(self) -> None:
        self._entries: dict[str, int] = {}
        self._judges: dict[str, int] = {}
        self._rows: list[list[int]] = []
        self._packed: list[NDArray[np.int32]] = []

    def add(self, document: Mapping[str, Any]) -> None:
        entry = self._entries.setdefault(document["entry"], len(self._entries))
        judge = self._judges.setdefault(document["judge"], len(self._judges))
        self._rows.append([entry, judge, *document["hundredths"]])

    def pack(self) -> None:
        if self._rows:
            self._packed.append(np.array(self._rows, dtype=np.int32))
            self._rows = []

    def columns(self) -> Columns:
        whole = np.concatenate(self._packed).astype(np.int64)
        return Columns.coded(list(self._entries), whole[:, 0], list(self._judges), whole[:, 1], whole[:, 2:])


class MongoScores:
    """The port of the scores."""

    def __init__(self, mongo: Mongo) -> None:
        self._records, self._clock = mongo.aggregates("ballots"), mongo.clock
        self._ballots, self._all_ballots = mongo.database["ballots"], mongo.long_reads["ballots"]
        self._runs, self._tests = mongo.aggregates("runs"), mongo.aggregates("tests")
        self._assessments = mongo.long_reads["assessments"]
        self._by_id = GroupRead(self._read)

    async def columns(
        self, season: str, track_of: Mapping[str, str], until: Mapping[str, int]
    ) -> dict[tuple[str, str, str], Columns]:
        """The submitted ballots as columns, by round, component and track; of a round in `until` those up to that time."""
        parts: dict[tuple[str, str, str], _Part] = defaultdict(_Part)
        wanted = {"season": season, "status": BallotStatus.SUBMITTED}
        fields = {"_id": 0, "round": 1, "component": 1, "entry": 1, "judge": 1, "hundredths": 1, "submitted_at": 1}
        async for batch in self._all_ballots.find_raw_batches(wanted, fields, batch_size=BATCH):
            for d in decode_all(batch):
                if d["submitted_at"] <= until.get(d["round"], d["submitted_at"]):
                    parts[d["round"], d["component"], track_of[d["entry"]]].add(d)
            for part in parts.values():
                part.pack()
        return {key: part.columns() for key, part in parts.items()}

    async def runs(self, season: str) -> list[Run]:
        return [_run(document) async for document in self._runs.find_all({"season": season})]

    async def tests(self, season: str) -> list[TestScore]:
        return [
            TestScore(d["round"], d["component"], d["entry"], Decimal(d["score"]))
            async for d in self._tests.find_all({"season": season})
        ] + [assessed.score for assessed in await self.assessed(season)]

    async def assessed(self, season: str) -> list[Assessed]:
        """What the self-assessments came to, as registration told it last."""
        return [
            Assessed(
                d["entry"],
                d["component"],
                sum((Decimal(item["own"]) for item in d["items"].values()), Decimal(0)),
                Decimal(d["total"]),
            )
            async for d in self._assessments.find({"season": season}).sort("entry", 1)
        ]

    async def assessed_versions(self, season: str) -> int:
        """The versions of what was told of self-assessments, added up."""
        return sum([d["told_version"] async for d in self._assessments.find({"season": season}, {"told_version": 1})])

    async def ballot(self, season: str, round_id: str, component: str, entry: str, judge: str) -> Ballot | None:
        """The ballot as it is, or None."""
        document = await self._ballots.find_one({"_id": f"{season}/{round_id}/{component}/{entry}/{judge}"})
        return _ballot(document) if document else None

    async def by_judge(self, season: str, judge: str) -> list[Ballot]:
        return [_ballot(document) async for document in self._all_ballots.find({"season": season, "judge": judge})]

    async def tally(self, season: str, round_id: str) -> dict[tuple[str, BallotStatus], int]:
        """How many ballots of a round there are, by judge and status; counted in the database."""
        pipeline: list[Document] = [
            {"$match": {"season": season, "round": round_id}},
            {"$group": {"_id": {"judge": "$judge", "status": "$status"}, "count": {"$sum": 1}}},
        ]
        return {
            (d["_id"]["judge"], BallotStatus(d["_id"]["status"])): d["count"]
            async for d in self._all_ballots.aggregate(pipeline)
        }

    async def of_round(self, season: str, round_id: str) -> list[Ballot]:
        """The ballots of a round in every state."""
        return [_ballot(document) async for document in self._all_ballots.find({"season": season, "round": round_id})]

    async def listed(
        self, season: str, wanted: Mapping[str, str], after: Sequence[str | int], most: int
    ) -> list[tuple[str, Ballot, int]]:
        """The ballots of a season with these values, each with its id and its version, by id after `after`."""
        first = str(after[0]) if after else f"{season}/"
        query = {"season": season, **wanted, "_id": {"$gt": first, "$lt": f"{season}0"}}
        cursor = self._ballots.find(query, {"versions": 0, "outbox": 0}).sort("_id", 1).limit(most)
        return [(document["_id"], _ballot(document), document["version"]) async for document in cursor]

    async def of_entry(self, season: str, entry: str) -> list[Document]:
        """The stored ballots of one entry with all their versions."""
        wanted = {"season": season, "entry": entry}
        return [document async for document in self._ballots.find(wanted, {"outbox": 0}).sort("_id", 1)]

    @staticmethod
    def read(document: Document) -> Ballot:
        """A stored ballot as it is now."""
        return _ballot(document)

    async def texts(self, season: str, ballot: Ballot) -> tuple[str, str, int]:
        """The comment for the entrant, the judge's own note, and the version that the ballot has."""
        key = f"{season}/{ballot.round}/{ballot.component}/{ballot.entry}/{ballot.judge}"
        document = await self._ballots.find_one({"_id": key}, {"comment": 1, "note": 1, "version": 1})
        return (document["comment"], document["note"], document["version"]) if document else ("", "", 0)

    async def count(self, season: str, round_id: str) -> int:
        return await self._all_ballots.count_documents(
            {"season": season, "round": round_id, "status": BallotStatus.SUBMITTED}
        )

    async def counts(self, season: str) -> dict[str, int]:
        """How many ballots, runs and tests count."""
        return {
            "ballots": await self._all_ballots.count_documents({"season": season, "status": BallotStatus.SUBMITTED}),
            "runs": await self._runs.collection.count_documents({"season": season}),
            "tests": await self._tests.collection.count_documents({"season": season})
            + await self._assessments.count_documents({"season": season}),
        }

    async def save_ballots(self, season: str, ballots: Sequence[Ballot], *, may_add: bool) -> int:
        """Store what is new; how many were.

        Raises:
            InvalidState: something is new and nothing may be added.
        """
        documents: list[tuple[Document, list[Document]]] = [
            ({**_ballot_document(season, ballot), "comment": "", "note": ""}, []) for ballot in ballots
        ]
        return await self._save(self._records, documents, may_add)

    async def save_runs(self, season: str, runs: Sequence[Run], *, may_add: bool) -> int:
        """The same for runs."""
        documents: list[tuple[Document, list[Document]]] = [(_run_document(season, run), []) for run in runs]
        return await self._save(self._runs, documents, may_add)

    async def save_tests(self, season: str, tests: Sequence[TestScore], *, may_add: bool) -> int:
        """The same for objective scores."""
        documents: list[tuple[Document, list[Document]]] = [
            (
                {
                    "_id": f"{season}/{test.round}/{test.component}/{test.entry}",
                    "season": season,
                    "round": test.round,
                    "component": test.component,
                    "entry": test.entry,
                    "score": str(test.score),
                },
                [],
            )
            for test in tests
        ]
        return await self._save(self._tests, documents, may_add)

    @staticmethod
    async def _save(records: Any, documents: list[tuple[Document, list[Document]]], may_add: bool) -> int:
        if may_add:
            changed: int = await records.create_many(documents)
            return changed
        keys = [document["_id"] for document, _ in documents]
        if await records.collection.count_documents({"_id": {"$in": keys}}) < len(set(keys)):
            raise InvalidState("round-closed")
        return 0

    async def write(
        self,
        season: str,
        ballot: Ballot,
        *,
        account: str,
        opens: int,
        closes: int,
        comment: str,
        note: str,
        seen: int | None = None,
    ) -> tuple[int, int]:
        """A new version of a ballot by this account, if the database's clock is within the window. Returns version and time.

        With `seen`, the version that was written on, it is written over that one alone; what is there already stays.

        Whoever submits a ballot holds it: nobody else writes it from then on, until it is opened again for them.

        Raises:
            InvalidState: it is not, another account holds the ballot, a draft would take the place of a submitted one, or
                another version was written since the one that was seen.
            VersionConflict: the same ballot was written many times at this moment.
        """
        key = f"{season}/{ballot.round}/{ballot.component}/{ballot.entry}/{ballot.judge}"
        new = Written(ballot.status, ballot.scores, comment, note)
        for _ in range(TRIES):
            now = await self._clock.now()
            if not opens <= now <= closes:
                break
            present = (await self._by_id.get([key])).get(key)
            if present and present.get("held_by", account) != account:
                raise InvalidState("ballot-by-another")
            stored = _written(present) if present else None
            if is_there(new, stored, present["version"] if present else 0, seen) and present:
                return present["version"], present["submitted_at"]
            version = present["version"] + 1 if present else 1
            fresh = {
                "status": ballot.status,
                "hundredths": [hundredths(score) for score in ballot.scores],
                "comment": comment,
                "note": note,
                "account": account,
            }
            kept = {**fresh, "at": now, "version": version}
            if ballot.status != BallotStatus.DRAFT:
                fresh["held_by"] = account
            gate = await self._clock.gate(closes)
            try:
                if present:
                    values = {**fresh, "submitted_at": now}
                    await self._records.change(key, version - 1, values, push={"versions": kept}, until=gate)
                    return version, now
                document = {
                    **_ballot_document(season, ballot),
                    **fresh,
                    "_id": key,
                    "submitted_at": now,
                    "versions": [kept],
                }
                if await self._records.create(document, until=gate):
                    return version, now
            except TooLate:
                break
            except VersionConflict:
                continue  # another request wrote the same ballot at this moment
        else:
            raise VersionConflict(key)
        raise InvalidState("judging-not-open")

    async def holder(self, season: str, ballot: Ballot) -> str:
        """The account that holds the ballot; empty while it was never submitted, or from before this was kept."""
        document = await self._ballots.find_one({"_id": _ballot_id(season, ballot)}, {"held_by": 1})
        return str((document or {}).get("held_by", ""))

    async def held_by_others(self, season: str, round_id: str, entry: str, judge: str, account: str) -> bool:
        """Whether another account of the judge holds a ballot on this entry."""
        wanted = {"season": season, "round": round_id, "entry": entry, "judge": judge}
        others = {"held_by": {"$exists": True, "$ne": account}}
        return await self._ballots.count_documents({**wanted, **others}, limit=1) > 0

    async def reopen(self, season: str, ballot: Ballot, by: Signatory, reason: str, account: str) -> None:
        """A submitted ballot becomes a draft again that this account may write, with who asked for it and why.

        One that was opened again for another account may be opened for this one.

        Raises:
            InvalidState: it is not submitted.
        """
        why = {"reopened_by": by.login, "reopened": by.stored(), "reason": reason, "for": account}
        await self._mark(season, ballot, BallotStatus.DRAFT, why, holder=account)

    async def void(self, season: str, round_id: str, entry: str, judge: str, reason: str) -> int:
        """A judge's ballots on an entry count no more; how many there were. Their versions stay."""
        wanted = {"season": season, "round": round_id, "entry": entry, "judge": judge, "status": BallotStatus.SUBMITTED}
        ballots = [_ballot(document) async for document in self._ballots.find(wanted)]
        for ballot in ballots:
            await self._mark(season, ballot, BallotStatus.VOID, {"reason": reason})
        return len(ballots)

    async def _mark(
        self, season: str, ballot: Ballot, status: BallotStatus, why: Mapping[str, Any], *, holder: str = ""
    ) -> None:
        key, now = _ballot_id(season, ballot), await self._clock.now()
        for _ in range(TRIES):
            fields = {"status": 1, "version": 1, "hundredths": 1, "held_by": 1}
            present = await self._ballots.find_one({"_id": key}, fields)
            passed_on = (
                present and holder and present["status"] == BallotStatus.DRAFT and present.get("held_by", "") != holder
            )
            if present is None or (present["status"] != BallotStatus.SUBMITTED and not passed_on):
                raise InvalidState("ballot-not-submitted")
            version = present["version"]
            kept = {"status": status, "hundredths": present["hundredths"], "at": now, "version": version + 1, **why}
            try:
                held = {"held_by": holder} if holder else {}
                await self._records.change(key, version, {"status": status, **held}, push={"versions": kept})
            except VersionConflict:
                continue
            return
        raise VersionConflict(key)

    async def _read(self, keys: list[str]) -> dict[str, Document]:
        async_io_motor_cursor = self._ballots.find({"_id": {"$in": keys}}, {"versions": 0, "outbox": 0})
        return {document["_id"]: document async for document in async_io_motor_cursor}


def _written(document: Document) -> Written:
    return Written(BallotStatus(document["status"]), _ballot(document).scores, document["comment"], document["note"])


def _ballot_id(season: str, ballot: Ballot) -> str:
    key = f"{season}/{ballot.round}/{ballot.component}/{ballot.entry}/{ballot.judge}"
    return key if ballot.status in (BallotStatus.SUBMITTED, BallotStatus.DRAFT) else f"{key}/{ballot.status}"


def _ballot_document(season: str, ballot: Ballot) -> dict[str, Any]:
    return {
        "_id": _ballot_id(season, ballot),
        "season": season,
        "round": ballot.round,
        "component": ballot.component,
        "entry": ballot.entry,
        "judge": ballot.judge,
        "status": ballot.status,
        "submitted_at": ballot.submitted_at,
        "hundredths": [hundredths(score) for score in ballot.scores],
    }


def _ballot(d: dict[str, Any]) -> Ballot:
    return Ballot(
        d["round"],
        d["component"],
        d["entry"],
        d["judge"],
        BallotStatus(d["status"]),
        d["submitted_at"],
        tuple(Decimal(score) / 100 for score in d["hundredths"]),
    )


def _run_document(season: str, run: Run) -> dict[str, Any]:
    numbers = {name: str(getattr(run, name)) for name in ("points", "time_s", "penalties", "mass_g")}
    return {
        "_id": f"{season}/{run.round}/{run.component}/{run.entry}/{run.run}",
        "season": season,
        "round": run.round,
        "component": run.component,
        "entry": run.entry,
        "run": run.run,
        **numbers,
    }


def _run(d: dict[str, Any]) -> Run:
    numbers = {name: Decimal(d[name]) for name in ("points", "time_s", "penalties", "mass_g")}
    return Run(d["round"], d["component"], d["entry"], d["run"], **numbers)
