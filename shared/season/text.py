"""Texts for people, in both languages."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, model_validator

Language = Literal["zh", "en"]
LANGUAGES: tuple[str, ...] = get_args(Language)
"""The languages of everything that people read, and that a work may be written in."""


SOME_TEXT = {"anyOf": [{"required": [language], "properties": {language: {"minLength": 1}}} for language in LANGUAGES]}
"""That there is a text in one of them, for schemas."""


class Text(BaseModel):
    """A text for people in Chinese, English or both; at least one of the two. Other languages are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    zh: str = ""
    en: str = ""

    @model_validator(mode="after")
    def _at_least_one(self) -> "Text":
        if not (self.zh or self.en):
            raise ValueError("a text in zh or en is needed")
        return self

    def best(self, language: str) -> str:
        """The text in this language, or else in the other."""
        return (self.en or self.zh) if language == "en" else (self.zh or self.en)
