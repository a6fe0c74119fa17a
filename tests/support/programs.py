"""What the tests use beside Python, and how to install what is missing; said before the tests begin."""

import shutil
import sys

from shared.season.glyphs import SYSTEM

PACKAGES = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "openssl": ("openssl",),
    "poppler-utils": ("pdftoppm",),
    "qpdf": ("qpdf",),
    "softhsm2": ("softhsm2-util",),
    "zbar-tools": ("zbarimg",),
    "nodejs npm": ("npm",),
}
"""Debian's packages, each with the programs any of which will do."""
FONTS = dict(zip(("fonts-noto-core", "fonts-babelstone-han", "fonts-hanazono"), SYSTEM, strict=True))
"""Debian's packages of fonts, each with its folder."""


def missing() -> list[str]:
    """The packages of which no program is on the path."""
    programs = [package for package, programs in PACKAGES.items() if not any(map(shutil.which, programs))]
    return [*programs, *(package for package, folder in FONTS.items() if not folder.is_dir())]


if __name__ == "__main__":
    if lacking := missing():
        sys.stdout.write(
            f"Some tests will be named as not run. To run them too: sudo apt-get install {' '.join(lacking)}\n"
        )
