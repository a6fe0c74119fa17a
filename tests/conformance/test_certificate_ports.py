"""The ports of certificates."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from services.certificates.adapters.indexes import INDEXES, OUTBOXES
from services.certificates.adapters.store import MongoCertificates, MongoKnown
from services.certificates.application.ports import Named
from services.certificates.domain.documents import Certificate, Change, ChangeKind, Facts, Version
from shared.errors import Unavailable
from shared.events.base import IntegrationEvent
from shared.events.certificates import CertificateIssuedV1, CertificateRevokedV1
from shared.events.registration import PersonErasedV1, PersonNamedV1, SeasonAmendedV1, SeasonOpenedV1, UnitRecordedV1
from shared.season.text import Text
from tests.conformance.conftest import database, told_in
from tests.support.fakes.certificates import Issuing
from tests.support.refusals import refused
from tests.support.rules import season_rules

RULES = season_rules()
S = RULES.id


@dataclass
class Ports:
    """What is asked: the ports, wherever they keep what they are given."""

    known: Any
    certificates: Any
    told: Callable[[], Awaitable[list[IntegrationEvent]]]


@pytest.fixture
async def ports(mongo_url: str | None) -> AsyncIterator[Ports]:
    if mongo_url is None:
        fake = Issuing(1_750_000_000_000_000)

        async def events() -> list[IntegrationEvent]:
            return fake.told.events

        yield Ports(fake.known, fake.certificates, events)
        return
    async for mongo in database(mongo_url, INDEXES):

        async def stored() -> list[IntegrationEvent]:
            return await told_in(mongo, OUTBOXES)  # noqa: B023 - there is one

        yield Ports(MongoKnown(mongo.database), MongoCertificates(mongo), stored)


FACTS = Facts(
    season_title=Text(zh="赛季"),
    award_title=Text(zh="一等奖"),
    round_title=Text(zh="评审"),
    track_title=Text(zh="绘本"),
    division_title=None,
    work="潮汐",
    unit_name=Text(zh="一校"),
    sponsors=(Text(zh="甲"), Text(zh="乙")),
    approval_number="03",
    statement=Text(zh="声明"),
    best=None,
    body=Text(en="body"),
    offline=True,
)


def certificate(number: int = 1, **changes: Any) -> Certificate:
    version = Version(1, Text(zh="安娜", en="Anna"), 1, 5, "", FACTS, "landscape-1", "")
    base = Certificate(
        id=f"{S}/a/{number}",
        season=S,
        kind="student",
        award="a",
        recipient=f"p{number}",
        serial=f"X-{number}",
        token=f"t{number}",
        code="CODE",
        entry="E1",
        unit="P01",
        track="A",
        division="P",
        granted_at=5,
        time_zone="Asia/Shanghai",
        versions=(version,),
        results=2,
    )
    return replace(base, **changes)


async def test_what_registration_told_counts_in_its_newest_version(ports: Ports) -> None:
    known, amended = ports.known, season_rules(sponsors=[{"zh": "另一个"}])
    assert await known.rules(S) is None
    await known.season_told(SeasonAmendedV1(season=S, version=2, mode="live", amended_at=2, reason="r", rules=amended))
    await known.season_told(SeasonOpenedV1(season=S, version=1, mode="live", opened_at=1, rules=RULES))
    for version, name in ((2, "新"), (1, "旧")):
        told = {"season": S, "unit": "P01", "version": version, "level": "school", "ordinal": 1, "name": {"zh": name}}
        await known.unit_recorded(UnitRecordedV1.model_validate(told))
        await known.person_named(PersonNamedV1(person="p1", version=version, name=Text(zh=name)))

    assert await known.rules(S) == amended
    assert await known.unit_names(S, ["P01", "P02"]) == {"P01": Text(zh="新")}
    assert await known.unit_names("other", ["P01"]) == {}
    assert await known.names(["p1", "p2"]) == {"p1": Named(Text(zh="新"), 2)}


async def test_a_certificate_is_issued_once_and_comes_back_as_it_was(ports: Ports) -> None:
    first, second = certificate(1), certificate(2, recipient="p1", kind="judge")

    assert await ports.certificates.issue([first, second]) == 2
    assert await ports.certificates.issue([certificate(1, code="OTHER", token="t9"), certificate(3)]) == 1

    assert await ports.certificates.by_serial("X-1") == first
    assert await ports.certificates.by_serial("X-9") is None
    assert await ports.certificates.by_serials(S, ["X-1", "X-2", "X-9"]) == {"X-1": first, "X-2": second}
    assert await ports.certificates.by_serials("other", ["X-1"]) == {}
    assert [each async for each in ports.certificates.by_lists(S)] == [second]
    assert [each async for each in ports.certificates.by_lists("other")] == []
    assert await ports.certificates.of_ids([first.id, "none"]) == {first.id: first}
    assert await ports.certificates.of_recipient("p1") == [first, second]
    told = await ports.told()
    assert all(isinstance(event, CertificateIssuedV1) for event in told)
    assert sorted(event.model_dump()["serial"] for event in told) == ["X-1", "X-3"], "lists are told to nobody"


async def test_no_number_and_no_address_is_given_twice(ports: Ports) -> None:
    await ports.certificates.issue([certificate(1)])
    for other in (certificate(2, serial="X-1"), certificate(2, token="t1")):
        with pytest.raises(Exception, match=r"(?i)dup|t1|X-1|/a/2"):
            await ports.certificates.issue([other])
    assert await ports.certificates.of_ids([f"{S}/a/2"]) == {}


async def test_a_certificate_is_renewed_from_the_version_that_was_read(ports: Ports) -> None:
    await ports.certificates.issue([certificate(1)])
    read = (await ports.certificates.of_ids([f"{S}/a/1"]))[f"{S}/a/1"]
    version = read.next_version(7, "a slip", name=Text(zh="安妮"), name_version=2)
    change = Change(ChangeKind.REVOKED, 8, "copied", "org")
    told = CertificateRevokedV1.model_validate(
        {"season": S, "certificate": read.id, "serial": "X-1", "kind": "student", "award": "a", "recipient": "p1"}
        | {"version": 2, "revoked_at": 8, "reason": "copied"}
    )

    await ports.certificates.renew(read, [told], version=version, change=change, results=3)

    after = await ports.certificates.by_serial("X-1")
    assert after == replace(read, versions=(*read.versions, version), changes=(change,), revision=2, results=3)
    assert after.state == "revoked"
    with refused("changed-meanwhile", Unavailable):
        await ports.certificates.renew(read, [told], version=version)
    await ports.certificates.renew(after, [], change=Change(ChangeKind.RESTORED, 9, ""))
    restored = await ports.certificates.by_serial("X-1")
    assert (restored.state, restored.results, restored.revision) == ("corrected", 3, 3)
    assert (await ports.told())[1:] == [told]


async def test_numbers_of_lists_follow_each_other_and_a_list_keeps_its_own(ports: Ports) -> None:
    numbers = ports.certificates.numbers
    assert await numbers(S, "b1", {"judge": 2, "plaque": 0}) == {"judge": 1, "plaque": 1}
    assert await numbers(S, "b2", {"judge": 3, "plaque": 1}) == {"judge": 3, "plaque": 1}
    assert await numbers(S, "b1", {"judge": 2, "plaque": 0}) == {"judge": 1, "plaque": 1}
    assert await numbers(S, "b3", {"judge": 1}) == {"judge": 6}
    assert await numbers("other", "b1", {"judge": 1}) == {"judge": 1}


async def test_whose_certificates_show_an_older_name_is_found(ports: Ports) -> None:
    await ports.certificates.issue([certificate(1), certificate(2)])
    for person in ("p1", "p2", "p3"):
        await ports.known.person_named(PersonNamedV1(person=person, version=1, name=Text(zh="安娜")))
    assert await ports.certificates.outdated() == {}
    for person in ("p1", "p3"):
        await ports.known.person_named(PersonNamedV1(person=person, version=2, name=Text(zh="安妮")))
    assert await ports.certificates.outdated() == {"p1": Named(Text(zh="安妮"), 2)}
    (read,) = await ports.certificates.of_recipient("p1")
    await ports.certificates.renew(read, [], version=read.next_version(7, "", name=Text(zh="安妮"), name_version=2))
    assert await ports.certificates.outdated() == {}


async def test_whoever_is_erased_is_on_no_version_and_never_outdated(ports: Ports) -> None:
    await ports.certificates.issue([certificate(1), certificate(2)])
    (read,) = await ports.certificates.of_recipient("p1")
    await ports.certificates.renew(read, [], version=read.next_version(7, "", name=Text(zh="安妮"), name_version=2))
    for _ in range(2):
        await ports.certificates.erase(PersonErasedV1(person="p1", season=S, erased_at=9))
    await ports.known.person_named(PersonNamedV1(person="p1", version=3, name=Text(zh="*", en="*")))
    (erased,) = await ports.certificates.of_recipient("p1")
    assert [version.name for version in erased.versions] == [Text(zh="*", en="*")] * 2
    assert erased.erased
    assert await ports.certificates.outdated() == {}
    (other,) = await ports.certificates.of_recipient("p2")
    assert not other.erased
