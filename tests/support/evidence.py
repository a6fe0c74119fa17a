"""Parts of pages of evidence that tests write: `LAUREL_EVIDENCE=1` writes them anew, otherwise they are compared."""

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "evidence"
HARD_INPUTS = FOLDER / "hard-inputs.md"


def agrees(page: Path, title: str, text: str) -> bool:
    """Whether the part of the page below this heading says this; written so first, where evidence is asked for."""
    part = re.compile(rf"(?<=^## {re.escape(title)}\n\n).*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    written = page.read_text(encoding="utf-8")
    if not part.search(written):
        raise LookupError(f"{page.name} has no part {title!r}")
    if os.environ.get("LAUREL_EVIDENCE"):
        written = part.sub(lambda _: text.strip() + "\n\n", written).rstrip() + "\n"
        page.write_text(written, encoding="utf-8")
    (stands,) = part.findall(written)
    return bool(stands.strip() == text.strip())
