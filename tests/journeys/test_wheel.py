"""The built wheel in an empty virtual environment: a command, servers and examples, with nothing of the checkout."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from laurel.servers import free_port
from tests.conftest import EXPECTED
from tests.support.folders import differences

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv", path=str(Path(sys.executable).parent))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The programs of an environment that holds the wheel and the locked packages alone."""
    place = tmp_path_factory.mktemp("wheel")
    assert UV
    build = [UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*build, "--out-dir", str(place), str(ROOT)], check=True)
    venv.create(place / "environment")
    programs = place / "environment" / "bin"
    install = [UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(programs / "python")]
    subprocess.run([*install, "--require-hashes", "-r", str(ROOT / "locks" / "runtime.txt")], check=True)
    (wheel,) = place.glob("*.whl")
    subprocess.run([*install, "--no-deps", str(wheel)], check=True)
    yield programs
    shutil.rmtree(place)


def run(programs: Path, folder: Path, *arguments: str) -> str:
    """What the installed command says, called in a folder that holds nothing of the checkout.

    It says itself what it waits for in vain; how long it works depends on the machine.
    """
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "LANG": "en_GB.UTF-8", "PATH": f"{programs}:{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    log = folder / "said.log"
    with log.open("w+") as said:
        code = subprocess.run(
            [programs / "laurel", *arguments], cwd=folder, env=environment, stdout=said, stderr=said, check=False
        ).returncode
    assert code == 0, log.read_text()
    return log.read_text()


@pytest.mark.timeout(600)
def test_laurel_up_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    said = run(installed, tmp_path / "empty", "up", "--demo", "--seconds", "1", "--port", str(free_port()))

    assert "ready" in said


@pytest.mark.timeout(600)
def test_a_season_runs_to_its_expected_files(installed: Path, tmp_path: Path) -> None:
    example = next(installed.parent.glob("lib/python*/site-packages/laurel/examples/small"))

    run(installed, tmp_path / "empty", "season", "run", str(example), "--out", str(tmp_path / "out"))

    assert differences(tmp_path / "out" / "results", EXPECTED) == []
