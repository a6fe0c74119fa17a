"""Reasons that stay with what was decided."""

from shared.errors import InvalidState


def stated_reason(reason: str) -> str:
    """The reason without blanks around it.

    Raises:
        InvalidState: none is given.
    """
    plain = reason.strip()
    if not plain:
        raise InvalidState("reason-needed")
    return plain
