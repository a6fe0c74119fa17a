"""The release before this one: its code to run beside today's, and data that it kept.

`python -m tests.support.releases` makes `tests/data/releases` anew from the commit of that release (README.md there).
"""

import io
import lzma
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

RELEASE, COMMIT = "0.1.0", "cf559401b089dbd6cc6a649297802d492a28d8c7"
ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "releases" / RELEASE
CODE, BACKUP, SCHEMAS = DATA / "code.tar.xz", DATA / "small.backup", "shared/events/schemas"
CODE_PATHS = ("laurel", "services", "shared", "examples/small", "pyproject.toml")
"""What runs its services and its commands. Its tests and texts stay in the history."""


def unpack_code(folder: Path) -> Path:
    """The code of the release before, in a new folder under this one; a process started there runs it."""
    with tarfile.open(CODE) as archive:
        archive.extractall(folder / RELEASE, filter="data")
    return folder / RELEASE


def make() -> None:
    """Write code, schemas and a backup of the release that `COMMIT` is."""
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    CODE.write_bytes(lzma.compress(_archive(*CODE_PATHS), preset=9 | lzma.PRESET_EXTREME))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with tarfile.open(fileobj=io.BytesIO(_archive(SCHEMAS))) as archive:
            archive.extractall(folder, filter="data")
        shutil.copytree(folder / SCHEMAS, DATA / "schemas")
        _back_up(unpack_code(folder), folder / "data")


def _archive(*paths: str) -> bytes:
    command = ["git", "archive", "--format=tar", COMMIT, *paths]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout


def _back_up(code: Path, data: Path) -> None:
    """Run its example season, open its live one, and keep what it holds then, as its own commands do it."""
    laurel = [sys.executable, "-m", "laurel"]
    environment = {**os.environ, "LANG": "en_US.UTF-8"}
    up = subprocess.Popen(
        [*laurel, "up", "--demo", "--port", "8793", "--data", str(data)],
        cwd=code, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert up.stdout is not None
    for line in up.stdout:
        if line.startswith("Ctrl-C"):
            break
    up.terminate()
    up.communicate()
    subprocess.run([*laurel, "backup", str(BACKUP), "--data", str(data)], cwd=code, env=environment, check=True)
    BACKUP.chmod(0o644)


if __name__ == "__main__":
    make()
