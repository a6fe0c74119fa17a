"""Forms that keep what was typed and name what has to change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from fastapi import Request

from shared.commands import Command
from shared.errors import OF_ERROR, LaurelError, Unavailable
from shared.identity import Principal
from shared.web.translation import Translator


@dataclass(frozen=True, slots=True)
class FormData:
    """A form as it was sent, with the errors of its fields."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str = ""

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        return self.errors.get(name, "")

    def with_errors(self, error: LaurelError, t: Translator) -> "FormData":
        """The same form with what the refusal says, field by field where it names fields.

        Raises:
            Unavailable: nothing was refused; the same may be sent again as it is.
        """
        if isinstance(error, Unavailable):
            raise error
        errors = {
            item["field"]: t(item["code"], **{k: v for k, v in item.items() if k not in OF_ERROR})
            for item in error.errors
            if "field" in item
        }
        message = "" if errors else t.first(f"problem-{error.code}", "problem-unknown", **error.values)
        return FormData(self.values, errors, message)


def refused_status(error: LaurelError) -> int:
    """The status of a page whose form was refused: 422 where fields have to change, 409 where it cannot be done now."""
    return 422 if error.errors else 409


KEY = "form_key"
"""The field of a form that tells one showing of it from another."""


def new_form_key() -> str:
    """For a form that is shown now."""
    return token_urlsafe(16)


def command_of_form(request: Request, sent: FormData, secret: bytes) -> Command:
    """What a form asks for: the same form with the same content, sent again, asks for the same thing.

    Sent with another content, after the browser went back, it asks for another thing; without a key always for a new one.
    """
    principal: Principal | None = getattr(request.state, "principal", None)
    content = sha256(json.dumps(sorted(sent.values.items())).encode()).hexdigest()
    return Command.named(
        f"{sent[KEY][:64]} {content}" if sent[KEY] else "",
        account=principal.account if principal else "",
        address=f"{request.method} {request.url.path}",
        body=content.encode(),
        secret=secret,
    )


async def read_form(request: Request) -> FormData:
    """What the form holds; each text at most 8,000 characters."""
    form = await request.form()
    return FormData({name: value.strip()[:8000] for name, value in form.items() if isinstance(value, str)})


def values_of(**values: Any) -> FormData:
    """A form with values of our own, before it was sent."""
    return FormData({name: str(value) for name, value in values.items()})
