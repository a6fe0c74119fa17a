"""The pages of a season's staff over HTTP, on ports in memory."""

import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI, Request

from services.registration import entrypoints
from services.registration.application.roles import Roles
from shared.http import problems
from shared.identity import Grant, Principal, Role
from shared.identity.authenticator import current_user, require_person, require_user
from shared.web.forms import command_of_form
from shared.web.pages import Pages
from tests.support.fakes.registration import RoleStore
from tests.support.registered import Registered

PAGES = Pages("registration", Path(entrypoints.__file__).parent, "http://test")
SECRET = b"secret"


class StaffPages:
    """The routes of these modules for whoever is named in `who`; `people` are the grants of each."""

    def __init__(self, registered: Registered, modules: Iterable[ModuleType], **more: Any) -> None:
        self.registered = registered
        self.people: dict[str, tuple[Grant, ...]] = {
            "host": (Grant(Role.CITY_ORGANIZER, registered.id),),
            "school": (Grant(Role.SCHOOL_ADMIN, registered.id, "P01"),),
        }
        self.roles = Roles(
            RoleStore(registered.account_store, registered.clock), registered.accounts, registered.account_store
        )
        app = FastAPI()
        problems.install(app, PAGES)
        for module in modules:
            app.include_router(module.router)
        store = registered.store
        app.state.context = SimpleNamespace(
            store=store,
            read=SimpleNamespace(seasons=store.seasons, units=store.units, people=store.people, entries=store.entries),
            judges=registered.judges,
            audit=registered.audit,
            pages=PAGES,
            access=SimpleNamespace(
                accounts=registered.accounts, stored_accounts=registered.account_store, roles=self.roles
            ),
            notifications=SimpleNamespace(post=SimpleNamespace(open=False)),
            settings=SimpleNamespace(public_url="http://test"),
            command_of=lambda request, sent: command_of_form(request, sent, SECRET),
            **more,
        )
        for dependency in (require_user, require_person, current_user):
            app.dependency_overrides[dependency] = self.principal
        self.app = app

    def of(self, who: str) -> Principal:
        return Principal(who, "s", who, "", self.people[who], 0, 2**60)

    async def principal(self, request: Request) -> Principal:
        known = self.of(request.headers["x-who"])
        request.state.principal = known
        return known

    def browsing(self, who: str = "host", language: str = "en") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        headers = {"x-who": who, "accept-language": language}
        return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)


def rows(page: str) -> list[str]:
    """The rows of a list that can be ticked."""
    return re.findall(r'type="checkbox"\s+name="row" value="([^"]+)"', page)


def ticked(page: str) -> list[str]:
    return re.findall(r'name="row" value="([^"]+)" checked', page)


def tabs(page: str) -> dict[str, str]:
    """The tabs of a list with their counts."""
    return dict(re.findall(r'<a\s+href="\?[^"]*"[^>]*>([\w ]+?) <span\s+class="count[^>]*>(\d+)<', page))
