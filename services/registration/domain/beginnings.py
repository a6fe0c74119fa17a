"""A season from nothing: a ready season file, with the name, the year and the dates of whoever begins with it."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.errors import Invalid, error_at
from shared.season.printing import LONGEST_TITLE, TITLE, find_fault
from shared.season.reading import MOMENTS, SeasonRefused, parse_season
from shared.season.rules import YEARS, SeasonRules
from shared.season.text import LANGUAGES

BLANK = "blank"
"""The ready file whose division set, track and panel are stated by whoever begins."""
SETS = ("P", "J", "S", "PJ", "JS", "PJS")
"""The division sets of a blank: primary, junior secondary, senior secondary."""
MOST_JUDGES = 15
LONGEST_NUMBER = 60
"""Characters of an approval number."""
LONGEST_PREFIX = 12
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


def begin(ready: Mapping[str, Any], values: Mapping[str, str], *, blank: bool) -> SeasonRules:
    """The rules of a new season: those of the ready file, under the name of the new one, around its registration.

    All other dates keep their distance in days from the day on which registration closes. Of a blank, the division set,
    the title of the track and the number of judges are stated too.

    Raises:
        Invalid: naming each value that will not do.
    """
    opens, closes = _moment(values.get("opens", "")), _moment(values.get("closes", ""))
    errors = list(_faults(values, opens, closes, blank=blank))
    if errors or opens is None or closes is None:
        raise Invalid("fields-invalid", errors=errors)
    by = closes.date() - _registration(ready, "closes").date()
    year, name = values["year"].strip(), _given("name", values)
    rules = _renewed(ready, values["series"].strip(), year, by)
    rules["series"]["title"] = _text(name)
    rules["season"]["title"] = _text(_of_year(ready, name, year))
    rules["sponsors"] = [_text(_given("sponsor", values))]
    rules["approval"] = {**rules["approval"], "number": values["approval"].strip()}
    rules["timeline"]["registration"] = {"opens": opens.isoformat(), "closes": closes.isoformat()}
    if blank:
        _state_parts(rules, values)
    return _with_right_dates(rules)


def begin_unfinished(ready: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The file of a new season: the ready one's parts under another name and year, around the day registration opens.

    What only the organizer knows is left open for the forms of the draft: sponsor, approval, and the series where it is
    not known.

    Raises:
        Invalid: naming each value that will not do.
    """
    former = _registration(ready, "opens")
    opens = _beginning(values.get("opens", ""), former)
    errors = [] if ID.fullmatch(values.get("year", "").strip()) else [error_at("year", "field-season-year")]
    errors += _text_faults("name", values)
    if opens is None:
        errors.append(error_at("opens", "field-season-day"))
    if errors or opens is None:
        raise Invalid("fields-invalid", errors=errors)
    series = values.get("series", "")
    year, name = values["year"].strip(), _given("name", values)
    rules = _renewed(ready, series or ready["series"]["id"], year, opens.date() - former.date())
    rules["series"]["title"] = _text(_of_series(ready, name, year))
    rules["season"]["title"] = _text(name)
    rules["timeline"]["registration"]["opens"] = opens.isoformat()
    _with_right_dates(rules)
    rules["sponsors"] = [dict.fromkeys(LANGUAGES, "")]
    rules["approval"] = {**rules["approval"], "number": ""}
    if not series:
        rules["series"]["id"] = rules["serials"]["prefix"] = ""
    return rules


def _renewed(ready: Mapping[str, Any], series: str, year: str, by: timedelta) -> dict[str, Any]:
    """A ready file for this series and year, with every date of it later by so many days."""
    rules: dict[str, Any] = _moved(dict(ready), by)
    rules["series"] = {**rules["series"], "id": series}
    rules["season"] = {**rules["season"], "id": year}
    rules["serials"] = {**rules["serials"], "prefix": _prefix(series, year)}
    return rules


def begin_again(former: Mapping[str, Any], values: Mapping[str, str]) -> SeasonRules:
    """The rules of an earlier season for another year: under the new year's id, in its titles and certificate numbers too.

    With `opens`, a day or a time as a browser sends it, registration opens then and every other date keeps its distance in
    days. A season that is given a name is called so, with what stands there of the former title in the other language.

    Raises:
        Invalid: naming each value that will not do.
    """
    year, opens = values["year"].strip(), values.get("opens", "")
    before = _registration(former, "opens")
    begins = _beginning(opens, before)
    errors = [] if ID.fullmatch(year) else [error_at("year", "field-season-year")]
    if opens and begins is None:
        errors.append(error_at("opens", "field-season-day"))
    errors += _long_texts("name", values)
    if errors:
        raise Invalid("fields-invalid", errors=errors)
    rules, old = dict(former), former["season"]["id"]
    if begins is not None:
        rules = _moved(rules, begins.date() - before.date())
        rules["timeline"]["registration"]["opens"] = begins.isoformat()
    title = {language: text.replace(old, year) for language, text in former["season"]["title"].items()}
    rules["season"] = {**former["season"], "id": year, "title": {**title, **_text(_given("name", values))}}
    if "serials" in rules and (prefix := rules["serials"]["prefix"]).endswith(old[-2:]):
        rules["serials"] = {**rules["serials"], "prefix": prefix.removesuffix(old[-2:]) + _prefix("", year)}
    return _with_right_dates(rules)


