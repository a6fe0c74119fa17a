"""A season announced to other programs: its dates as a calendar, its news as a feed, and the time that is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from xml.etree.ElementTree import Element, SubElement, tostring

from icalendar import Calendar, Event

from services.registration.adapters.results import StageState
from services.registration.application.ports import Season
from shared.season.time import from_unix_micros
from shared.web.translation import Translator

ATOM = "http://www.w3.org/2005/Atom"
HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Left:
    """Whole days, and whole hours beyond them."""

    days: int
    hours: int


def time_left(until: int, now: int) -> Left:
    """The time between two moments in microseconds; nothing once it has passed."""
    hours = max(0, until - now) // HOUR
    return Left(hours // 24, hours % 24)


def dates_of(season: Season, t: Translator, url: str) -> bytes:
    """An iCalendar of the timeline and the rounds. Days are whole days, moments keep their minute, all in UTC."""
    rules, title = season.rules, season.rules.season.title.best(t.language)
    calendar = Calendar()
    calendar.add("prodid", "-//Laurel//Season//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    for name, slot in rules.timeline.items():
        step = t.first(f"timeline-{name}", "timeline-other", name=name)
        if slot.on:
            event = _event(season, f"{name}-on", f"{title}: {step}", url)
            event.add("dtstart", slot.on)
            event.add("dtend", slot.on + timedelta(days=1))
            calendar.add_component(event)
        for end in ("opens", "closes"):
            at = getattr(slot, end)
            if at:
                event = _event(season, f"{name}-{end}", f"{title}: {step} {t(f'calendar-{end}')}", url)
                event.add("dtstart", at)
                event.add("dtend", at)
                calendar.add_component(event)
    for round_ in rules.rounds:
        event = _event(season, f"round-{round_.id}", f"{title}: {round_.title.best(t.language)}", url)
        event.add("dtstart", round_.judging.opens)
        event.add("dtend", round_.judging.closes)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(season: Season, key: str, summary: str, url: str) -> Event:
    event = Event()
    event.add("uid", f"{season.id}/{key}@laurel")
    event.add("summary", summary)
    event.add("url", url)
    event.add("dtstamp", from_unix_micros(season.amendments[-1].at if season.amendments else season.opened_at))
    event.add("sequence", season.version)
    return event


def news_of(season: Season, told: Sequence[StageState], t: Translator, url: str) -> bytes:
    """An Atom feed: the opening, each amendment with its reason, notices and final results."""
    title = season.rules.season.title.best(t.language)
    items = [(season.opened_at, "opened", t("feed-opened"), url)]
    items += [
        (
            amendment.at,
            f"v{amendment.version}",
            t("feed-amended", version=amendment.version, reason=amendment.reason),
            url,
        )
        for amendment in season.amendments
    ]
    items += [
        (stage_state.at, stage_state.stage, t(f"feed-{stage_state.stage}"), f"{url}/notice") for stage_state in told
    ]
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": t.html_language})
    SubElement(feed, "id").text = url
    SubElement(feed, "title").text = title
    SubElement(feed, "updated").text = _written(max(at for at, *_ in items))
    SubElement(feed, "link", {"rel": "self", "href": f"{url}/feed.atom"})
    author = SubElement(feed, "author")
    SubElement(author, "name").text = t("list-comma").join(
        sponsor.best(t.language) for sponsor in season.rules.sponsors
    )
    for at, key, text, link in sorted(items, reverse=True):
        entry = SubElement(feed, "entry")
        SubElement(entry, "id").text = f"{url}#{key}"
        SubElement(entry, "title").text = text
        SubElement(entry, "updated").text = _written(at)
        SubElement(entry, "link", {"href": link})
    declared: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return declared


def _written(at: int) -> str:
    return from_unix_micros(at).isoformat(timespec="seconds").replace("+00:00", "Z")
