"""What the surroundings do wrong is answered with 503 and when to come back, to programs and to people; bugs with 500."""

import errno
from typing import Annotated, Any

import httpx
import nats.errors
import nats.js.errors
import pymongo.errors as mongo
import pytest
from fastapi import Form

from services.judging.main import create_app
from services.judging.settings import JudgingSettings

PASSING = [
    mongo.AutoReconnect("gone"),
    mongo.NetworkTimeout("slow"),
    mongo.NotPrimaryError("stepped down"),
    mongo.ServerSelectionTimeoutError("nobody"),
    mongo.ConnectionFailure("refused"),
    mongo.WaitQueueTimeoutError("all in use"),
    mongo.ExecutionTimeout("MaxTimeMSExpired", 50),
    mongo.WTimeoutError("majority", 64),
    mongo.WriteConcernError("majority", 64),
    mongo.WriteError("no space", 14031),
    mongo.BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]}),
    mongo.OperationFailure("OutOfDiskSpace", 14031),
    mongo.CursorNotFound("gone", 43),
    nats.errors.NoServersError(),
    nats.errors.ConnectionClosedError(),
    nats.errors.TimeoutError(),
    nats.js.errors.ServiceUnavailableError(),
    nats.js.errors.NoStreamResponseError(),
    TimeoutError(),
    ConnectionResetError(errno.ECONNRESET, "reset"),
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EDQUOT, "Disk quota exceeded"),
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.EMFILE, "Too many open files"),
    MemoryError(),
]
BUGS = [KeyError("field"), ValueError("bug"), FileNotFoundError(errno.ENOENT, "no such file"), RuntimeError("bug")]
PAGE = {"Accept": "text/html", "Accept-Language": "en"}


def names(errors: list[Exception]) -> list[str]:
    return [f"{type(error).__name__} {getattr(error, 'errno', '') or ''}".strip() for error in errors]


class Planted:
    """The whole service, with routes that meet whatever fault is planted."""

    def __init__(self) -> None:
        self.app, self.error = create_app(JudgingSettings()), Exception()
        self.app.add_api_route("/judging/v1/planted", self._program, methods=["GET", "PUT"])
        self.app.add_api_route("/judging/planted", self._program, methods=["GET"])
        self.app.add_api_route("/judging/planted", self._form, methods=["POST"])

    async def _program(self) -> None:
        raise self.error

    async def _form(self, text: Annotated[str, Form()]) -> None:
        raise self.error

    async def call(self, error: Exception, method: str, path: str, **request: Any) -> httpx.Response:
        self.error = error
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://laurel.example") as client:
            return await client.request(method, path, **request)


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted()


@pytest.mark.parametrize("error", PASSING, ids=names(PASSING))
async def test_a_fault_of_the_surroundings_says_when_to_come_back(planted: Planted, error: Exception) -> None:
    """Keeps away: a bare 500 while a database changes its leader or a disk is full."""
    for method in ("GET", "PUT"):
        answer = await planted.call(error, method, "/judging/v1/planted")
        assert (answer.status_code, answer.json()["code"]) == (503, "try-again")
        assert int(answer.headers["retry-after"]) > 0

    page = await planted.call(error, "GET", "/judging/planted", headers=PAGE)
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) > 0
    assert "Please try again shortly" in page.text

    form = await planted.call(error, "POST", "/judging/planted", headers=PAGE, data={"text": "typed by hand"})
    assert form.status_code == 503
    assert int(form.headers["retry-after"]) > 0
    assert "typed by hand" in form.text, "what was typed is kept"


@pytest.mark.parametrize("error", BUGS, ids=names(BUGS))
async def test_a_fault_of_ours_is_not_passed_off_as_one_of_the_surroundings(planted: Planted, error: Exception) -> None:
    for path, headers in (("/judging/v1/planted", {}), ("/judging/planted", PAGE)):
        answer = await planted.call(error, "GET", path, headers=headers)
        assert answer.status_code == 500
        assert "retry-after" not in answer.headers
