"""Every page is looked at by axe: one that nobody put on the list is named here."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from tests.contract.test_routes import application
from tests.support.pages import Made, all_pages, look_at
from tests.support.stage import Stage

FOLDERS = ("/docs", "/static", "/v1", "/.well-known")
FILES = (".csv", ".json", ".ics", ".atom", ".pdf", ".xlsx", ".yaml")
NO_PAGES = {
    "/registration/entries/{season_id}/{entry}/files/{upload}": "a file that somebody sent",
    "/registration/session": "leads on with a new token",
    "/judging/seasons/{season_id}/objections/{filed_id}/evidence/{number}": "a file that somebody sent",
    "/judging/seasons/{season_id}/chief/live": "a part of the chief judge's page",
    "/certificates/achievements/{season}/{achievement}": "for programs that check credentials",
    "/certificates/status/{season}/{letters}/{block}/{version}": "for programs that check credentials",
    "/vc/{token}": "for programs that check credentials",
    "/certificates": "leads to the page with a slash",
    **{f"/{service}/{name}": "for whoever runs it" for service in ("registration", "judging", "certificates") for name in ("healthz", "readyz", "metrics")},
}  # fmt: skip
ELSEWHERE = {
    "/registration/works/{season_id}/{entry}": "tests/browser/test_held_files.py",
    "/registration/works/{season_id}/{entry}/{number}": "tests/browser/test_held_files.py",
    "/registration/operations": "the page of judging, made by the same template",
    "/certificates/operations": "the page of judging, made by the same template",
    "/registration/seasons/{season_id}/nominations/{track}/{division}": "tests/browser/test_every_page.py",
    "/registration/seasons/{season_id}/recommendations": "tests/browser/test_recommending_page.py",
    "/judging/seasons/{season_id}/assessment": "tests/browser/test_assessment_page.py",
    "/judging/seasons/{season_id}/objections/{filed_id}/receipt/{secret}": "tests/browser/test_judging_journeys.py",
    "/registration/messages/address/{token}": "confirms an address of mail and leads on to the messages",
}
"""Pages that the list does not show, and where they are looked at."""
MADE = Made(
    **{name: name for name in Made.__dataclass_fields__}
    | {
        "consent": "/registration/consent/s/e/1/t",
        "agreed": "/registration/guardians/s/p/t",
        "invitation": "/registration/invitations/secret",
        "link": "/registration/links/secret",
        "imported": "/registration/seasons/s/import/job",
        "season_draft": "/registration/season-drafts/draft",
        "download": "/certificates/seasons/s/downloads/job",
    }
)


def pages_of(service: str, folder: Path) -> dict[str, Any]:
    """The routes that answer with a page, with what tells their addresses."""
    return {
        route.path: compile_path(route.path)[0]
        for route in iter_route_contexts(application(service, folder).routes)
        if route.path
        and "GET" in (route.methods or ())
        and not any(f"{folder_}/" in f"{route.path}/" for folder_ in FOLDERS)
        and not route.path.endswith(FILES)
        and route.path not in NO_PAGES
    }


@pytest.mark.parametrize("service", ["registration", "judging", "certificates"])
def test_every_page_is_looked_at(service: str, tmp_path: Path) -> None:
    """Keeps away: a new page that axe never sees."""
    shown = all_pages(cast(Stage, SimpleNamespace(live="live", example="example")), MADE)
    addresses = [page.address.partition("?")[0] for page in shown]
    missing = {path for path, regex in pages_of(service, tmp_path).items() if not any(map(regex.match, addresses))}
    assert sorted(missing - set(ELSEWHERE)) == []


def test_each_page_is_seen_in_both_schemes_and_sizes_and_they_go_together_in_every_way() -> None:
    shown = all_pages(cast(Stage, SimpleNamespace(live="live", example="example")), MADE)
    assert len({page.name for page in shown}) == len(shown)
    pairs = set()
    for page in shown:
        chinese, english = look_at(page.name, "zh-CN"), look_at(page.name, "en-GB")
        assert {chinese.scheme, english.scheme} == {"light", "dark"}
        assert chinese.size == english.other_size
        pairs |= {("zh", chinese.size["width"], chinese.scheme), ("en", english.size["width"], english.scheme)}
    assert len(pairs) == 8
