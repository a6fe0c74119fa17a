"""Texts in Chinese and English, from Fluent catalogs (`*.zh.ftl`, `*.en.ftl`)."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.types import fluent_number
from fluent.syntax.ast import Resource

from shared.season.text import LANGUAGES
from shared.season.time import from_unix_micros

LOCALES = {"zh": "zh-CN", "en": "en-GB"}
CALENDARS = {language: Locale.parse(name, sep="-") for language, name in LOCALES.items()}
"""Read once: a page may write a hundred dates."""


LONGEST = 1000
"""Characters of one value in a text; Fluent refuses more."""


def _plain(value: Any) -> Any:
    """Whole numbers without grouping: a port or a row is not written 8,000. What somebody wrote too much of is cut."""
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[: LONGEST - 1]}…"
    whole = isinstance(value, int) and not isinstance(value, bool)
    return fluent_number(value, useGrouping=False) if whole else value


class MissingText(KeyError):
    """A catalog lacks this text; the contract tests keep this from happening to users."""


class Translator:
    """The texts of one language."""

    def __init__(self, language: str, bundle: FluentBundle) -> None:
        self.language, self._bundle = language, bundle

    @property
    def html_language(self) -> str:
        return LOCALES[self.language]

    def has(self, key: str) -> bool:
        return bool(self._bundle.has_message(key))

    def __call__(self, key: str, /, **values: Any) -> str:
        """The text under this key, with its values, which may have any name.

        Raises:
            MissingText: the catalog has no such key.
        """
        if not self._bundle.has_message(key):
            raise MissingText(f"{key} ({self.language})")
        pattern = self._bundle.get_message(key).value
        if pattern is None:
            raise MissingText(f"{key} ({self.language})")
        plain = {name: _plain(value) for name, value in values.items()}
        text, errors = self._bundle.format_pattern(pattern, plain)
        if errors:
            raise MissingText(f"{key} ({self.language}): {errors[0]}")
        return str(text)

    def first(self, /, *keys: str, **values: Any) -> str:
        """The text of the first key that exists."""
        return self(next(key for key in keys if self.has(key)), **values)

    def when(self, value: int | datetime, zone: str | ZoneInfo) -> str:
        """A moment in this zone, as people write it."""
        instant = from_unix_micros(value) if isinstance(value, int) else value
        local = instant.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
        pattern = "y年M月d日 HH:mm" if self.language == "zh" else "d MMMM y, HH:mm"
        return str(format_datetime(local, pattern, locale=CALENDARS[self.language]))

    def day(self, value: int | datetime | date, zone: str | ZoneInfo = "UTC") -> str:
        """A day in this zone, as people write it."""
        if isinstance(value, int):
            value = from_unix_micros(value)
        if isinstance(value, datetime):
            value = value.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone).date()
        pattern = "y年M月d日" if self.language == "zh" else "d MMMM y"
        return str(format_date(value, pattern, locale=CALENDARS[self.language]))

    def due(self, value: int, zone: str, now: int, *, begins: bool = False) -> str:
        """A moment near `now` with its day of the week, and the year where it is another. What ends at midnight ends the
        day before at 24:00; with `begins` the day begins there."""
        local, here = (from_unix_micros(micros).astimezone(ZoneInfo(zone)) for micros in (value, now))
        midnight = local.time() == time(0) and not begins
        day = local.date() - timedelta(days=1) if midnight else local.date()
        pattern = "M月d日 EEE" if self.language == "zh" else "EEEE d MMMM"
        if day.year != here.year:
            pattern = f"y年{pattern}" if self.language == "zh" else f"{pattern} y"
        return (
            f"{format_date(day, pattern, locale=CALENDARS[self.language])} {'24:00' if midnight else f'{local:%H:%M}'}"
        )

    @staticmethod
    def span(low: int, high: int) -> str:
        """A range of numbers; a single one where both are the same."""
        return str(low) if low == high else f"{low}–{high}"

    @staticmethod
    def score(value: str | Decimal) -> str:
        """A score with the two decimals that people see, half up."""
        return str(Decimal(value).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP"))


@lru_cache(maxsize=64)
def _parsed(text: str) -> Resource:
    """A file of texts. Parsing takes a fifth of a second for a thousand lines, and catalogs share files."""
    return FluentResource(text)


class Catalog:
    """All texts of some folders, later folders on top of earlier ones."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._bundles = {language: FluentBundle([LOCALES[language]], use_isolating=False) for language in LANGUAGES}
        for folder in folders:
            for language, bundle in self._bundles.items():
                for file in sorted(folder.glob(f"*.{language}.ftl")):
                    bundle.add_resource(_parsed(file.read_text(encoding="utf-8")), allow_overrides=True)

    def translator(self, language: str) -> Translator:
        return Translator(language, self._bundles[language])

    def both(self, key: str, /, **values: Any) -> dict[str, str]:
        """The text in both languages, for answers that carry both."""
        return {language: self.translator(language)(key, **values) for language in LANGUAGES}


@lru_cache(maxsize=1)
def shared_catalog() -> Catalog:
    """The texts that all parts share."""
    return Catalog([Path(__file__).parent / "locales"])


def preferred_language(header: str) -> str:
    """The better language for an Accept-Language header; Chinese where it says neither."""
    weighed = []
    for position, item in enumerate(header.split(",")):
        tag, _, parameters = item.strip().partition(";")
        language = tag.split("-")[0].lower()
        if language in LANGUAGES:
            try:
                weight = float(parameters.partition("=")[2] or 1)
            except ValueError:
                weight = 0.0
            weighed.append((-weight, position, language))
    return min(weighed)[2] if weighed else LANGUAGES[0]
