"""What the fuzzer looks at beside its own checks; it loads this file itself."""

from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, Response

SHAPES = ("malformed", "request-bad")
"""The codes with which a request is refused for its shape."""


@schemathesis.check
def shape_is_as_documented(context: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request that the document allows is refused, if at all, by a rule, not for its shape."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    code = response.json().get("code")
    assert code not in SHAPES, f"a request of the documented shape is {code}: {response.text}"
