"""Nothing that cannot be undone is done by one click: every form of a page is known, and each such one asks for its word."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.requests import Request

from services.registration.entrypoints.pages import teams
from shared.errors import Invalid
from shared.web import confirming
from shared.web.confirming import FinalAct, require_word
from shared.web.forms import FormData
from shared.web.translation import Catalog
from tests.contract.test_routes import application
from tests.rights.final_acts import FINAL, TYPED, UNDONE, posted_by_pages
from tests.support.installation import SERVICES
from tests.support.staff_pages import PAGES

LEAST = 10
"""Characters of how an act is undone."""
SHARED = Path(confirming.__file__).parent / "locales"


def unknown(paths: Iterable[str]) -> list[str]:
    """Forms of which nobody has said whether they can be undone."""
    return sorted(set(paths) - FINAL.keys() - UNDONE.keys())


def asks_for_a_word(endpoint: Callable[..., Any]) -> bool:
    """Whether a route, or a function of its module that it calls, checks the word."""
    module = inspect.getmodule(endpoint)
    assert isinstance(module, ModuleType)
    wanted, seen = {endpoint.__name__}, set[str]()
    while wanted:
        name = wanted.pop()
        seen.add(name)
        function = getattr(module, name, None)
        if not inspect.isfunction(function) or inspect.getmodule(function) is not module:
            continue
        called = {
            node.func.id
            for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        if require_word.__name__ in called:
            return True
        wanted |= called - seen
    return False


def test_every_form_of_a_page_is_final_or_says_how_it_is_undone() -> None:
    paths = [row.path for row in posted_by_pages()]
    assert unknown(paths) == []
    assert sorted((FINAL.keys() | UNDONE.keys()) - set(paths)) == [], "a form that there is not"
    assert not FINAL.keys() & UNDONE.keys()
    assert min(map(len, UNDONE.values())) >= LEAST
    assert len(FINAL) > 20


def test_a_new_form_of_which_nobody_said_it_is_found() -> None:
    """The negative control."""
    assert unknown(["/registration/seasons/{season_id}/purge", *FINAL]) == ["/registration/seasons/{season_id}/purge"]


def final_routes(app: FastAPI) -> dict[str, Callable[..., Any]]:
    return {
        route.path: route.endpoint
        for route in iter_route_contexts(app.routes)
        if route.path in FINAL and route.endpoint and "POST" in (route.methods or ())
    }


def test_every_final_form_checks_its_word_on_the_server(tmp_path: Path) -> None:
    """Keeps away: a word that the page asks for and nobody compares."""
    routes: dict[str, Callable[..., Any]] = {}
    for service in SERVICES:
        routes |= final_routes(application(service, tmp_path))
    assert routes.keys() == FINAL.keys()
    assert [path for path, endpoint in routes.items() if path not in TYPED and not asks_for_a_word(endpoint)] == []


def test_a_final_form_without_a_check_is_found() -> None:
    """The negative control: a route that does it at once."""
    assert not asks_for_a_word(teams.leave_team)


def request_in(language: str) -> Request:
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b""}
    return Request({**scope, "headers": [(b"accept-language", language.encode())]})


@pytest.mark.parametrize("act", FinalAct)
def test_an_act_is_done_by_its_word_in_either_language_and_by_nothing_else(act: FinalAct) -> None:
    words = Catalog([SHARED]).both(f"confirm-word-{act}")
    for language, word in words.items():
        require_word(PAGES, request_in(language), FormData({"confirm": f" {word.upper()} "}), act)
        require_word(PAGES, request_in("en"), FormData({"confirm": word}), act)
    for typed in ("", "yes", "是", words["en"][:-1]):
        with pytest.raises(Invalid) as refused:
            require_word(PAGES, request_in("zh"), FormData({"confirm": typed}), act)
        (error,) = refused.value.errors
        assert (error["field"], error["word"]) == ("confirm", words["zh"])


def test_the_words_of_what_takes_away_are_not_those_of_what_gives() -> None:
    """Keeps away: somebody who is used to typing one word and does another thing by it."""
    catalog = Catalog([SHARED])
    giving = {FinalAct.PUBLISH, FinalAct.FINALIZE, FinalAct.ISSUE, FinalAct.OPEN_SEASON, FinalAct.RELEASE}
    for language in ("zh", "en"):
        words = {act: catalog.both(f"confirm-word-{act}")[language] for act in FinalAct}
        gives = {words[act] for act in giving}
        assert not gives & {
            words[act] for act in (FinalAct.ERASE, FinalAct.REVOKE, FinalAct.EXCLUDE, FinalAct.WITHDRAW)
        }
