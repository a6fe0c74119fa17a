"""What is promised of the bytes of files, asked of the database and of a real server of objects."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from services.registration.adapters.indexes import INDEXES
from services.registration.adapters.pieces import PIECE, MongoPieces, ObjectPieces, Pieces
from services.registration.adapters.uploads import Uploads
from shared.errors import InvalidState, NotFound, Unavailable
from shared.mongo import Mongo
from shared.objects import Bucket
from shared.settings import ServiceSettings
from tests.conformance.conftest import database
from tests.support.refusals import refused

pytestmark = pytest.mark.servers
FILE = bytes(range(256)) * (PIECE // 256) + b"and a little more"


@pytest.fixture
async def mongo(servers: Any) -> AsyncIterator[Mongo]:
    async for made in database(servers.mongo_url, INDEXES):
        yield made


@pytest.fixture
def bucket(objects: Any) -> Bucket:
    return Bucket(objects.settings(ServiceSettings(database_prefix=f"c{uuid4().hex[:8]}_")))


@pytest.fixture(params=["database", "bucket"])
def pieces(request: pytest.FixtureRequest, mongo: Mongo) -> Pieces:
    in_database = MongoPieces(mongo)
    if request.param == "database":
        return in_database
    return ObjectPieces(request.getfixturevalue("bucket"), in_database)


async def whole(pieces: Pieces | Uploads, key: str, start: int = 0) -> bytes:
    return b"".join([data async for data in pieces.content(key, start)])


async def sent(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def put_file(pieces: Pieces, key: str) -> None:
    await pieces.put(key, PIECE, FILE[PIECE:])
    await pieces.put(key, 0, FILE[:PIECE])


async def test_a_file_comes_back_as_it_was_from_any_byte_on(pieces: Pieces) -> None:
    """Keeps away: bytes out of order, and a download that goes on at the wrong place."""
    await pieces.check()
    await put_file(pieces, "a")
    for start in (0, 1, PIECE - 1, PIECE, PIECE + 5, len(FILE)):
        assert await whole(pieces, "a", start) == FILE[start:], start
    assert await whole(pieces, "b") == b""


async def test_a_piece_that_is_sent_again_replaces_itself(pieces: Pieces) -> None:
    """Keeps away: a file that grows by what was sent twice."""
    await pieces.put("a", 0, b"broken off")
    await pieces.put("a", 0, b"whole")
    assert await whole(pieces, "a") == b"whole"


async def test_what_is_removed_is_gone_and_nothing_else(pieces: Pieces) -> None:
    """Keeps away: files of the erased that stay, and neighbours that go with them."""
    for key in ("a", "a.copy", "ab"):
        await put_file(pieces, key)
    await pieces.remove(["a", "a.copy", "never there"])
    await pieces.remove(["a"])
    assert [await whole(pieces, key) for key in ("a", "a.copy")] == [b"", b""]
    assert await whole(pieces, "ab") == FILE


async def test_uploads_keep_their_promises_wherever_the_bytes_lie(mongo: Mongo, pieces: Pieces) -> None:
    """Keeps away: uploads that only work in the database: resumed, hashed, refused beyond their length, removed with their copy."""
    uploads = Uploads(mongo, pieces)
    upload = await uploads.begin("s", "e", "account", "a.txt", len(FILE))
    assert await uploads.write(upload, 0, sent(FILE[:1000])) == 1000
    with refused("upload-offset", InvalidState):
        await uploads.write(upload, 0, sent(FILE))
    with refused("upload-too-long", InvalidState):
        await uploads.write(upload, 1000, sent(FILE))
    assert await uploads.write(await uploads.find(upload.id), 1000, sent(FILE[1000:])) == len(FILE)
    digest, _, head = await uploads.inspect(await uploads.find(upload.id))
    assert (digest, head) == (sha256(FILE).hexdigest(), FILE[: len(head)])
    await uploads.keep(f"{upload.id}.copy", sent(b"old and longer"))
    assert await uploads.keep(f"{upload.id}.copy", sent(b"cleaned")) == 7
    assert await whole(uploads, f"{upload.id}.copy") == b"cleaned"

    await uploads.remove(upload.id)

    assert await whole(uploads, upload.id) + await whole(uploads, f"{upload.id}.copy") == b""
    with refused("no-such-upload", NotFound):
        await uploads.find(upload.id)


async def test_files_from_before_there_was_a_bucket_are_still_there(mongo: Mongo, bucket: Bucket) -> None:
    """Keeps away: works that vanish on the day on which the setting is changed."""
    await put_file(MongoPieces(mongo), "old")
    pieces = ObjectPieces(bucket, MongoPieces(mongo))
    assert await whole(pieces, "old", PIECE) == FILE[PIECE:]
    await pieces.remove(["old"])
    assert await whole(MongoPieces(mongo), "old") == b""


@pytest.mark.parametrize(
    "wrong", [{"works_endpoint": "http://127.0.0.1:9"}, {"works_secret": SecretStr("not the secret")}]
)
async def test_a_bucket_that_is_away_or_refuses_is_said(mongo: Mongo, objects: Any, wrong: dict[str, Any]) -> None:
    """Keeps away: a service that starts without its files, and a bare error for what passes by itself."""
    settings = objects.settings(ServiceSettings(database_prefix=f"c{uuid4().hex[:8]}_")).model_copy(update=wrong)
    pieces = ObjectPieces(Bucket(settings), MongoPieces(mongo))
    for asked in (
        pieces.check,
        lambda: pieces.put("a", 0, b""),
        lambda: whole(pieces, "a"),
        lambda: pieces.remove("a"),
    ):
        with refused("works-away", Unavailable):
            await asked()
