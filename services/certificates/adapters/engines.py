"""Engines of earlier releases, kept with their fonts: what they drew once, they draw again.

An engine is typst and the packages of fonts, each with its version. Every installation keeps the one that it runs, in a
folder of its own beside the earlier ones, so that an upgrade changes no document that was issued before.
"""

import os
import re
import shutil
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import structlog
import typst

from services.certificates.adapters.typst_worker import TypstWorker
from shared.season.glyphs import font_files, font_folders, system_folders

log = structlog.get_logger()

PACKAGES = ("typst", "pylopdf-fonts-zh-cn", "manimgx-fonts-cjk", "fontpkg-noto-serif", "pylopdf-fonts-ar")
"""What makes an engine: distributions whose versions decide how documents look."""
TYPST = Path(typst.__file__).parent


HEAD = 4096
"""The beginning of a font: the sums of everything in it."""


@cache
def current() -> str:
    """The engine of this release, on this machine: it may have fonts of its own."""
    system = [f"{folder.name} {_sum(folder)}" for folder in system_folders()]
    return ", ".join([*(f"{name} {version(name)}" for name in PACKAGES), *system])


def _sum(folder: Path) -> str:
    """What the fonts of a folder are: their directories of tables hold a sum of each."""
    digest = sha256()
    for file in font_files(folder):
        with file.open("rb") as font:
            digest.update(f"{file.name} {file.stat().st_size}\0".encode() + font.read(HEAD))
    return digest.hexdigest()[:8]


class Engines:
    """The engines of an installation, each in a folder below this one."""

    def __init__(self, folder: Path) -> None:
        self._root, self._current = folder, current()

    def _folder(self, engine: str) -> Path:
        return self._root / re.sub(r"[^A-Za-z0-9.]+", "-", engine)

    def keep(self) -> None:
        """Keep the engine of this release, whole or not at all; a folder that cannot be written is said in the log."""
        folder = self._folder(self._current)
        if folder.exists():
            return
        try:
            self._keep(folder)
        except OSError as error:
            log.warning("engine_not_kept", folder=str(folder), error=str(error))

    @staticmethod
    def _keep(folder: Path) -> None:
        draft = folder.with_name(f".{folder.name}.{os.getpid()}")
        shutil.rmtree(draft, ignore_errors=True)
        for package in (TYPST, *font_folders()):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(package, draft / package.name, ignore=ignored, copy_function=_linked)
        try:
            draft.rename(folder)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            if not folder.exists():  # else another process was first
                raise

    def is_there(self, engine: str) -> bool:
        """Whether documents of this engine are drawn as they were."""
        return engine == self._current or self._folder(engine).exists()

    def kept(self, engine: str) -> str:
        """The engine that draws for this one: itself if it is an earlier one that is there, else that of this release."""
        return engine if engine != self._current and self._folder(engine).exists() else self._current

    def drawing(self, engine: str) -> TypstWorker:
        """A new process that draws with this engine."""
        if engine == self._current:
            return TypstWorker(font_folders())
        folder = self._folder(engine)
        return TypstWorker([path for path in sorted(folder.iterdir()) if path.name != TYPST.name], engine=[folder])


def _linked(source: str, target: str) -> None:
    """The same file under another name where the file system can; upgrades replace files and do not write into them."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
