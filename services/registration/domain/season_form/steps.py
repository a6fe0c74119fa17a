"""The steps of preparing a season, and which keys of its file each of them edits."""

from collections.abc import Callable, Mapping
from typing import get_args

from services.registration.domain.season_form.activities import activities
from services.registration.domain.season_form.awards import awards
from services.registration.domain.season_form.builders import (
    LEVELS,
    add_another,
    ids_of,
    level_options,
    levels_of,
    numbered,
    options,
    perhaps,
    texts,
    title_of,
)
from services.registration.domain.season_form.dates import dates
from services.registration.domain.season_form.groups import groups
from services.registration.domain.season_form.judging import judging
from services.registration.domain.season_form.parts import Field, Group, Option, Part
from services.registration.domain.season_form.questions import form
from services.registration.domain.season_form.rubrics import rubrics
from services.registration.domain.season_form.tree import Path, Tree, items_at, text_at
from shared.season.rules import SeasonKind

ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Europe/London", "Europe/Berlin", "America/New_York", "UTC")


def basics(tree: Tree) -> tuple[Part, ...]:
    def contact(path: Path) -> tuple[Part, ...]:
        return (
            *texts((*path, "title"), "contact-title"),
            Field((*path, "phone"), "line", "phone"),
            Field((*path, "email"), "line", "email"),
            *texts((*path, "address"), "address"),
        )

    levels = (*LEVELS, *(level for level in levels_of(tree) if level not in LEVELS))
    zones = tuple(Option(zone, f"edit-zone-{zone.replace('/', '-')}") for zone in ZONES)
    return (
        Group(
            ("season",),
            "names",
            (
                *texts(("season", "title"), "season-title"),
                Field(
                    ("kind",), "choice", "season-kind", options("season-kind", get_args(SeasonKind)), ("competition",)
                ),
                Field(("season", "id"), "id", "season-id"),
                *texts(("series", "title"), "series-title"),
                Field(("series", "id"), "id", "series-id"),
            ),
        ),
        Group(("approval",), "approval", (Field(("approval", "number"), "line", "approval-number"),)),
        Group(
            ("sponsors",),
            "sponsors",
            numbered(tree, ("sponsors",), "sponsor", lambda path: texts(path, "organizer-title")),
            adds=(add_another(tree, ("sponsors",), "add-sponsor", {}),),
        ),
        Group(
            ("hosts",),
            "hosts",
            numbered(tree, ("hosts",), "host", lambda path: texts(path, "organizer-title")),
            adds=(add_another(tree, ("hosts",), "add-host", {}),),
        ),
        Group(
            ("contacts",),
            "contacts",
            numbered(tree, ("contacts",), "contact", contact),
            adds=(add_another(tree, ("contacts",), "add-contact", {}),),
        ),
        Group(
            (),
            "place",
            (
                Field(("time_zone",), "choice", "time-zone", zones),
                Field(("jurisdiction",), "choice", "jurisdiction", options("law", ("CN", "EU", "US")), ("CN",)),
                Field(("unit_levels",), "ticks", "unit-levels", level_options(levels)),
            ),
        ),
    )


def certificates(tree: Tree) -> tuple[Part, ...]:
    rounds = items_at(tree, ("rounds",))
    letters = dict(zip(ids_of(rounds), "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=False))
    kinds = {"student": "S", "instructor": "T", "unit": "U"}
    new = {"prefix": "LAUREL", "rounds": letters, "kinds": kinds, "digits": "6"}

    def serials() -> tuple[Part, ...]:
        path: Path = ("serials",)
        return (
            Field((*path, "prefix"), "id", "serial-prefix"),
            Field((*path, "digits"), "whole", "serial-digits"),
            *(
                Field((*path, "rounds", text_at(round_, ("id",))), "line", "serial-round", title=title_of(round_))
                for round_ in rounds
                if text_at(round_, ("id",))
            ),
            *(Field((*path, "kinds", kind), "line", f"serial-{kind}") for kind in kinds),
            Field((*path, "code_chars"), "whole", "code-chars", default=("10",)),
            Field((*path, "offline"), "flag", "offline"),
            Field((*path, "instructors"), "flag", "with-instructors"),
        )

    return (
        Group(("approval", "statement"), "statement", texts(("approval", "statement"), "statement", "area")),
        perhaps(tree, ("serials",), "serials", new, serials),
    )


STEPS: Mapping[str, Callable[[Tree], tuple[Part, ...]]] = {
    "basics": basics,
    "dates": dates,
    "groups": groups,
    "form": form,
    "activities": activities,
    "rubrics": rubrics,
    "judging": judging,
    "awards": awards,
    "certificates": certificates,
}
"""What each step edits, for the file as it stands."""
