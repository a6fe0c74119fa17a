"""A bucket of objects, spoken to by the S3 protocol: for files of works, where they are not to lie in the database (decision 050)."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from shared.errors import Unavailable
from shared.settings import ServiceSettings

if TYPE_CHECKING:
    from obstore.store import S3Config

RETRIES, RETRY_SECONDS = 3, 10
REQUEST, CONNECT = "30s", "5s"
AT_ONCE = 500
"""Objects removed by one request; the protocol takes a thousand."""
PROBE_FOLDER = "probe/"
PROBE = f"{PROBE_FOLDER}0"


class Bucket:
    """The objects of one installation: in its bucket, under a prefix of their own.

    Each method raises Unavailable where the bucket does not answer or refuses.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self.name, self._prefix = settings.works_bucket, f"{settings.database_prefix}works/"
        self._store = S3Store(
            settings.works_bucket,
            config=_config(settings),
            client_options={
                "allow_http": settings.works_endpoint.startswith("http://"),
                "timeout": REQUEST,
                "connect_timeout": CONNECT,
            },
            retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        )

    async def put(self, name: str, data: bytes) -> None:
        """Store an object, in the place of an earlier one."""
        with _answering():
            await obstore.put_async(self._store, self._prefix + name, data, use_multipart=False)

    async def get(self, name: str) -> bytes | None:
        """The whole object; None where there is none."""
        with _answering():
            try:
                answer = await obstore.get_async(self._store, self._prefix + name)
                return bytes(await answer.bytes_async())
            except FileNotFoundError:
                return None

    async def names(self, folder: str) -> AsyncIterator[str]:
        """The names below this folder (`…/`; of all without one), in order."""
        with _answering():
            async for part in obstore.list(self._store, self._prefix + folder, chunk_size=AT_ONCE):
                for item in part:
                    yield item["path"].removeprefix(self._prefix)

    async def remove(self, names: Iterable[str]) -> None:
        """Remove these; one that is gone is no error."""
        for some in _some([self._prefix + name for name in names]):
            with _answering():
                await obstore.delete_async(self._store, some)

    async def check(self) -> None:
        """Whether objects can be written, listed, read and removed here."""
        await self.put(PROBE, b"laurel")
        there = [name async for name in self.names(PROBE_FOLDER)]
        if PROBE not in there or await self.get(PROBE) != b"laurel":
            raise Unavailable("works-away")
        await self.remove([PROBE])

    def put_now(self, name: str, data: bytes) -> None:
        """`put`, for a program without an event loop; so are the three below."""
        with _answering():
            obstore.put(self._store, self._prefix + name, data, use_multipart=False)

    def get_now(self, name: str) -> bytes | None:
        with _answering():
            try:
                return bytes(obstore.get(self._store, self._prefix + name).bytes())
            except FileNotFoundError:
                return None

    def names_now(self, folder: str) -> Iterator[str]:
        with _answering():
            for part in obstore.list(self._store, self._prefix + folder, chunk_size=AT_ONCE):
                for item in part:
                    yield item["path"].removeprefix(self._prefix)

    def remove_now(self, names: Iterable[str]) -> None:
        for some in _some([self._prefix + name for name in names]):
            with _answering():
                obstore.delete(self._store, some)


def _config(settings: ServiceSettings) -> "S3Config":
    config: S3Config = {
        "region": settings.works_region,
        "virtual_hosted_style_request": settings.works_virtual_hosts,
    }
    if settings.works_endpoint:
        config["endpoint"] = settings.works_endpoint
    if settings.works_key_id:  # without one that of the machine
        config["access_key_id"] = settings.works_key_id
        config["secret_access_key"] = settings.works_secret.get_secret_value()
    return config


def bucket_of(settings: ServiceSettings) -> Bucket | None:
    """The bucket that the settings name; None where files lie in the database."""
    return Bucket(settings) if settings.works_bucket else None


def piece_name(key: str, offset: int) -> str:
    """The object that holds the bytes of a file from this offset on."""
    return f"{key}/{offset:015d}"


def offset_of(name: str) -> int:
    """Where in its file the object begins."""
    return int(name.rpartition("/")[2])


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable("works-away") from error


def _some(names: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(names), AT_ONCE):
        yield names[first : first + AT_ONCE]
