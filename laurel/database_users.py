"""Prepares a fresh MongoDB: the replica set, and one user a service who may use its own database and no other.

A database without users answers its own host alone (the localhost exception), so this runs there.
"""

import time
from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from laurel.errors import UserError

PATIENCE_SECONDS = 90.0
UNAUTHORIZED = 13
ALREADY_INITIALIZED = 23
DUPLICATE_USER = 51003

Client = MongoClient[dict[str, Any]]


def prepare_database(url: str, member: str, passwords: Mapping[str, str]) -> None:
    """Initiate the replica set as `member`, make the user that `url` names, and a user for each service.

    Running it again changes nothing but passwords.

    Raises:
        Trouble: MongoDB did not answer or did not become primary in time.
    """
    parsed = parse_uri(url)
    with Client("mongodb://127.0.0.1:27017/?directConnection=true", serverSelectionTimeoutMS=2000) as local:
        _until(lambda: _primary(local, member))
        _make_administrator(local, str(parsed["username"]), str(parsed["password"]))
    with Client(url, serverSelectionTimeoutMS=20_000) as administrator:
        for service, password in passwords.items():
            _make_user(administrator, service, password)


def _until(look: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not look():
        if time.monotonic() > deadline:
            raise UserError("server-unreachable", reason="mongo")
        time.sleep(0.3)


def _primary(client: Client, member: str) -> bool:
    try:
        hello = client.admin.command("hello")
        if hello.get("isWritablePrimary"):
            return True
        if not hello.get("setName"):
            members = [{"_id": 0, "host": member}]
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
    except OperationFailure as error:
        if error.code not in (ALREADY_INITIALIZED, UNAUTHORIZED):
            raise
    except PyMongoError:
        return False
    return False


def _make_administrator(client: Client, user: str, password: str) -> None:
    try:
        client.admin.command("createUser", user, pwd=password, roles=["root"])
    except OperationFailure as error:
        if error.code not in (UNAUTHORIZED, DUPLICATE_USER):
            raise


def _make_user(client: Client, service: str, password: str) -> None:
    roles = [{"role": "readWrite", "db": service}]
    try:
        client[service].command("createUser", service, pwd=password, roles=roles)
    except OperationFailure as error:
        if error.code != DUPLICATE_USER:
            raise
        client[service].command("updateUser", service, pwd=password, roles=roles)
