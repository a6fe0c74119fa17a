"""The words of the command line, in the language of the terminal."""

import os
from functools import lru_cache
from pathlib import Path

from shared.web.translation import Catalog, Translator

LOCALES = (Path(__file__).parents[1] / "shared" / "web" / "locales", Path(__file__).parent / "locales")


@lru_cache(maxsize=1)
def translator() -> Translator:
    """Chinese where the terminal's language is Chinese, else English; `LAUREL_LANGUAGE` decides if it is set."""
    asked = os.environ.get("LAUREL_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return Catalog(LOCALES).translator("zh" if asked.lower().startswith("zh") else "en")


def t(key: str, /, **values: object) -> str:
    """The text under this key."""
    return translator()(key, **values)
