"""The id that follows one piece of work through requests, events and services."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

import structlog

_correlation: ContextVar[str] = ContextVar("correlation", default="")


def correlation_id() -> str:
    """The id of the work at hand; a new one outside any."""
    return _correlation.get() or uuid4().hex


@contextmanager
def correlate(value: str | None) -> Iterator[str]:
    """Do what follows under this id, or under a new one."""
    chosen = value or uuid4().hex
    token = _correlation.set(chosen)
    with structlog.contextvars.bound_contextvars(correlation=chosen):
        try:
            yield chosen
        finally:
            _correlation.reset(token)
