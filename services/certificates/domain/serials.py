"""Certificate numbers 证书编号 with check digits (season folder, section 14)."""

import re

from shared.season.rules import SeasonRules, Serials

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Characters of printed codes: none that are mistaken for another on paper."""
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
    letters = {one.id: chr(ord("A") + position) for position, one in enumerate(rules.rounds)}
    return Serials.model_validate(
        {"prefix": prefix, "rounds": letters, "kinds": {"student": "S", "instructor": "T", "unit": "U"}, "digits": 6}
    )


def serial(rules: SeasonRules, round_id: str, kind: str, ordinal: int) -> str:
    """The number of the certificate with this ordinal: prefix, round and kind letters, running number, check digits."""
    pattern = rules_of(rules)
    body = f"{pattern.prefix}-{pattern.rounds[round_id]}{pattern.kinds[kind]}-{ordinal:0{pattern.digits}d}"  # type: ignore[index]
    return f"{body}-{check_digits(body)}"


def well_formed(text: str) -> bool:
    """Whether this could be a certificate number: its shape and its check digits."""
    return SHAPE.fullmatch(text) is not None and check_digits(text[:-3]) == text[-2:]
