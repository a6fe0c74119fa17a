"""Login names of children: a school code that is easy to say, and a number. No name, no e-mail."""

import secrets
from collections.abc import Sequence

from services.registration.adapters.accounts import PEOPLE, accounts_of, people_in
from shared.identity import Role
from shared.mongo import Mongo, insert_once

SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 5
SEPARATOR = "+"
NUMBERS = 100_000
TRIES = 50


class Logins:
    """School codes and the login names of people."""

    def __init__(self, mongo: Mongo) -> None:
        self._codes, self._accounts = mongo.database["school_codes"], mongo.database["accounts"]

    async def school_code(self, season: str, unit: str) -> str:
        """The code of a school in a season, made when it is first asked for."""
        key = f"{season}/{unit}"
        for _ in range(TRIES):
            document = await self._codes.find_one({"_id": key})
            if document:
                return str(document["code"])
            code = "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH))
            await insert_once(self._codes, {"_id": key, "code": code})
        raise RuntimeError("no school code is free")

    async def new_login(self, season: str, unit: str) -> str:
        """A login name of this school that nobody has."""
        code = await self.school_code(season, unit)
        for _ in range(TRIES):
            login = f"{code}{SEPARATOR}{secrets.randbelow(NUMBERS):05d}"
            if not await self._accounts.count_documents({"login": login}, limit=1):
                return login
        raise RuntimeError("no login name is free")

    async def of_people(self, people: list[str]) -> dict[str, str]:
        """The login names of these people, as far as they have an account."""
        cursor = self._accounts.find(accounts_of(people), {**PEOPLE, "login": 1})
        logins = {person: document["login"] async for document in cursor for person in people_in(document)}
        return {person: logins[person] for person in people if person in logins}

    async def administrators(self, season: str, units: Sequence[str]) -> list[str]:
        """The accounts that administer one of these schools."""
        if not units:
            return []
        grant = {"s": season, "r": Role.SCHOOL_ADMIN, "u": {"$in": list(units)}}
        cursor = self._accounts.find({"grants": {"$elemMatch": grant}}, {"_id": 1}).sort("_id", 1)
        return [str(document["_id"]) async for document in cursor]


def whole_login(school: str, login: str) -> str:
    """The login name of somebody who types the code of their school apart."""
    plain = login.strip()
    return f"{school.strip().lower()}{SEPARATOR}{plain}" if school.strip() and SEPARATOR not in plain else plain
