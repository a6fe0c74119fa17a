"""Asking that something is refused, and why."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.errors import Invalid, InvalidState, LaurelError


@contextmanager
def refused(code: str, kind: type[LaurelError] = InvalidState, **values: object) -> Iterator[None]:
    """What happens inside is refused with this code, and with these values for its sentence."""
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code
    for name, value in values.items():
        assert caught.value.values.get(name) == value, caught.value.values


@contextmanager
def invalid(code: str, *fields: tuple[str, str]) -> Iterator[None]:
    """What happens inside is refused, naming exactly these fields, each with what is wrong with it."""
    with pytest.raises(Invalid) as caught:
        yield
    assert caught.value.code == code
    assert [(error["field"], error["code"]) for error in caught.value.errors] == list(fields)
