"""What the tests use beside Python, and how to install what is missing; said before the tests begin."""

import shutil
import sys

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


def missing() -> list[str]:
    """The packages of which no program is on the path."""
    return [package for package, programs in PACKAGES.items() if not any(map(shutil.which, programs))]


if __name__ == "__main__":
    if lacking := missing():
        sys.stdout.write(
            f"Some tests will be named as not run. To run them too: sudo apt-get install {' '.join(lacking)}\n"
        )
