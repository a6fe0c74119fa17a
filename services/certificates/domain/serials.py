"""Certificate numbers 证书编号 with check digits (season folder, section 14)."""

import re
from string import ascii_uppercase

from shared.season.rules import SeasonRules, Serials

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Characters of printed codes: none that are mistaken for another on paper."""
OTHERS = {"finalist": "F", "judge": "J", "appointment": "A", "plaque": "P"}
"""Letters that kinds by list have, unless the season uses them otherwise."""
SHAPE = re.compile(r"[A-Z0-9]{1,12}-[A-Z]{2}-\d{4,12}-\d{2}")


def check_digits(text: str) -> str:
    """Two check digits by ISO 7064 MOD 97-10 over letters and digits, letters as A=10 … Z=35.

    98 − (number × 100 mod 97).
    """
    number = int("".join(str(int(character, 36)) for character in text.replace("-", "")))
    return f"{98 - number * 100 % 97:02d}"


def rules_of(rules: SeasonRules) -> Serials:
    """The season's own rule, or one made from its id."""
    if rules.serials:
        return rules.serials
    prefix = re.sub(r"[^A-Z0-9]", "", rules.id.upper())[-12:]
    letters = {round_.id: chr(ord("A") + position) for position, round_ in enumerate(rules.rounds)}
    return Serials.model_validate(
        {"prefix": prefix, "rounds": letters, "kinds": {"student": "S", "instructor": "T", "unit": "U"}, "digits": 6}
    )


def letter(pattern: Serials, kind: str) -> str:
    """The letter of a kind: the season's, or for kinds that it does not name the first that is free."""
    named = {str(value): character for value, character in pattern.kinds.items()}
    for item, wishes in OTHERS.items():
        if item not in named:
            named[item] = next(each for each in wishes + ascii_uppercase if each not in named.values())
    return named[kind]


def serial(rules: SeasonRules, round_id: str, kind: str, ordinal: int) -> str:
    """The number of the certificate with this ordinal: prefix, round and kind letters, running number, check digits."""
    pattern = rules_of(rules)
    body = f"{pattern.prefix}-{pattern.rounds[round_id]}{letter(pattern, kind)}-{ordinal:0{pattern.digits}d}"
    return f"{body}-{check_digits(body)}"


def well_formed(text: str) -> bool:
    """Whether this could be a certificate number: its shape and its check digits."""
    return SHAPE.fullmatch(text) is not None and check_digits(text[:-3]) == text[-2:]
