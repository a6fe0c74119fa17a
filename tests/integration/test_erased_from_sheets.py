"""Whoever is erased is named no more by sheets of classes that wait for an answer."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from services.registration.adapters.erasures import MongoRemains
from services.registration.adapters.jobs import Jobs
from services.registration.application.classes import Tally
from services.registration.domain.people import Name
from services.registration.domain.sent_again import Difference, NearName
from shared.mongo import Mongo
from tests.support.installation import Servers


@pytest.fixture
async def mongo(servers: Servers) -> AsyncIterator[Mongo]:
    each_mongo = Mongo(servers.mongo_url, f"sheets{uuid4().hex[:8]}")
    yield each_mongo
    await each_mongo.client.drop_database(each_mongo.database.name)
    each_mongo.close()


async def test_a_sheet_that_waits_names_nobody_who_was_erased(mongo: Mongo) -> None:
    """Keeps away: a child's name in the questions of a sheet, a month after everything of it was to be erased."""
    jobs, nothing = Jobs(mongo), Any
    remains = MongoRemains(mongo, nothing, nothing, nothing)  # type: ignore[arg-type]
    near = [NearName(2, "m1_name_zh", "测试林小雨", "测试林小语"), NearName(3, "m1_name_zh", "测试安娜", "测试安妮")]
    differing = [
        Difference(4, "title", "灯塔", "新灯塔"),
        Difference(4, "m2_name_zh", "", "测试 林小雨"),
        Difference(5, "i1_name", "Lin Xiaoyu", "测试老师"),
    ]
    waiting = {}
    for season in ("S", "other"):
        job = await jobs.begin(season, "P01", "teacher", "class.xlsx", "u1")
        await jobs.progress(job.id, 5, Tally(near=near, differences=differing))
        waiting[season] = job.id
    plain = await jobs.begin("S", "P01", "teacher", "class.xlsx", "u2")

    await remains.forget_named("S", Name("测试林小雨", "Lin Xiaoyu"))

    kept = await jobs.find("S", waiting["S"])
    assert [line["kept"] for line in kept.near] == ["测试安娜"]
    assert [line["column"] for line in kept.differences] == ["title"]
    assert len((await jobs.find("other", waiting["other"])).near) == len(near)
    assert (await jobs.find("S", plain.id)).near == ()
