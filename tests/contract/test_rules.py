"""The page of rules is true: every function and every test that it names exists, and every home is in use."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rules.md"
PLACE = re.compile(r"`([\w/]+\.py):([\w.]+)`")
LINE = re.compile(r"\| [^|]+ \| (`[^`]+`) \| [^|]+ \| (`[^`]+`) \|")
HOMES = ("domain", "application", "season", "programme", "sheets")


def rows() -> list[tuple[str, str]]:
    """Home and test of each rule, as written."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and not line.startswith("| rule ")]
    matches = [LINE.fullmatch(line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches, strict=True) if match is None]
    return [(match[1], match[2]) for match in matches if match]


@cache
def defined(file: str) -> frozenset[str]:
    """The functions of a file, and the methods of its classes as `Class.method`."""
    body = ast.parse((ROOT / file).read_text()).body
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    methods = {
        f"{node.name}.{part.name}"
        for node in body
        if isinstance(node, ast.ClassDef)
        for part in node.body
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return frozenset(functions | methods)


@cache
def code() -> str:
    """All code of the product."""
    sources = [path for folder in ("services", "shared") for path in sorted((ROOT / folder).rglob("*.py"))]
    return "\n".join(path.read_text() for path in sources)


def test_there_are_rules() -> None:
    assert len(rows()) > 40


@pytest.mark.parametrize("place", sorted({place for row in rows() for place in row}))
def test_what_the_page_names_exists(place: str) -> None:
    named = PLACE.fullmatch(place)
    assert named, place
    assert (ROOT / named[1]).is_file()
    assert named[2] in defined(named[1])


@pytest.mark.parametrize("home", sorted({home for home, _ in rows()}))
def test_a_rule_lives_where_no_way_in_goes_past_it(home: str) -> None:
    named = PLACE.fullmatch(home)
    assert named, home
    assert set(Path(named[1]).parts) & set(HOMES)
    function = named[2].rpartition(".")[2]
    assert re.search(rf"(?<!def )\b{function}\b", code()), "nothing calls it"


@pytest.mark.parametrize("test", sorted({test for _, test in rows()}))
def test_a_rule_is_kept_by_a_test(test: str) -> None:
    named = PLACE.fullmatch(test)
    assert named, test
    assert named[1].startswith("tests/")
    assert named[2].startswith("test_")
