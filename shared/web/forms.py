"""Forms that keep what was typed and name what has to change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from shared.errors import LaurelError
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
        """The same form with what the refusal says, field by field where it names fields."""
        errors = {
            item["field"]: t(item["code"], **{k: v for k, v in item.items() if k not in ("pointer", "field", "code")})
            for item in error.errors
            if "field" in item
        }
        message = "" if errors else t.first(f"problem-{error.code}", "problem-unknown", **error.values)
        return FormData(self.values, errors, message)


async def read_form(request: Request) -> FormData:
    """What the form holds; each text at most 8,000 characters."""
    form = await request.form()
    return FormData({name: value.strip()[:8000] for name, value in form.items() if isinstance(value, str)})


def values_of(**values: Any) -> FormData:
    """A form with values of our own, before it was sent."""
    return FormData({name: str(value) for name, value in values.items()})
