"""Numbers of entries and codes of teams: signs that are not mistaken for each other, on paper or on the telephone."""

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
BYTES = 8
"""So many bytes of the secret are used: enough for twelve signs."""


def signs(secret: bytes, length: int) -> str:
    """So many signs that follow from these bytes."""
    value, chosen = int.from_bytes(secret[:BYTES]), []
    for _ in range(length):
        value, position = divmod(value, len(ALPHABET))
        chosen.append(ALPHABET[position])
    return "".join(chosen)
