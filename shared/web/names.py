"""Names of people as public pages show them."""

import unicodedata


def masked(name: str) -> str:
    """The name with the second character hidden, or of Latin words all but the first letter.

    A single character is hidden altogether.
    """
    if name.isascii():
        return " ".join(word[0] + "*" * max(1, len(word) - 1) for word in name.split())
    return name[0] + "*" + name[2:] if len(name) > 1 else "*"


def plain(name: str) -> str:
    """The name for comparison: NFKC, without blanks, case ignored."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()
