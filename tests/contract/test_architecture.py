"""The house rules as tests: each import contract is seen to fail on a planted violation, and a few rules of our own."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = [
    ("services never import each other", "services/judging/adapters/planted.py", "import services.registration.main"),
    (
        "within a service imports go one way",
        "services/judging/domain/planted.py",
        "import services.judging.adapters.store",
    ),
    ("rules and use cases know no framework", "services/judging/application/planted.py", "import fastapi"),
    ("rules do not know events", "services/registration/domain/planted.py", "import shared.events.judging"),
    ("shared imports no service", "shared/planted.py", "import services.judging.topology"),
    ("services do not know the launcher", "services/certificates/adapters/planted.py", "import laurel.errors"),
    ("the launcher reaches services through", "laurel/planted.py", "import services.judging.domain.facts"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code in a folder of its own, where violations may be planted."""
    for name in ("services", "shared", "laurel"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contracts(folder: Path) -> str:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(program), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.parametrize(("contract", "file", "line"), PLANTED, ids=[name for name, _, _ in PLANTED])
def test_each_import_contract_fails_on_a_planted_violation(copy: Path, contract: str, file: str, line: str) -> None:
    (copy / file).write_text(f'"""Planted."""\n\n{line}\n')

    broken = [contract for contract in contracts(copy).splitlines() if contract.endswith("BROKEN")]

    assert any(item.startswith(contract) for item in broken), broken


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def sources(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            yield file, parsed(file)


def calls(tree: ast.Module, attribute: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == attribute
        for node in ast.walk(tree)
    )


def test_only_the_relay_publishes() -> None:
    publishers = [file.name for file, tree in sources("services", "shared", "laurel") if calls(tree, "publish")]

    assert set(publishers) <= {"publishing.py", "relay.py", "main.py", "authenticator.py"}, (
        "gate and main publish keys to the gate, not to NATS"
    )


def test_rules_read_no_clock() -> None:
    folders = [f"services/{name}/domain" for name in ("registration", "judging", "certificates")]
    for file, tree in sources(*folders, "shared/season"):
        assert not calls(tree, "now"), file
        assert not calls(tree, "today"), file


def test_only_the_settings_and_the_launcher_read_the_environment() -> None:
    for file, tree in sources("services", "shared"):
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert "environ" not in names or file.name == "settings.py", file


def test_public_things_say_what_they_promise() -> None:
    silent = []
    for file, tree in sources("services", "shared", "laurel"):
        if not ast.get_docstring(tree):
            silent.append(str(file))
        for node in tree.body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            public = not node.name.startswith("_") and file.parent.name == "domain"
            if public and not ast.get_docstring(node):
                silent.append(f"{file}:{node.name}")
    assert silent == []


def test_files_for_spreadsheets_are_written_in_one_place() -> None:
    """So that no export forgets to take formulas for text."""
    for file in (path for folder in ("services", "shared", "laurel") for path in (ROOT / folder).rglob("*.py")):
        text = file.read_text()
        assert "csv.writer(" not in text or file == ROOT / "shared" / "season" / "csv_rows.py", file
        assert "csv.DictWriter(" not in text, file
        if "xlsxwriter.Workbook(" in text:
            assert text.count("xlsxwriter.Workbook(") == text.count("**TEXTS"), file
            assert not re.search(r"\bsheet\.write\(", text), file