def _with_right_dates(rules: Mapping[str, Any]) -> SeasonRules:
    """Right rules whose dates were moved; for instance not to a year in which they would not lie."""
    try:
        return parse_season(rules)
    except SeasonRefused as refused:
        raise Invalid("fields-invalid", errors=[error_at("opens", "field-season-dates")]) from refused


def _faults(
    values: Mapping[str, str], opens: datetime | None, closes: datetime | None, *, blank: bool
) -> Iterator[dict[str, str]]:
    for field in ("series", "year"):
        if not ID.fullmatch(values.get(field, "").strip()):
            yield error_at(field, f"field-season-{field}")
    for field in ("name", "sponsor", *(("track",) if blank else ())):
        yield from _text_faults(field, values)
    number = values.get("approval", "").strip()
    if not number or len(number) > LONGEST_NUMBER:
        yield error_at("approval", "field-season-approval", most=str(LONGEST_NUMBER))
    if opens is None:
        yield error_at("opens", "field-season-moment")
    if closes is None:
        yield error_at("closes", "field-season-moment")
    elif opens and closes <= opens:
        yield error_at("closes", "field-season-closes")
    if blank:
        if values.get("divisions") not in SETS:
            yield error_at("divisions", "field-season-divisions")
        if not _judges(values):
            yield error_at("judges", "field-season-judges", most=str(MOST_JUDGES))


def _text_faults(field: str, values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    if not any(_given(field, values).values()):
        yield error_at(f"{field}_zh", "field-season-text")
    yield from _long_texts(field, values)


def _long_texts(field: str, values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for name in (f"{field}_{language}" for language in LANGUAGES):
        if find_fault(values.get(name, "").strip(), TITLE):
            yield error_at(name, "field-season-long", most=str(LONGEST_TITLE))


def _state_parts(rules: dict[str, Any], values: Mapping[str, str]) -> None:
    kept = [division for division in rules["divisions"] if division["id"] in values["divisions"]]
    title = _text(_given("track", values))
    divisions = [division["id"] for division in kept]
    rules["divisions"] = kept
    rules["tracks"] = [{**track, "title": title, "divisions": divisions} for track in rules["tracks"]]
    judges = str(_judges(values))
    rules["panels"] = {
        name: {**panel, "ballots": judges, "min_ballots": judges} for name, panel in rules["panels"].items()
    }


def _judges(values: Mapping[str, str]) -> int:
    """How many judges an entry has; 0 where it is no such number."""
    cell = values.get("judges", "").strip()
    number = int(cell) if cell.isascii() and cell.isdigit() and len(cell) <= len(str(MOST_JUDGES)) else 0
    return number if number <= MOST_JUDGES else 0


def _moment(cell: str) -> datetime | None:
    """A time as a browser sends it, in the zone of the season."""
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is None and moment.year in YEARS and "T" in cell else None


def _registration(former: Mapping[str, Any], end: str) -> datetime:
    """When registration opened or closed before, in the zone of that season."""
    moment, zone = datetime.fromisoformat(former["timeline"]["registration"][end]), ZoneInfo(former["time_zone"])
    return moment.astimezone(zone) if moment.tzinfo else moment


def _beginning(cell: str, former: datetime) -> datetime | None:
    """A time as a browser sends it, or a day: then the time of day is the former one."""
    day = cell.strip()
    return _moment(day if "T" in day else f"{day}T{former:%H:%M}")


def _of_year(ready: Mapping[str, Any], name: Mapping[str, str], year: str) -> dict[str, str]:
    """What the season is called: its name with its year, as the ready file writes them together."""
    season, former = ready["season"], ready["series"]["title"]
    return {
        language: text and season["title"][language].replace(season["id"], year).replace(former[language], text)
        for language, text in name.items()
    }


def _of_series(ready: Mapping[str, Any], name: Mapping[str, str], year: str) -> dict[str, str]:
    """What the series is called whose season has this name: the same without its year, as the ready file writes it."""
    season, former = ready["season"], ready["series"]["title"]
    beside = {
        language: season["title"][language].replace(former[language], "").replace(season["id"], year).strip()
        for language in name
    }
    return {language: text.replace(beside[language], "").strip() or text for language, text in name.items()}


def _given(field: str, values: Mapping[str, str]) -> dict[str, str]:
    return {language: values.get(f"{field}_{language}", "").strip() for language in LANGUAGES}


def _text(words: Mapping[str, str]) -> dict[str, str]:
    return {language: text for language, text in words.items() if text}


def _prefix(series: str, year: str) -> str:
    """Of certificate numbers: letters and digits of the series, and of the year the last two."""
    letters = re.sub(r"[^A-Z0-9]", "", series.upper())
    end = re.sub(r"[^A-Z0-9]", "", year.upper())[-2:]
    return letters[: LONGEST_PREFIX - len(end)] + end


def _moved(value: Any, by: timedelta) -> Any:
    """The same with every date of it later by so many days."""
    if isinstance(value, dict):
        return {
            key: _later(item, by) if (key in MOMENTS or key == "on") and isinstance(item, str) else _moved(item, by)
            for key, item in value.items()
        }
    return [_moved(item, by) for item in value] if isinstance(value, list) else value


def _later(written: str, by: timedelta) -> str:
    """A date, or the date at the beginning of a time; one beyond what a calendar holds stays."""
    try:
        return (date.fromisoformat(written[:10]) + by).isoformat() + written[10:]
    except (ValueError, OverflowError):
        return written
