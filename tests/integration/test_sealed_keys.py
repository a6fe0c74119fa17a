"""Replicas on two machines, with a folder each: one installation, one set of keys."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.certificates import main as certificates
from services.registration import main as registration
from shared.identity.key_files import keep_file
from shared.mongo import Mongo
from shared.mongo.sealed_keys import SealedKeys
from tests.support.installation import Servers

SECRET = "a secret that all replicas are given, and nobody else"


@pytest.fixture
async def prefix(servers: Servers) -> AsyncIterator[str]:
    """A name for databases of this test's own, which are gone after it."""
    name = f"keys{uuid4().hex[:8]}"
    yield name
    mongo = Mongo(servers.mongo_url, name)
    for service in ("registration", "certificates"):
        await mongo.client.drop_database(name + service)
    mongo.close()


def replica(servers: Servers, prefix: str, folder: Path, secret: str = SECRET) -> list[str]:
    """The keys that one replica of each service signs with, by their public names."""
    shared: dict[str, Any] = {
        "mongo_url": servers.mongo_url,
        "nats_url": servers.nats_url,
        "database_prefix": prefix,
        "keys_secret": secret,
    }
    first = registration.create_app(
        registration.RegistrationSettings(**shared, registration_signing_key_file=folder / "identity.pem")
    )
    second = certificates.create_app(
        certificates.CertificatesSettings(
            **shared, certificates_keys_folder=folder, certificates_engines_folder=folder / "engines"
        )
    )
    credentials, key = second.state.context.credentials, first.state.context.access.key
    signature = second.state.context.renderer._signer._signer.raw(b"the same document")
    return [key.kid, key.derive("links").hex(), credentials._key.kid, credentials._tokens.kid, signature.hex()]


async def test_replicas_with_folders_of_their_own_sign_with_the_same_keys(
    servers: Servers, prefix: str, tmp_path: Path
) -> None:
    """Keeps away: links that only the machine that made them accepts, and one certificate under two signatures."""
    first, other = tmp_path / "one", tmp_path / "other"

    assert replica(servers, prefix, first) == replica(servers, prefix, other)

    assert list(first.rglob("*.pem")) == list(other.rglob("*.pem")) == []
    mongo = Mongo(servers.mongo_url, f"{prefix}certificates")
    stored = [document async for document in mongo.database["sealed_keys"].find()]
    mongo.close()
    assert {document["_id"] for document in stored} == {"documents.pem", "credentials.pem", "tokens.pem"}
    assert not any(b"PRIVATE KEY" in document["sealed"] for document in stored)


async def test_replicas_that_start_at_once_agree(servers: Servers, prefix: str, tmp_path: Path) -> None:
    """Keeps away: two that both found nothing, and each kept its own."""
    made = iter(range(100))

    def start(number: int) -> bytes:
        keys = SealedKeys(servers.mongo_url, f"{prefix}registration", SECRET)
        return keys.keep(tmp_path / str(number) / "identity.pem", f"key {next(made)}".encode)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(8)))) == 1


async def test_another_secret_opens_nothing(servers: Servers, prefix: str, tmp_path: Path) -> None:
    """Keeps away: a replica that found no key it could read, and made one."""
    replica(servers, prefix, tmp_path)

    with pytest.raises(ValueError, match="sealed under another LAUREL_KEYS_SECRET"):
        replica(servers, prefix, tmp_path, f"another {SECRET}")


def test_a_secret_that_a_person_could_guess_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 32 characters"):
        SealedKeys("mongodb://nowhere", "any", "secret")


async def test_an_installation_that_becomes_a_cluster_takes_its_keys_along(
    servers: Servers, prefix: str, tmp_path: Path
) -> None:
    """Keeps away: every code that is printed already being checked against a key that nobody has any more."""
    file = tmp_path / "credentials.pem"
    former = keep_file(file, lambda: b"of the one machine")
    keys = SealedKeys(servers.mongo_url, f"{prefix}certificates", SECRET)

    assert keys.keep(file, lambda: b"new") == former
    file.unlink()
    assert keys.keep(file, lambda: b"new") == former
