"""The page of parts: every macro of the shared templates stands on it, in both languages, without anybody signed in."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from jinja2 import Environment, nodes

from tests.contract.test_routes import application

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "shared" / "web" / "templates"
PAGE = ROOT / "services" / "registration" / "entrypoints" / "templates" / "design.html"


def is_library(template: nodes.Template) -> bool:
    """Whether a template holds nothing but macros; the others are whole pages."""
    return all(
        isinstance(node, nodes.Macro | nodes.Import | nodes.FromImport)
        or (isinstance(node, nodes.Output) and all(isinstance(part, nodes.TemplateData) for part in node.nodes))
        for node in template.body
    )


def calls(node: nodes.Node, imported: dict[str, str]) -> Iterator[str]:
    """The macros that are called below a node, as `template:macro`; `imported` says what a name stands for."""
    for call in node.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in imported:
            yield imported[call.node.name]
        elif (
            isinstance(call.node, nodes.Getattr)
            and isinstance(call.node.node, nodes.Name)
            and call.node.node.name in imported
        ):
            yield f"{imported[call.node.node.name]}{call.node.attr}"


def names_in(template: nodes.Template, file: str) -> dict[str, str]:
    """What each name of a template stands for: its own macros, those it imports, and whole files as `file:`."""
    names = {macro.name: f"{file}:{macro.name}" for macro in template.find_all(nodes.Macro)}
    for each in template.find_all(nodes.FromImport):
        if isinstance(each.template, nodes.Const):
            for name in each.names:
                own, alias = name if isinstance(name, tuple) else (name, name)
                names[alias] = f"{each.template.value}:{own}"
    for whole in template.find_all(nodes.Import):
        if isinstance(whole.template, nodes.Const):
            names[whole.target] = f"{whole.template.value}:"
    return names


def missing_parts(page: str, shared: dict[str, str]) -> set[str]:
    """Macros of the shared templates that the page does not call, neither itself nor by a macro that it calls."""
    environment = Environment(autoescape=True)
    parts: dict[str, set[str]] = {}
    for file, text in shared.items():
        template = environment.parse(text)
        if is_library(template):
            names = names_in(template, file)
            parts |= {f"{file}:{macro.name}": set(calls(macro, names)) for macro in template.find_all(nodes.Macro)}
    template = environment.parse(page)
    reached: set[str] = set()
    following = set(calls(template, names_in(template, "page")))
    while following:
        reached |= following
        following = {called for part in following for called in parts.get(part, ())} - reached
    return set(parts) - reached


def shared_templates() -> dict[str, str]:
    return {file.name: file.read_text() for file in SHARED.glob("*.html")}


def test_every_macro_of_the_shared_templates_stands_on_the_page() -> None:
    """Keeps away: a part that was never looked at in all its states, in both languages, light and dark."""
    assert missing_parts(PAGE.read_text(), shared_templates()) == set()


def test_a_macro_that_is_not_shown_is_named() -> None:
    planted = {
        "extra.html": "{% macro shown() %}{{ inner() }}{% endmacro %}{% macro inner() %}{% endmacro %}{% macro new() %}{% endmacro %}"
    }
    page = PAGE.read_text() + "{% from 'extra.html' import shown %}{{ shown() }}"
    assert missing_parts(page, shared_templates() | planted) == {"extra.html:new"}


@pytest.mark.parametrize(("language", "said"), [("zh", "页面部件"), ("en", "Parts of the pages")])
async def test_the_page_needs_nobody_and_keeps_nothing(language: str, said: str, tmp_path: Path) -> None:
    """Keeps away: examples that read somebody's data, and buttons that lead nowhere."""
    transport = httpx.ASGITransport(application("registration", tmp_path))
    async with httpx.AsyncClient(transport=transport, base_url="http://laurel.example") as anybody:
        page = await anybody.get("/design", headers={"Accept-Language": language})
        sent = await anybody.post("/design", data={"whole-title": "x"}, headers={"Origin": "http://laurel.example"})

    assert (page.status_code, said in page.text) == (200, True)
    assert page.text.count("<button") > 10
    assert (sent.status_code, sent.headers["location"]) == (303, "/design")
