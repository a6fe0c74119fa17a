"""What the stores refuse by themselves, asked on a real MongoDB."""

from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from services.certificates.adapters import templates as template_store
from services.certificates.adapters.templates import Templates
from services.registration.adapters.drafts import MongoDrafts
from services.registration.adapters.indexes import INDEXES
from services.registration.adapters.jobs import Jobs
from services.registration.adapters.uploads import Upload, Uploads
from services.registration.adapters.webhooks import Webhooks
from services.registration.application.classes import Tally
from services.registration.domain.class_sheet import ImportState
from shared.commands import Command
from shared.errors import Invalid, InvalidState, LaurelError, NotFound, Unavailable
from shared.http.outgoing import Outgoing
from shared.mongo import Mongo
from tests.support.installation import Servers
from tests.support.refusals import refused


@pytest.fixture
async def mongo(servers: Servers) -> AsyncIterator[Mongo]:
    each_mongo = Mongo(servers.mongo_url, f"refusing{uuid4().hex[:8]}")
    await each_mongo.ensure(INDEXES)
    yield each_mongo
    await each_mongo.client.drop_database(each_mongo.database.name)
    each_mongo.close()


async def test_a_draft_is_found_by_whoever_writes_it(mongo: Mongo) -> None:
    drafts = MongoDrafts(mongo.database)
    draft = await drafts.add(Command.once(b""), "anna", "", "format: season/1", 5)
    assert await drafts.find(draft.id, "anna") == draft
    for name, account in ((draft.id, "ben"), ("none", "anna")):
        with refused("no-such-draft", NotFound):
            await drafts.find(name, account)


async def test_an_import_is_applied_once_and_after_it_was_checked(mongo: Mongo) -> None:
    jobs = Jobs(mongo)
    job = await jobs.begin("s", "P01", "anna", "class.xlsx", "u1")
    for season, name in (("t", job.id), ("s", "none")):
        with refused("no-such-import", NotFound):
            await jobs.find(season, name)
    with refused("import-not-ready"):
        await jobs.apply(job, "right-rows")
    await jobs.progress(job.id, 3, Tally(done=3, right=2, fallen=1))
    await jobs.end(job.id, ImportState.CHECKED)
    await jobs.apply(job, "right-rows")
    with refused("import-not-ready"):
        await jobs.apply(job, "right-rows")
    stored_job = await jobs.find("s", job.id)
    assert (stored_job.state, stored_job.mode, stored_job.progress["right"]) == ("applying", "right-rows", 2)


async def test_an_address_is_kept_once_however_often_its_form_is_sent(mongo: Mongo) -> None:
    hooks, command = Webhooks(mongo, Outgoing(inside=True)), Command.once(b"")
    first, again = [await hooks.add(command, "s", "http://127.0.0.1:8999/x", ()) for _ in range(2)]
    other = await hooks.add(Command.once(b""), "s", "http://127.0.0.1:8999/x", ())
    assert (again, other.secret != first.secret) == (first, True)
    assert {hook.id for hook in await hooks.of("s")} == {first.id, other.id}


async def test_a_delivery_is_sent_again_in_its_own_season(mongo: Mongo) -> None:
    hooks = Webhooks(mongo, Outgoing(inside=True))
    hook = await hooks.add(Command.once(b""), "s", "http://127.0.0.1:8999/x", ())
    await hooks.tell("s", "k1", "entry-approved", {}, 5)
    await hooks.again("s", f"{hook.id}/k1")
    for season, delivery in (("t", f"{hook.id}/k1"), ("s", "none")):
        with refused("no-such-delivery", NotFound):
            await hooks.again(season, delivery)


@pytest.mark.parametrize(("url", "code"), [
    ("ftp://example.org", "webhook-address"),
    ("http://", "webhook-address"),
    ("http://user@example.org/", "webhook-address"),
    ("http://example.org/" + "x" * 500, "webhook-address"),
    ("http://127.0.0.1/", "webhook-inside"),
    ("http://[::1]/", "webhook-inside"),
    ("http://10.0.0.1/", "webhook-inside"),
    ("http://169.254.169.254/", "webhook-inside"),
])  # fmt: skip
async def test_an_address_lies_outside(mongo: Mongo, url: str, code: str) -> None:
    with refused(code, Invalid):
        await Webhooks(mongo, Outgoing(inside=False)).add(Command.once(b""), "s", url, ())
    assert await mongo.database["webhooks"].count_documents({}) == 0


