"""Lists in pieces: `limit` and an opaque `cursor` in the address, the next piece in `Link` (RFC 8288).

A route asks for `Annotated[Page, Depends(paged(str))]`, reads what follows `page.after` in the order of its key, up to
`page.limit + 1` of them, and answers `page.of(rows, key)`. A list that is at hand whole is answered by `page.cut`.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request, Response

from shared import base64url
from shared.errors import Invalid, error_at

USUAL, MOST = 100, 1000
LONGEST = 1000
LARGEST = 2**63 - 1

Key = tuple[str | int, ...]
"""Where something stands in its list: never the same for two."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """The piece of a list that is asked for: what follows `after`, or the beginning where that is empty."""

    after: Key
    limit: int
    _request: Request
    _response: Response

    def of(self, rows: Sequence[T], key: Callable[[T], Key]) -> list[T]:
        """The rows to answer, of those that were read; names the next piece if there is more.

        `rows` follow `after` in the order of the list, and are one more than `limit` where the list goes on.
        """
        here = list(rows[: self.limit])
        if len(rows) > self.limit:
            address = self._request.url.include_query_params(cursor=write_cursor(key(here[-1])))
            self._response.headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
        return here

    def cut(self, rows: Iterable[T], key: Callable[[T], Key], *, newest_first: bool = False) -> list[T]:
        """The rows to answer, of the whole list."""
        ordered = sorted(rows, key=key, reverse=newest_first)
        if self.after:
            ordered = [row for row in ordered if (key(row) < self.after if newest_first else key(row) > self.after)]
        return self.of(ordered[: self.limit + 1], key)


def paged(*kinds: type[str] | type[int]) -> Callable[..., Awaitable[Page]]:
    """The dependency of a list whose key has parts of these kinds."""

    async def page(
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = USUAL,
        cursor: Annotated[
            str,
            Query(max_length=LONGEST, description="Of the address in `Link` with `rel=next`; empty: from the start."),
        ] = "",
    ) -> Page:
        return Page(_read_cursor(cursor, kinds), limit, request, response)

    return page


def write_cursor(key: Key) -> str:
    return base64url.encode(json.dumps(key, ensure_ascii=False, separators=(",", ":")).encode())


def _read_cursor(cursor: str, kinds: tuple[type, ...]) -> Key:
    if not cursor:
        return ()
    try:
        key: Any = json.loads(base64url.decode(cursor))
        fits = isinstance(key, list) and [type(part) for part in key] == list(kinds)
        if fits and all(abs(part) <= LARGEST if isinstance(part, int) else part.encode() for part in key):
            return tuple(key)
    except (ValueError, RecursionError):  # no base64url, no JSON, no text, or nested without end
        pass
    raise Invalid("cursor-unknown", errors=[error_at("cursor", "problem-cursor-unknown")])
