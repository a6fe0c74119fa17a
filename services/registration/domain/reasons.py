"""Reasons that stay with what was decided."""

from shared.errors import Refused


def stated_reason(reason: str) -> str:
    """The reason without blanks around it.

    Raises:
        Refused: none is given.
    """
    plain = reason.strip()
    if not plain:
        raise Refused("reason-needed")
    return plain
