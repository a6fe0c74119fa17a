"""Private keys in the database, for replicas that share no disk: written once, sealed under a secret that they share.

Whoever reads the database, or a backup of it, has no key without that secret; whoever has the secret alone has none either.
"""

import secrets
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from bson.binary import Binary
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo import MongoClient, ReturnDocument
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.identity.key_files import Keep, keep_file
from shared.settings import ServiceSettings

FEWEST_CHARACTERS = 32
"""Of a secret: a person's password would be guessed from a copy of the database."""
NONCE = 12
PATIENCE_MS = 30_000


class SealedKeys:
    """The keys of one service, in its own database.

    Raises:
        ValueError: the secret is too short to be one that a machine made.
    """

    def __init__(self, url: str, database: str, secret: str) -> None:
        if len(secret) < FEWEST_CHARACTERS:
            raise ValueError(f"LAUREL_KEYS_SECRET has fewer than {FEWEST_CHARACTERS} characters")
        self._url, self._database = url, database
        self._cipher = AESGCM(sha256(b"laurel/sealed-keys/" + secret.encode()).digest())

    def keep(self, file: Path, make: Callable[[], bytes]) -> bytes:
        """The key of this file's name; if there is none, what the file holds or `make` gives, unless a replica was first.

        Raises:
            ValueError: the key was sealed under another secret.
            PyMongoError: the database did not answer in time.
        """
        name = file.name
        with MongoClient[dict[str, Any]](self._url, timeoutMS=PATIENCE_MS) as client:
            database = client[self._database]
            keys = database["sealed_keys"].with_options(
                read_concern=ReadConcern("majority"), write_concern=WriteConcern(w="majority", j=True)
            )
            held: Any = keys.find_one({"_id": name})
            if held is None:
                made = file.read_bytes() if file.exists() else make()
                held = keys.find_one_and_update(
                    {"_id": name},
                    {"$setOnInsert": {"sealed": Binary(self._seal(name, made))}},
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                )
        return self._open(name, bytes(held["sealed"]))

    def _seal(self, name: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, key, name.encode())

    def _open(self, name: str, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
        except InvalidTag as error:
            raise ValueError(f"{name} in {self._database} was sealed under another LAUREL_KEYS_SECRET") from error


def key_keeper(settings: ServiceSettings, service: str) -> Keep:
    """Where this service keeps its private keys: in the database if there is a secret to seal them under, else in files."""
    secret = settings.keys_secret.get_secret_value()
    if not secret:
        return keep_file
    return SealedKeys(settings.mongo_url, settings.database_prefix + service, secret).keep
