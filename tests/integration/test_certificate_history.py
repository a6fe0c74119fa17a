"""Any order and repetition of what happens to an award leaves one certificate, one current version, a history that reads true."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.certificates.adapters.indexes import INDEXES
from services.certificates.adapters.store import MongoCertificates, MongoKnown
from services.certificates.adapters.templates import Templates
from services.certificates.application.amending import Decision, decide
from services.certificates.application.issuing import MissedCorrections, change, issue, name_corrected, revoke
from services.certificates.application.ports import Store
from services.certificates.domain.codes import PrintedCodes
from shared.errors import LaurelError
from shared.events.judging import AwardChangedV1, AwardGrantedV1, AwardRevokedV1, EntryAward, Recipient
from shared.events.registration import (
    PersonCorrectedV1,
    PersonErasedV1,
    PersonNamedV1,
    SeasonOpenedV1,
    UnitRecordedV1,
)
from shared.mongo import Mongo
from shared.season.reading import load_season
from shared.season.text import Text
from tests.conftest import EXAMPLE
from tests.support.installation import Servers

RULES = load_season((EXAMPLE / "season.yaml").read_text())
SEASON = RULES.id
TIERS = {2: "一等奖", 3: "二等奖", 4: "二等奖", 5: "三等奖"}


@pytest.fixture(scope="module")
async def store(servers: Servers) -> AsyncIterator[Store]:
    mongo = Mongo(servers.mongo_url, f"history{uuid4().hex[:8]}")
    for name, indexes in INDEXES.items():
        await mongo.database[name].create_indexes(indexes)
    known = MongoKnown(mongo.database)
    await known.season_told(SeasonOpenedV1(season=SEASON, version=1, mode="records", opened_at=1, rules=RULES))
    unit = UnitRecordedV1(season=SEASON, unit="P01", version=1, level="school", name=Text(zh="澜心小学"), ordinal=1)
    await known.unit_recorded(unit)
    yield Store(known, MongoCertificates(mongo), mongo.clock, Templates(mongo), PrintedCodes(b"a key for tests"))
    await mongo.client.drop_database(mongo.database.name)
    mongo.close()


@pytest.fixture(scope="module")
async def loop() -> asyncio.AbstractEventLoop:
    """The loop that the connections belong to, for a test whose examples are drawn outside of it."""
    return asyncio.get_running_loop()


class Life:
    """One award, its events, and how they are delivered: an event that comes too early comes again later."""

    def __init__(self, store: Store, number: int) -> None:
        self.store, self.number = store, number
        self.person = f"person-{number}"
        self.award = f"final/entry/E{number}"

    def _line(self, revision: int) -> EntryAward:
        return EntryAward(
            award=self.award,
            round="final",
            track="A",
            division="P",
            entry=f"E{self.number}",
            title="作品",
            unit="P01",
            tier="first",
            tier_title=Text(zh=TIERS[revision]),
            rank=1,
            score="90.0000",
            members=(Recipient(person=self.person, ordinal=self.number),),
        )

    def _lines(self, revision: int) -> dict[str, Any]:
        return {
            "season": SEASON,
            "revision": revision,
            "chunk": 1,
            "chunks": 1,
            "entries": (self._line(revision),),
        }

    async def named(self, version: int) -> None:
        known: Any = self.store.known
        name = Text(zh=f"测试名字{version}")
        await known.person_named(PersonNamedV1(person=self.person, version=version, name=name))

    async def deliver(self, step: str) -> None:
        store, at = self.store, 1_745_600_000_000_000
        match step:
            case "granted":
                await issue(AwardGrantedV1(**self._lines(2), granted_at=at + 2), {}, store)
            case "changed":
                event = AwardChangedV1(**self._lines(3), changed_at=at + 3, reason="改判")
                await change(event, {}, store)
            case "revoked":
                await revoke(AwardRevokedV1(**self._lines(4), revoked_at=at + 4, reason="撤销"), store)
            case "granted again":
                await issue(AwardGrantedV1(**self._lines(5), granted_at=at + 5), {}, store)
            case "name corrected":
                await self.named(2)
                corrected = PersonCorrectedV1(
                    season=SEASON,
                    entry=f"E{self.number}",
                    person=self.person,
                    version=2,
                    corrected_at=at + 6,
                    reason="错字",
                )
                await name_corrected(corrected, store)

    async def all(self, steps: list[str]) -> None:
        waiting = list(steps)
        for _ in range(len(steps) + 2):
            later: list[str] = []
            for step in waiting:
                try:
                    await self.deliver(step)
                except LaurelError:
                    later.append(step)
            waiting = later
        assert waiting == []


STEPS = ["granted", "changed", "revoked", "granted again", "name corrected"]
NUMBERS = iter(range(1, 100_000))


@given(order=st.permutations(STEPS), again=st.lists(st.sampled_from(STEPS), max_size=6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_order_ends_alike(
    loop: asyncio.AbstractEventLoop, store: Store, order: list[str], again: list[str]
) -> None:
    loop.run_until_complete(_ends_alike(store, [*order, *again]))


async def _ends_alike(store: Store, steps: list[str]) -> None:
    life = Life(store, next(NUMBERS))
    await life.named(1)
    await life.all(steps)
    missed = MissedCorrections(store)
    for _ in range(2):
        await missed.sweep()

    (certificate,) = await store.certificates.of_recipient(life.person)

    assert certificate.results == 5
    assert certificate.revocation is None
    assert certificate.facts.award_title.zh == "三等奖"
    assert certificate.current.name.zh == "测试名字2"
    assert [version.number for version in certificate.versions] == list(range(1, len(certificate.versions) + 1))
    assert all(change.kind != other.kind for change, other in pairwise(certificate.changes))
    assert all(
        (version.name, version.facts) != (other.name, other.facts) for version, other in pairwise(certificate.versions)
    )


async def test_what_an_organizer_took_is_not_given_back_by_an_old_event(store: Store) -> None:
    life = Life(store, next(NUMBERS))
    await life.named(1)
    await life.deliver("granted")
    (certificate,) = await store.certificates.of_recipient(life.person)

    await decide(SEASON, certificate.serial, Decision("revoke", "抄袭"), "organizer", store)
    await life.deliver("granted")

    (certificate,) = await store.certificates.of_recipient(life.person)
    assert certificate.state == "revoked"
    assert [(change.kind, change.by) for change in certificate.changes] == [("revoked", "organizer")]


async def test_whoever_is_erased_is_named_on_no_other_certificate(store: Store) -> None:
    """Keeps away: an instructor whose name stays on the certificates of students."""
    life = Life(store, 7001)
    for person, name in ((life.person, "测试林"), ("teacher-7001", "测试周"), ("teacher-7002", "测试吴")):
        await store.known.person_named(PersonNamedV1(person=person, version=1, name=Text(zh=name)))  # type: ignore[attr-defined]
    line = life._line(2).model_copy(update={"instructors": ("teacher-7001", "teacher-7002")})
    event = AwardGrantedV1(season=SEASON, revision=1, chunk=1, chunks=1, granted_at=1, entries=(line,))
    await issue(event, {}, store)

    await store.certificates.erase(PersonErasedV1(person="teacher-7001", season=SEASON, erased_at=5))  # type: ignore[attr-defined]

    (certificate,) = await store.certificates.of_recipient(life.person)
    assert [each.name.zh for each in certificate.facts.instructors] == ["*", "测试吴"]
    assert certificate.current.name.zh == "测试林"
