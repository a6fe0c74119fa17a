"""A whole installation whose works lie in a bucket: sent, read, and gone with whoever made them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pymongo import MongoClient

from laurel.client import Client
from shared.objects import Bucket
from shared.settings import ServiceSettings
from tests.integration.test_works import PDF, rules
from tests.support.installation import SECRET, Servers, ThreeProcesses
from tests.support.objects import ObjectServer
from tests.support.people import student
from tests.support.seasons import open_season
from tests.support.waiting import eventually


@pytest.fixture
def running(tmp_path: Path, own_servers: Servers, objects: ObjectServer) -> Iterator[ThreeProcesses]:
    settings = objects.settings(ServiceSettings())
    processes = ThreeProcesses(tmp_path, own_servers)
    processes.environment_of["registration"] = {
        "LAUREL_WORKS_BUCKET": settings.works_bucket,
        "LAUREL_WORKS_ENDPOINT": settings.works_endpoint,
        "LAUREL_WORKS_KEY_ID": settings.works_key_id,
        "LAUREL_WORKS_SECRET": settings.works_secret.get_secret_value(),
    }
    try:
        processes.start()
        yield processes
    finally:
        processes.stop()


def test_a_work_is_sent_read_and_erased_in_the_bucket(
    running: ThreeProcesses, own_servers: Servers, objects: ObjectServer
) -> None:
    """Keeps away: an erasure that forgets what lies outside of the database, and works that still go into it."""
    bucket = Bucket(objects.settings(ServiceSettings()))
    assert list(bucket.names_now("")) == [], "what is tried at the start is removed"
    with closing(Client(running.url, "en", patience=30)) as operator:
        operator.sign_in_as_operator(SECRET)
        season = open_season(operator, rules())
        with student(running, season, "P01", birth="2010-01") as pupil:
            entry = pupil.registers(season, grade=6)
            address = f"/registration/entries/{season}/{entry}/files"
            assert pupil.post(address, files={"file": ("work.pdf", PDF)}).status_code == 303

            names = list(bucket.names_now(""))
            (upload,) = {name.partition("/")[0] for name in names}
            assert len(names) == 2, "two megabytes each"
            with MongoClient[dict[str, object]](own_servers.mongo_url) as client:
                assert client["registration"]["upload_pieces"].count_documents({}) == 0
            assert pupil.get(f"{address}/{upload}").content == PDF
            login = pupil.get("/registration/me/data.json").json()["account"]["login"]

            assert pupil.post("/registration/me/data/erasure", {"login": login}).status_code == 303

            def gone() -> None:
                assert list(bucket.names_now("")) == []

            eventually(gone)
