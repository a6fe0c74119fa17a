"""The header `Idempotency-Key` of creating requests."""

from typing import Any

from fastapi import Request

from shared.commands import LONGEST_KEY, Command
from shared.errors import Invalid
from shared.identity import Principal

KEY = "idempotency-key"
DESCRIBED: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "schema": {"type": "string", "maxLength": LONGEST_KEY, "pattern": "^[ -~]*$"},
            "description": "Chosen by you, one for each thing you want made. The same key again changes nothing and "
            "answers the same; with another body it is refused.",
        }
    ]
}
"""For `openapi_extra` of the routes that read it."""
NEEDED: dict[str, Any] = {
    "parameters": [
        {**item, "required": True, "schema": {**item["schema"], "minLength": 1}} for item in DESCRIBED["parameters"]
    ]
}
"""For those that do not go without it."""


async def read_command(request: Request, secret: bytes, *, required: bool = False) -> Command:
    """The command of a request; `secret` is the installation's own.

    Raises:
        Invalid: the key is malformed, or missing where it is required.
    """
    key = request.headers.get(KEY, "")
    if required and not key:
        raise Invalid("idempotency-key-missing")
    principal: Principal | None = getattr(request.state, "principal", None)
    return Command.named(
        key,
        account=principal.account if principal else "",
        address=f"{request.method} {request.url.path}",
        body=await request.body(),
        secret=secret,
    )
