"""A first way in for a student whom an instructor named: for nobody else's student."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import Request

from services.registration.application.forms import Applicant
from services.registration.entrypoints.pages import students
from shared.errors import LaurelError, NotAllowed, NotFound
from shared.identity import Grant, Principal, Role
from tests.support.refusals import refused
from tests.support.registered import mate, registered

TEACHER = "teacher"

CASES: list[tuple[str, int, str, bool, type[LaurelError], str]] = [
    ("somebody else", 1, "P01", False, NotFound, "no-such-member"),
    (TEACHER, 0, "P01", False, NotFound, "no-such-member"),
    (TEACHER, 2, "P01", False, NotFound, "no-such-member"),
    (TEACHER, 1, "P02", False, NotAllowed, "role-needed"),
    (TEACHER, 1, "P01", True, NotAllowed, "slip-by-school"),
]


@pytest.mark.parametrize(("account", "member", "unit", "has_account", "kind", "code"), CASES)
async def test_an_instructor_lets_in_whom_they_named_and_nobody_else(
    account: str, member: int, unit: str, has_account: bool, kind: type[LaurelError], code: str
) -> None:
    each_registered = await registered()
    entry = await each_registered.drafted(Applicant(TEACHER, "", "P01"), mates=(mate(),))

    class Logins:
        async def of_people(self, people: list[str]) -> dict[str, str]:
            return dict.fromkeys(people, "anna") if has_account else {}

    context: Any = SimpleNamespace(
        store=each_registered.store,
        read=SimpleNamespace(entries=each_registered.entries, people=each_registered.people),
        access=SimpleNamespace(
            logins=Logins(),
            stored_accounts=None,
            accounts=each_registered.accounts,
            counters=each_registered.counters,
            key=SimpleNamespace(derive=str.encode),
        ),
        pages=None,
    )
    principal = Principal(account, "s", account, "", (Grant(Role.INSTRUCTOR, each_registered.id, unit),), 0, 0)
    with refused(code, kind):
        await students.slip(context, cast(Request, None), each_registered.id, entry.entry.entry, member, principal)