async def parts(*content: bytes) -> AsyncIterator[bytes]:
    for part in content:
        yield part


async def begun(mongo: Mongo) -> tuple[Uploads, Upload]:
    uploads = Uploads(mongo)
    return uploads, await uploads.begin("s", "E1", "anna", "a.pdf", 6)


async def test_an_upload_goes_on_where_it_ended_and_no_further(mongo: Mongo) -> None:
    uploads, upload = await begun(mongo)
    assert await uploads.write(upload, 0, parts(b"abc")) == 3
    with refused("upload-incomplete", Invalid):
        await uploads.inspect(upload)
    for offset in (0, 4):
        with refused("upload-offset", offset=3):
            await uploads.write(upload, offset, parts(b"x"))
    with refused("upload-too-long", size=6):
        await uploads.write(upload, 3, parts(b"defg"))
    assert await uploads.write(await uploads.find(upload.id), 3, parts(b"def")) == 6
    digest, _, head = await uploads.inspect(upload)
    assert (len(digest), head) == (64, b"abcdef")
    await uploads.remove(upload.id)
    with refused("no-such-upload", NotFound):
        await uploads.find(upload.id)


async def test_one_request_at_a_time_sends_a_file(mongo: Mongo, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads, upload = await begun(mongo)
    monkeypatch.setattr("services.registration.adapters.uploads.LEASE_WAIT", 0)

    async def while_writing() -> AsyncIterator[bytes]:
        with refused("upload-locked", Unavailable):
            await uploads.write(upload, 0, parts(b"xyz"))
        yield b"abc"

    assert await uploads.write(upload, 0, while_writing()) == 3


CHOICES: list[tuple[str, type[LaurelError], Callable[[Templates], Awaitable[Any]]]] = [
    ("no-such-template", NotFound, lambda templates: templates.find("none")),
    ("no-such-template", NotFound, lambda templates: templates.newest("s", "none")),
    ("no-such-template", NotFound, lambda templates: templates.picture("none")),
    ("no-such-template", NotFound, lambda templates: templates.choose("s", "student", "other/seal@1")),
    ("picture-name", InvalidState, lambda templates: templates.add_picture("s", "../seal.png", b"x")),
    ("picture-name", InvalidState, lambda templates: templates.add_picture("s", "seal.exe", b"x")),
    (
        "file-too-large",
        InvalidState,
        lambda templates: templates.add_picture("s", "seal.png", bytes(template_store.MOST_FILE + 1)),
    ),
]


@pytest.mark.parametrize("number", range(len(CHOICES)))
async def test_a_template_and_its_pictures_are_of_the_season(mongo: Mongo, number: int) -> None:
    templates = Templates(mongo)
    await templates.keep_built_in()
    await templates.save("other", "seal", "#let x = 1", "org")
    code, kind, ask = CHOICES[number]
    with refused(code, kind):
        await ask(templates)


async def test_two_who_save_a_template_at_once_make_two_versions_or_one_hears_of_it(mongo: Mongo) -> None:
    templates = Templates(mongo)
    await templates.keep_built_in()
    first = await templates.save("s", "seal", "#let x = 1", "org")
    assert first.number == 1

    async def nothing_yet(*_: Any, **__: Any) -> None:
        return None

    stale = Templates(mongo)
    stored = stale._templates
    stale._templates = SimpleNamespace(  # type: ignore[assignment]
        find_one=lambda wanted, **more: nothing_yet() if "name" in wanted else stored.find_one(wanted, **more),
        update_one=stored.update_one,
    )
    with refused("changed-meanwhile"):
        await stale.save("s", "seal", "#let x = 2", "org")
    assert (await templates.newest("s", "seal")).source == "#let x = 1"
