"""All text that people see exists in both languages, in catalogs, and every place that asks for one finds it."""

import re
from pathlib import Path

import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import Message
from starlette.requests import Request

from services.judging.application.award_events import Difference
from services.judging.application.finalizing import Proposal
from services.judging.domain.tables import HEADERS
from services.judging.main import create_app
from services.judging.settings import JudgingSettings
from shared.errors import LaurelError
from shared.season.csv_rows import Rejection
from shared.season.text import LANGUAGES
from shared.web.forms import FormData
from shared.web.season_header import season_frame
from shared.web.translation import Catalog
from tests.support.rules import two_rounds

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "shared" / "web" / "locales"
OWN = {
    name: ROOT / "services" / name / "entrypoints" / "locales" for name in ("registration", "judging", "certificates")
}
OWN["command line"] = ROOT / "laurel" / "locales"
HAN = re.compile(r"[\u3400-\u9fff]")


def keys(folder: Path, language: str) -> dict[str, set[str]]:
    """Message ids of a folder's catalogs, with the variables each uses."""
    result: dict[str, set[str]] = {}
    for file in folder.glob(f"*.{language}.ftl"):
        text = file.read_text()
        for entry in FluentParser().parse(text).body:
            assert type(entry).__name__ != "Junk", f"{file.name}: {entry}"
            if isinstance(entry, Message):
                assert entry.id.name not in result, f"{entry.id.name} stands twice in {folder}"
                span = text[entry.span.start : entry.span.end] if entry.span else ""
                result[entry.id.name] = set(re.findall(r"\$([a-z_]+)", span))
    return result


@pytest.mark.parametrize("folder", [SHARED, *OWN.values()], ids=["shared", *OWN])
def test_both_languages_say_the_same_things_with_the_same_values(folder: Path) -> None:
    assert keys(folder, "zh") == keys(folder, "en")
    assert keys(folder, "zh")


@pytest.mark.parametrize("folder", [SHARED, *OWN.values()], ids=["shared", *OWN])
def test_english_catalogs_are_english(folder: Path) -> None:
    for file in folder.glob("*.en.ftl"):
        assert HAN.findall(file.read_text().replace("中文", "")) == []


def asked(text: str) -> set[str]:
    return set(re.findall(r"\bt\(\s*'([a-z][a-zA-Z0-9_-]*)'\s*[,)]", text))


@pytest.mark.parametrize("service", ["registration", "judging", "certificates"])
def test_every_text_that_a_template_asks_for_exists(service: str) -> None:
    known = set(keys(SHARED, "en")) | set(keys(OWN[service], "en"))
    folders = [ROOT / "shared" / "web" / "templates", OWN[service].parent / "templates"]
    for template in (path for folder in folders for path in folder.glob("*.html")):
        assert asked(template.read_text()) - known == set(), template.name


@pytest.mark.parametrize("service", ["registration", "judging", "certificates"])
def test_every_refusal_of_a_service_has_its_sentence(service: str) -> None:
    known = set(keys(SHARED, "en")) | set(keys(OWN[service], "en"))
    names = "|".join(cls.__name__ for cls in LaurelError.__subclasses__())
    for file in [*(ROOT / "services" / service).rglob("*.py"), *(ROOT / "shared").rglob("*.py")]:
        for code in re.findall(rf'\b(?:{names})\(\s*"([a-z-]+)"', file.read_text()):
            assert f"problem-{code}" in known, f"{file.name}: {code}"
        for code in re.findall(
            r'error_at\([^)]*?,\s*"([a-z]+-[a-z-]+)"|"code": "((?:field|score)-[a-z-]+)"', file.read_text()
        ):
            assert (code[0] or code[1]) in known, f"{file.name}: {code}"


def test_templates_hold_no_text_of_their_own() -> None:
    for template in ROOT.glob("s*/**/templates/*.html"):
        text = template.read_text()
        assert HAN.findall(text) == [], template.name
        visible = re.sub(
            r"\{[%#].*?[%#]\}|\{\{.*?\}\}|<svg.*?</svg>|<script.*?</script>|<[^>]+>",
            " ",
            re.sub(r"\{[%#].*?[%#]\}|\{\{.*?\}\}", "", text, flags=re.DOTALL),
            flags=re.DOTALL,
        )
        words = [
            word
            for word in re.findall(r"[A-Za-z]{3,}", visible)
            if word not in ("PDF", "JSON", "Schema", "OpenAPI", "AsyncAPI", "asyncapi", "json", "csv", "nbsp", "UTC")
        ]
        assert words == [], template.name


def test_code_holds_no_chinese_text() -> None:
    """Terms in docstrings are for programmers; no other Chinese stands in code."""
    for file in [*ROOT.glob("services/**/*.py"), *ROOT.glob("shared/**/*.py"), *ROOT.glob("laurel/*.py")]:
        code = re.sub(r'""".*?"""', "", file.read_text(), flags=re.DOTALL)
        results = [line for line in code.splitlines() if HAN.search(line)]
        allowed = {
            "translation.py",
            "demo.py",
            "names.py",
            "teachers_words.py",
        }  # the last two look for words in pupils' texts
        assert results == [] or file.name in allowed, f"{file}: {results}"


def test_every_code_of_a_rejected_row_is_explained() -> None:
    catalog = Catalog([SHARED])
    sources = [*ROOT.glob("services/*/domain/*.py")]
    codes = {code for file in sources for code in re.findall(r'"([A-Z]+_[A-Z_]+|REQUIRED)"', file.read_text())}

    assert len(codes) > 25
    for code in codes:
        assert catalog.both(f"code-{code}")["en"], Rejection(file="", row=0, column="", code=code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_preview_of_a_revision_shows_lines_of_every_table(language: str) -> None:
    """Keeps away: a page that fails where the name of one table is missing, and only when that table changes."""
    pages = create_app(JudgingSettings()).state.context.pages
    rows = {name: [("x",) * len(header)] for name, header in HEADERS.items()}
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "app": None}
    request = Request({**scope, "headers": [(b"accept-language", language.encode())]})
    shown = {"form": FormData(), "stage": "final", "mode": "live", "history": []}
    proposal = Proposal(3, Difference(), {}, rows)

    page = pages.render(request, "revision.html", {**season_frame(two_rounds()), **shown, "proposal": proposal})

    assert [change.table for change in proposal.changes] == list(HEADERS)
    assert page.body.count(" · ".join("xxx").encode()) >= len(HEADERS)
    assert page.headers["content-language"].startswith(language)
