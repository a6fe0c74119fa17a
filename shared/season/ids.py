"""Ids that people give to units, entries, judges and instructors: they stand in addresses and in names of files."""

import re
import unicodedata

LONGEST = 64
FORBIDDEN = frozenset('/\\:*?"<>|%#')
"""What parts an address or a path, or what some system takes in no file's name."""
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of signs that nobody sees or that part lines."""
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE | re.ASCII)
"""Names that Windows keeps for itself, whatever follows their dot (Microsoft, "Naming Files, Paths, and Namespaces")."""


def is_safe_id(text: str) -> bool:
    """Whether an address and a file of every system may bear this id, of 1 to 64 characters in any script."""
    return (
        0 < len(text) <= LONGEST
        and not FORBIDDEN & set(text)
        and not any(unicodedata.category(sign) in UNSEEN for sign in text)
        and text[0] not in ". "
        and text[-1] not in ". "
        and not DEVICES.fullmatch(text)
    )


def as_file_name(text: str) -> str:
    """The text as the name of a file on every system: itself where it is a safe id."""
    kept = "".join("_" if sign in FORBIDDEN or unicodedata.category(sign) in UNSEEN else sign for sign in text)
    name = kept[:LONGEST].strip(". ") or "_"
    return f"{name}_" if DEVICES.fullmatch(name) else name
