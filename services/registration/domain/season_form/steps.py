"""The steps of preparing a season, and which keys of its file each of them edits."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from services.registration.domain.season_form.parts import Add, Field, Group, Option, Part
from services.registration.domain.season_form.tree import Path, Tree, items_at, mapping_at, text_at, value_at
from shared.season.rules import TIE_KEYS, FileType, StatementField
from shared.season.text import LANGUAGES

LEVELS = ("nation", "province", "city", "district", "school")
"""The usual levels of units, from the top."""
ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Europe/London", "Europe/Berlin", "America/New_York", "UTC")
SLOTS = {
    "registration": ("opens", "closes"),
    "school_review": ("closes",),
    "district_review": ("closes",),
    "district_notice": ("opens", "closes"),
    "recommendation": ("closes",),
    "final_materials": ("opens", "closes"),
    "results_notice": ("opens", "closes"),
    "objections": ("decided_within_working_days",),
    "decision": ("on",),
    "certificates": ("on",),
    "unit_materials": ("opens", "closes"),
    "derived_notice": ("opens", "closes"),
    "ceremony": ("on",),
}
"""The usual lines of the timeline, and what each of them states."""
NEEDED_SLOTS = ("registration", "results_notice")
MOVABLE = ("up", "down", "remove")
USUAL_PARTS = (Decimal("1.7"), Decimal("1.3"), Decimal("0.9"), Decimal(0))
"""From which part of twice the points the four usual levels begin."""
MOST_POINTS = 10**6
CHOICE = "choice"
FIELD_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "text": ("max_length",),
    "number": ("min", "max", "decimals"),
    "date": ("min", "max"),
    CHOICE: ("choices", "many"),
    "url": (),
    "yes-no": ("must",),
}
"""The types of custom fields, and the keys of each beside those that every one has."""
GRADES = tuple(Option(str(grade), f"edit-grade-{grade}") for grade in range(1, 13))


def options(name: str, values: Iterable[str]) -> tuple[Option, ...]:
    """Values that the catalog says under this name."""
    return tuple(Option(value, f"edit-{name}-{value}") for value in values)


def titled(items: Iterable[Any]) -> tuple[Option, ...]:
    """Items of the season, by id, under their own titles."""
    return tuple(Option(text_at(item, ("id",)), title=_title(item)) for item in items if text_at(item, ("id",)))


def texts(path: Path, label: str, kind: Any = "line") -> tuple[Field, ...]:
    """A text in both languages."""
    return tuple(Field((*path, language), kind, label, language=language) for language in LANGUAGES)


def named(item: Path, label: str = "title") -> tuple[Field, ...]:
    """The title of an item, and its id."""
    return (*texts((*item, "title"), label), Field((*item, "id"), "id", "id"))


def numbered(tree: Tree, path: Path, label: str, parts: Callable[[Path], tuple[Part, ...]]) -> tuple[Group, ...]:
    """The items of a list, each with its fields, that move and go."""
    items = items_at(tree, path)
    return tuple(
        Group(
            (*path, position),
            label,
            parts((*path, position)),
            title=_title(item),
            number=position + 1,
            tools=_tools(position, len(items)),
            layout="item",
        )
        for position, item in enumerate(items)
    )


def keyed(
    tree: Tree,
    path: Path,
    label: str,
    parts: Callable[[Path], tuple[Part, ...]],
    adds: Callable[[Path], tuple[Add, ...]] = lambda _: (),
) -> tuple[Group, ...]:
    """The items of a mapping, each with its key and its fields."""
    return tuple(
        Group(
            (*path, key),
            label,
            (Field((*path, key), "key", "id"), *parts((*path, key))),
            title=key,
            number=number,
            tools=("remove",),
            adds=adds((*path, key)),
            layout="item",
        )
        for number, key in enumerate(mapping_at(tree, path), 1)
    )


def perhaps(tree: Tree, path: Path, label: str, value: Any, parts: Callable[[], tuple[Part, ...]]) -> Group:
    """What a season may go without: its fields and a button to take it away, or a button to add it."""
    if value_at(tree, path) is None:
        return Group(path, label, (), adds=(Add(path, f"add-{label}", value),))
    return Group(path, label, parts(), tools=("remove",))


def next_id(taken: Iterable[str], letter: str) -> str:
    """The first id of this letter and a number that is not taken."""
    used = set(taken)
    return next(f"{letter}{number}" for number in range(1, len(used) + 2) if f"{letter}{number}" not in used)


def first_levels(full: str) -> list[Tree]:
    """Four levels of a criterion that is out of so many points, each from a usual part of them on, in half points."""
    try:
        whole = Decimal(full)
    except InvalidOperation:
        whole = Decimal(0)
    if not 0 < whole < MOST_POINTS:
        return [{"points": "0"}]
    points = dict.fromkeys((whole * part).quantize(Decimal(1)) / 2 for part in USUAL_PARTS)
    return [{"points": f"{point.normalize():f}"} for point in points]


def basics(tree: Tree) -> tuple[Part, ...]:
    def contact(path: Path) -> tuple[Part, ...]:
        return (
            *texts((*path, "title"), "contact-title"),
            Field((*path, "phone"), "line", "phone"),
            Field((*path, "email"), "line", "email"),
            *texts((*path, "address"), "address"),
        )

    levels = (*LEVELS, *(level for level in _levels(tree) if level not in LEVELS))
    zones = tuple(Option(zone, f"edit-zone-{zone.replace('/', '-')}") for zone in ZONES)
    return (
        Group(
            ("season",),
            "names",
            (
                *texts(("season", "title"), "season-title"),
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
            adds=(_another(tree, ("sponsors",), "add-sponsor", {}),),
        ),
        Group(
            ("hosts",),
            "hosts",
            numbered(tree, ("hosts",), "host", lambda path: texts(path, "organizer-title")),
            adds=(_another(tree, ("hosts",), "add-host", {}),),
        ),
        Group(
            ("contacts",),
            "contacts",
            numbered(tree, ("contacts",), "contact", contact),
            adds=(_another(tree, ("contacts",), "add-contact", {}),),
        ),
        Group(
            (),
            "place",
            (
                Field(("time_zone",), "choice", "time-zone", zones),
                Field(("jurisdiction",), "choice", "jurisdiction", options("law", ("CN", "EU", "US")), ("CN",)),
                Field(("unit_levels",), "ticks", "unit-levels", _level_options(levels)),
            ),
        ),
    )


def dates(tree: Tree) -> tuple[Part, ...]:
    timeline = mapping_at(tree, ("timeline",))
    shown = [*(name for name in NEEDED_SLOTS if name not in timeline), *timeline]
    shown.sort(key=lambda name: list(SLOTS).index(name) if name in SLOTS else len(SLOTS))
    missing = [name for name in SLOTS if name not in shown]
    rounds = []
    for position, round_ in enumerate(items_at(tree, ("rounds",))):
        path: Path = ("rounds", position)
        fields = [Field((*path, "judging", end), "moment", end) for end in ("opens", "closes")]
        if mapping_at(round_, ("advance",)):
            fields.append(Field((*path, "advance", "replacements_until"), "moment", "replacements-until"))
        rounds.append(Group((*path, "judging"), "judging-of", tuple(fields), title=_title(round_), layout="row"))
    if mapping_at(tree, ("unit_award",)):
        summary = Field(("unit_award", "eligible", "summary_by"), "moment", "summary-by")
        rounds.append(Group(("unit_award", "eligible"), "unit_award", (summary,), layout="row"))
    return (
        Group(
            ("timeline",),
            "timeline",
            tuple(_slot(name, mapping_at(timeline, (name,))) for name in shown),
            adds=(Add(("timeline",), "add-slot", {}, tuple(Option(name, f"timeline-{name}") for name in missing)),)
            if missing
            else (),
        ),
        Group((), "judging-times", tuple(rounds)),
        Group(
            ("calendar",),
            "calendar",
            (
                Field(("calendar", "holidays"), "lines", "holidays"),
                Field(("calendar", "extra_workdays"), "lines", "extra-workdays"),
            ),
        ),
    )


def groups(tree: Tree) -> tuple[Part, ...]:
    tracks, divisions = items_at(tree, ("tracks",)), items_at(tree, ("divisions",))
    units_enter = any(text_at(track, ("entrant",)) == "unit" for track in tracks)
    track_ids, division_ids = _ids(tracks), _ids(divisions)

    def division(path: Path) -> tuple[Part, ...]:
        levels = value_at(tree, (*path, "unit_levels"))
        grades = Field((*path, "grades"), "pair", "grades", GRADES)
        unit_levels = Field((*path, "unit_levels"), "ticks", "division-levels", _level_options(_levels(tree)))
        return (*named(path), *(() if levels else (grades,)), *((unit_levels,) if units_enter or levels else ()))

    def track(path: Path) -> tuple[Part, ...]:
        identity = text_at(tree, (*path, "id"))
        return (
            *named(path),
            Field((*path, "divisions"), "ticks", "open-to", titled(divisions)),
            Field((*path, "members"), "pair", "members", default=("1", "1")),
            Field((*path, "instructors"), "pair", "instructors", default=("0", "0")),
            Field((*path, "entrant"), "choice", "entrant", options("entrant", ("students", "unit")), ("students",)),
            *((_works(tree, identity),) if identity else ()),
        )

    new_track = {
        "id": next_id(track_ids, "T"),
        "divisions": division_ids,
        "members": ["1", "1"],
        "instructors": ["0", "2"],
    }
    return (
        Group(
            ("divisions",),
            "divisions",
            numbered(tree, ("divisions",), "division", division),
            adds=(
                _another(
                    tree,
                    ("divisions",),
                    "add-division",
                    {"id": next_id(division_ids, "D"), **_following_grades(divisions)},
                ),
            ),
        ),
        Group(
            ("tracks",),
            "tracks",
            numbered(tree, ("tracks",), "track", track),
            adds=(_another(tree, ("tracks",), "add-track", new_track),),
        ),
        Group(
            ("limits",),
            "limits",
            tuple(
                Field(("limits", name), "whole", name.replace("_", "-"))
                for name in ("entries_per_student", "entries_per_student_and_track", "entries_per_instructor")
            ),
        ),
        Group(
            (),
            "review",
            (
                Field(("acceptance",), "choice", "acceptance", options("by", ("review", "submission")), ("review",)),
                Field(("review_steps",), "ticks", "review-steps", _level_options(reversed(_levels(tree)))),
            ),
        ),
        perhaps(
            tree,
            ("nominations",),
            "nominations",
            {"level": _levels(tree)[-1] if _levels(tree) else "", "places": {}},
            lambda: (
                Field(("nominations", "level"), "choice", "nominations-level", _level_options(_levels(tree))),
                *_places(tree, ("nominations", "places")),
                Field(("nominations", "except"), "table", "nominations-except", depth=3),
            ),
        ),
    )


def form(tree: Tree) -> tuple[Part, ...]:
    """What the entry form asks in each track, beside what it always asks."""
    asked = (Option("", "edit-asked-no"), *options("asked", ("optional", "needed")))

    def track(path: Path) -> tuple[Part, ...]:
        fields = items_at(tree, (*path, "fields"))
        new = (*path, "fields", len(fields))
        return (
            *(Field((*path, "asks", item), "choice", f"asks-{item}", asked) for item in get_args(StatementField)),
            Group(
                (*path, "fields"),
                "fields",
                numbered(tree, (*path, "fields"), "custom-field", lambda here: _custom_field(tree, here)),
                adds=(
                    Add(
                        new,
                        "add-field",
                        {"id": next_id(_ids(fields), "q")},
                        options("field", FIELD_OPTIONS),
                        sets="type",
                    ),
                ),
                layout="row",
            ),
        )

    return tuple(
        Group(("tracks", position), "form-of", track(("tracks", position)), title=_title(item))
        for position, item in enumerate(items_at(tree, ("tracks",)))
    )


def _custom_field(tree: Tree, path: Path) -> tuple[Part, ...]:
    kind = text_at(tree, (*path, "type"))
    stated = FIELD_OPTIONS.get(kind, ())
    choices = items_at(tree, (*path, "choices"))
    limits: Any = "day" if kind == "date" else "number"

    def perhaps_asked(name: str, field: Field) -> tuple[Field, ...]:
        return (field,) if name in stated or value_at(tree, (*path, name)) is not None else ()

    return (
        *texts((*path, "title"), "field-title"),
        Field((*path, "type"), "choice", "field-type", options("field", FIELD_OPTIONS)),
        *texts((*path, "help"), "field-help"),
        *perhaps_asked("max_length", Field((*path, "max_length"), "whole", "max-length", default=("2000",))),
        *perhaps_asked("min", Field((*path, "min"), limits, f"min-{limits}")),
        *perhaps_asked("max", Field((*path, "max"), limits, f"max-{limits}")),
        *perhaps_asked("decimals", Field((*path, "decimals"), "whole", "decimals", default=("0",))),
        *(
            (
                Group(
                    (*path, "choices"),
                    "choices",
                    numbered(tree, (*path, "choices"), "one-choice", named),
                    adds=(_another(tree, (*path, "choices"), "add-choice", {"id": next_id(_ids(choices), "c")}),),
                    layout="row",
                ),
            )
            if "choices" in stated or choices
            else ()
        ),
        *perhaps_asked("many", Field((*path, "many"), "flag", "many")),
        *perhaps_asked("must", Field((*path, "must"), "flag", "must")),
        Field((*path, "required"), "flag", "field-required"),
        Field((*path, "judges"), "flag", "field-judges"),
        Field((*path, "public"), "flag", "field-public"),
        Field((*path, "id"), "id", "id"),
    )


def rubrics(tree: Tree) -> tuple[Part, ...]:
    def level(path: Path) -> tuple[Part, ...]:
        return (
            Field((*path, "points"), "number", "level-points"),
            *texts((*path, "title"), "level-title"),
            *texts((*path, "text"), "level-text", "area"),
        )

    def levels(path: Path) -> Group:
        label, listed = "levels", items_at(tree, path)
        if not listed:
            full = text_at(tree, (*path[:-1], "max")) or text_at(tree, (*path[:-1], "weight"))
            return Group(path, label, (), adds=(Add(path, "add-levels", first_levels(full)),), layout="row")
        adds = (_another(tree, path, "add-level", {"points": "0"}),)
        return Group(path, label, numbered(tree, path, "level", level), adds=adds, layout="row")

    def criterion(path: Path) -> tuple[Part, ...]:
        return (
            *texts((*path, "title"), "criterion-title"),
            Field((*path, "id"), "id", "id"),
            Field((*path, "weight"), "number", "criterion-weight"),
            Field((*path, "max"), "number", "criterion-max"),
            levels((*path, "levels")),
        )

    def another(path: Path) -> tuple[Add, ...]:
        new = {"id": next_id(_ids(items_at(tree, path)), "c"), "weight": "10"}
        return (_another(tree, path, "add-criterion", new),)

    new = next_id(mapping_at(tree, ("rubrics",)), "rubric")
    return (
        Group(
            ("rubrics",),
            "rubrics",
            keyed(tree, ("rubrics",), "rubric", lambda path: numbered(tree, path, "criterion", criterion), another),
            adds=(Add(("rubrics", new), "add-rubric", [{"id": "c1", "weight": "100"}]),),
        ),
    )


def judging(tree: Tree) -> tuple[Part, ...]:
    rounds = items_at(tree, ("rounds",))

    def panel(path: Path) -> tuple[Part, ...]:
        method = options("method", ("mean", "trimmed-mean", "z-score"))
        return (
            Field((*path, "ballots"), "whole", "ballots"),
            Field((*path, "min_ballots"), "whole", "min-ballots", default=("1",)),
            Field((*path, "method"), "choice", "method", method),
            Field((*path, "drop_high"), "whole", "drop-high", default=("0",)),
            Field((*path, "drop_low"), "whole", "drop-low", default=("0",)),
            Field((*path, "spread_review"), "number", "spread-review"),
            Field((*path, "center"), "number", "center"),
            Field((*path, "scale"), "number", "scale"),
            Field((*path, "without_severity"), "flag", "without-severity"),
        )

    def round_(path: Path) -> tuple[Part, ...]:
        position = int(path[-1])
        following = rounds[position + 1 :]
        goes_on = bool(following) or value_at(tree, (*path, "advance")) is not None
        advance = {"to": text_at(following[0], ("id",)) if following else "", "places": {}}
        return (
            *named(path),
            Field((*path, "heats"), "choice", "heats", (Option("", "edit-heats-none"), *_level_options(_levels(tree)))),
            Field((*path, "new_judges"), "flag", "new-judges"),
            *(_scoring(tree, (*path, "scoring", text_at(track, ("id",))), track) for track in _known_tracks(tree)),
            *(
                (perhaps(tree, (*path, "advance"), "advance", advance, lambda: _advance(tree, path)),)
                if goes_on
                else ()
            ),
        )

    scoring = mapping_at(rounds[-1], ("scoring",)) if rounds else {}
    new_round = {"id": next_id(_ids(rounds), "round"), "scoring": scoring}
    return (
        Group(
            ("panels",),
            "panels",
            keyed(tree, ("panels",), "panel", panel),
            adds=(
                Add(
                    ("panels", next_id(mapping_at(tree, ("panels",)), "panel")),
                    "add-panel",
                    {"ballots": "3", "method": "mean", "min_ballots": "3"},
                ),
            ),
        ),
        Group(
            ("rounds",),
            "rounds",
            numbered(tree, ("rounds",), "round", round_),
            adds=(_another(tree, ("rounds",), "add-round", new_round),),
        ),
        Group(
            (),
            "confirming",
            (
                Field(("sign_off",), "choice", "sign-off", options("sign-off", ("1", "2")), ("1",)),
                Field(("scores_by_one",), "flag", "scores-by-one"),
                Field(("exclusions_by_one",), "flag", "exclusions-by-one"),
                Field(("second_person",), "flag", "second-person"),
            ),
        ),
    )


def awards(tree: Tree) -> tuple[Part, ...]:
    rounds = items_at(tree, ("rounds",))
    last = text_at(rounds[-1], ("id",)) if rounds else ""
    return (
        *(
            Group(("rounds", position), "awards-of", _awards(tree, ("rounds", position)), title=_title(round_))
            for position, round_ in enumerate(rounds)
        ),
        perhaps(
            tree,
            ("instructor_award",),
            "instructor_award",
            {"round": last, "points": {}, "share": ["1", "0.5"], "places": "10"},
            lambda: _instructor_award(tree),
        ),
        perhaps(
            tree,
            ("unit_award",),
            "unit_award",
            {
                "round": last,
                "level": _levels(tree)[-1] if _levels(tree) else "",
                "points": {},
                "value": [{"of": "entries", "full_at": "10", "weight": "50"}],
                "places": "3",
            },
            lambda: _unit_award(tree),
        ),
        perhaps(
            tree,
            ("credits",),
            "credits",
            {"units": [], "grades": ["1", "12"], "rounds": {}, "cap": "10"},
            lambda: _credits(tree),
        ),
    )


def certificates(tree: Tree) -> tuple[Part, ...]:
    rounds = items_at(tree, ("rounds",))
    letters = dict(zip(_ids(rounds), "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=False))
    kinds = {"student": "S", "instructor": "T", "unit": "U"}
    new = {"prefix": "LAUREL", "rounds": letters, "kinds": kinds, "digits": "6"}

    def serials() -> tuple[Part, ...]:
        path: Path = ("serials",)
        return (
            Field((*path, "prefix"), "id", "serial-prefix"),
            Field((*path, "digits"), "whole", "serial-digits"),
            *(
                Field((*path, "rounds", text_at(round_, ("id",))), "line", "serial-round", title=_title(round_))
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
    "rubrics": rubrics,
    "judging": judging,
    "awards": awards,
    "certificates": certificates,
}
"""What each step edits, for the file as it stands."""


def _title(item: Any) -> Any:
    """What an item calls itself: its title, or else the item, which may be a text, or its id."""
    for text in (value_at(item, ("title",)), item):
        if isinstance(text, dict) and any(text_at(text, (language,)) for language in LANGUAGES):
            return {language: text_at(text, (language,)) for language in LANGUAGES}
    return text_at(item, ("id",))


def _ids(items: Iterable[Any]) -> list[str]:
    return [text_at(item, ("id",)) for item in items]


def _levels(tree: Tree) -> list[str]:
    return [level for level in items_at(tree, ("unit_levels",)) if isinstance(level, str)]


def _level_options(levels: Iterable[str]) -> tuple[Option, ...]:
    return tuple(Option(level, f"level-{level}") if level in LEVELS else Option(level, title=level) for level in levels)


def _known_tracks(tree: Tree) -> list[Any]:
    return [track for track in items_at(tree, ("tracks",)) if text_at(track, ("id",))]


def _tools(position: int, count: int) -> tuple[str, ...]:
    hidden = {"up"} if position == 0 else set()
    hidden |= {"down"} if position == count - 1 else set()
    return tuple(tool for tool in MOVABLE if tool not in hidden)


def _another(tree: Tree, path: Path, label: str, value: Any) -> Add:
    """One more at the end of a list."""
    return Add((*path, len(items_at(tree, path))), label, value)


def _slot(name: str, slot: Mapping[str, Any]) -> Group:
    path: Path = ("timeline", name)
    every = ("opens", "closes", "on", "decided_within_working_days")
    stated = SLOTS.get(name, every)
    kinds = {"on": "day", "decided_within_working_days": "whole"}
    fields = (
        Field((*path, key), kinds.get(key, "moment"), key.replace("_", "-"))  # type: ignore[arg-type]
        for key in every
        if key in stated or key in slot
    )
    label = f"timeline-{name}" if name in SLOTS else "slot"
    tools = () if name in NEEDED_SLOTS else ("remove",)
    return Group(path, label, tuple(fields), title=name, tools=tools, layout="row")


def _following_grades(divisions: Iterable[Any]) -> Tree:
    """The grades above those of the divisions that are there."""
    highest = max((int(text_at(item, ("grades", 1)) or 0) for item in divisions if _is_grade(item)), default=0)
    return {"grades": [str(min(highest + 1, 12)), "12"]}


def _is_grade(division: Any) -> bool:
    written = text_at(division, ("grades", 1))
    return written.isascii() and written.isdigit() and len(written) < len("123")


def _works(tree: Tree, track: str) -> Group:
    path: Path = ("works", track)
    new = {"files": ["1", "5"], "types": ["pdf", "image", "video", "archive"], "max_mib": "200"}
    types = options("file", get_args(FileType))
    return perhaps(
        tree,
        path,
        "works",
        new,
        lambda: (
            Field((*path, "files"), "pair", "files", default=("1", "1")),
            Field((*path, "max_mib"), "whole", "max-mib", default=("200",)),
            Field((*path, "types"), "ticks", "types", types, ("pdf", "image", "video", "archive")),
        ),
    )


def _places(tree: Tree, path: Path) -> tuple[Group, ...]:
    """A number for each track and division."""
    divisions = {text_at(division, ("id",)): division for division in items_at(tree, ("divisions",))}
    return tuple(
        Group(
            (*path, text_at(track, ("id",))),
            "places-of",
            tuple(
                Field(
                    (*path, text_at(track, ("id",)), division),
                    "whole",
                    "places-in",
                    title=_title(divisions[division]),
                    cell=True,
                )
                for division in items_at(track, ("divisions",))
                if isinstance(division, str) and division in divisions
            ),
            title=_title(track),
            layout="row",
        )
        for track in _known_tracks(tree)
    )


def _scoring(tree: Tree, path: Path, track: Any) -> Group:
    components = items_at(tree, (*path, "components"))
    ids = [identity for identity in _ids(components) if identity]
    named_keys = [
        *(Option(f"criteria:{identity}", "edit-tie-criteria", identity) for identity in ids),
        *(Option(f"component:{identity}", "edit-tie-component", identity) for identity in ids),
    ]
    panels = tuple(Option(key, title=key) for key in mapping_at(tree, ("panels",)))
    rubric_ids = tuple(Option(key, title=key) for key in mapping_at(tree, ("rubrics",)))

    def component(here: Path) -> tuple[Part, ...]:
        stated = mapping_at(tree, here)
        fields = [Field((*here, "weight"), "number", "component-weight")]
        if "runs" in stated:
            take_ = options("runs", ("best", "sum", "mean"))
            fields += [
                Field((*here, "runs", "count"), "whole", "runs-count"),
                Field((*here, "runs", "take"), "choice", "runs-take", take_),
                Field((*here, "runs", "max"), "number", "runs-max"),
            ]
        if "test" in stated:
            fields.append(Field((*here, "test", "max"), "number", "test-max"))
        if "panel" in stated or "rubric" in stated or not {"runs", "test"} & set(stated):
            fields += [
                Field((*here, "panel"), "choice", "component-panel", panels),
                Field((*here, "rubric"), "choice", "component-rubric", rubric_ids),
            ]
        return (*fields, Field((*here, "id"), "id", "id"))

    def new(name: str, **more: Any) -> Add:
        taken = set(ids)
        identity = name if name not in taken else next_id(taken, name)
        return _another(
            tree, (*path, "components"), f"add-{name}", {"id": identity, "weight": "0" if ids else "100", **more}
        )

    ballots = {"panel": panels[0].value if panels else "", "rubric": rubric_ids[0].value if rubric_ids else ""}
    return Group(
        path,
        "scoring",
        (
            *numbered(tree, (*path, "components"), "component", component),
            Field((*path, "ties"), "order", "ties", (*named_keys, *options("tie", TIE_KEYS))),
        ),
        title=_title(track),
        adds=(
            new("work", **ballots),
            new("run", runs={"count": "2", "take": "best", "max": "100"}),
            new("test", test={"max": "100"}),
        ),
        layout="item",
    )


def _advance(tree: Tree, round_path: Path) -> tuple[Part, ...]:
    path = (*round_path, "advance")
    others = [item for item in items_at(tree, ("rounds",)) if item is not value_at(tree, round_path)]
    ties = options("at-line", ("earliest-submission", "include"))
    remainders = options("remainder", ("entries", "schools", "draw"))
    levels = (Option("", "edit-share-none"), *_level_options(_levels(tree)))
    return (
        Field((*path, "to"), "choice", "advance-to", titled(others)),
        *_places(tree, (*path, "places")),
        Field((*path, "per_school"), "whole", "per-school"),
        Field((*path, "ties_at_line"), "choice", "ties-at-line", ties, ("earliest-submission",)),
        Field((*path, "share_among"), "choice", "share-among", levels),
        Field((*path, "base"), "whole", "advance-base", default=("0",)),
        Field((*path, "remainder_ties"), "order", "remainder-ties", remainders),
        Field((*path, "draw"), "words", "draw"),
    )


def _awards(tree: Tree, round_path: Path) -> tuple[Part, ...]:
    path = (*round_path, "awards")
    tiers = items_at(tree, (*path, "tiers"))

    def tier(here: Path) -> tuple[Part, ...]:
        return (
            *texts((*here, "title"), "tier-title"),
            Field((*here, "id"), "id", "id"),
            Field((*here, "cumulative"), "number", "cumulative"),
            Field((*here, "places"), "whole", "tier-places"),
            Field((*here, "most"), "whole", "tier-most"),
            Field((*here, "min_score"), "number", "min-score"),
        )

    def stated() -> tuple[Part, ...]:
        ties = options("across", ("down", "up", "include"))
        new_tier = {
            "id": next_id(_ids(tiers), "tier"),
            "cumulative": text_at(tiers[-1], ("cumulative",)) if tiers else "10",
        }
        return (
            Group(
                (*path, "tiers"),
                "tiers",
                numbered(tree, (*path, "tiers"), "tier", tier),
                adds=(_another(tree, (*path, "tiers"), "add-tier", new_tier),),
                layout="row",
            ),
            Field((*path, "rule"), "choice", "award-rule", options("rule", ("shares", "bands")), ("shares",)),
            Field((*path, "base"), "choice", "award-base", options("base", ("scored", "valid")), ("scored",)),
            Field((*path, "ties_across_line"), "choice", "ties-across", ties, ("down",)),
            Field((*path, "min_first"), "whole", "min-first", default=("0",)),
            Field((*path, "min_entries"), "whole", "award-min-entries", default=("0",)),
            perhaps(tree, (*path, "otherwise"), "otherwise", {"id": "finalist"}, lambda: named((*path, "otherwise"))),
        )

    return (
        perhaps(tree, path, "awards", {"tiers": [{"id": "first", "cumulative": "10"}]}, stated),
        _specials(tree, round_path, [*tiers, *([value_at(tree, (*path, "otherwise"))])]),
    )


def _specials(tree: Tree, round_path: Path, held: list[Any]) -> Group:
    path = (*round_path, "special")
    specials = items_at(tree, path)
    tracks, divisions = titled(items_at(tree, ("tracks",))), titled(items_at(tree, ("divisions",)))
    components = dict.fromkeys(
        identity
        for scoring in mapping_at(tree, (*round_path, "scoring")).values()
        for identity in _ids(items_at(scoring, ("components",)))
        if identity
    )
    measures = (
        Option("score", "edit-by-score"),
        *(Option(f"component:{identity}", "edit-tie-component", identity) for identity in components),
        *(Option(f"criteria:{identity}", "edit-tie-criteria", identity) for identity in components),
        *options("tie", TIE_KEYS),
    )

    def special(here: Path) -> tuple[Part, ...]:
        earlier = [*held, *specials[: int(here[-1])]]
        return (
            *named(here),
            Field((*here, "by"), "choice", "special-by", measures, ("score",)),
            Field((*here, "per"), "choice", "special-per", options("per", ("round", "track", "group")), ("round",)),
            Field((*here, "places"), "whole", "special-places", default=("1",)),
            Field((*here, "min_score"), "number", "special-min-score"),
            Field(
                (*here, "ties_across_line"),
                "choice",
                "special-ties",
                options("special-tie", ("include", "down")),
                ("include",),
            ),
            Field((*here, "tracks"), "ticks", "special-tracks", tracks),
            Field((*here, "divisions"), "ticks", "special-divisions", divisions),
            Field((*here, "not_with"), "ticks", "not-with", titled(earlier)),
        )

    new = {"id": next_id(_ids(specials), "special")}
    return Group(
        path,
        "special",
        numbered(tree, path, "special-award", special),
        adds=(_another(tree, path, "add-special", new),),
        layout="row",
    )


def _round_options(tree: Tree) -> tuple[Option, ...]:
    return titled(items_at(tree, ("rounds",)))


def _tiers_of(tree: Tree, round_id: str) -> list[Any]:
    """The tiers of a round, and what it gives otherwise."""
    for round_ in items_at(tree, ("rounds",)):
        if text_at(round_, ("id",)) == round_id:
            held = [*items_at(round_, ("awards", "tiers")), value_at(round_, ("awards", "otherwise"))]
            return [tier for tier in held if text_at(tier, ("id",))]
    return []


def _points(tree: Tree, path: Path, round_id: str) -> tuple[Field, ...]:
    """A number for each tier of a round, and for what else is written there."""
    tiers = {text_at(tier, ("id",)): _title(tier) for tier in _tiers_of(tree, round_id)}
    titles = {**{key: key for key in mapping_at(tree, path)}, **tiers}
    return tuple(
        Field((*path, key), "number", "points-of", title=titles[key]) for key in dict.fromkeys([*tiers, *titles])
    )


def _instructor_award(tree: Tree) -> tuple[Part, ...]:
    path: Path = ("instructor_award",)
    round_id = text_at(tree, (*path, "round"))
    return (
        Field((*path, "round"), "choice", "award-round", _round_options(tree)),
        Field((*path, "places"), "whole", "award-places"),
        Field((*path, "share"), "words", "share"),
        *_points(tree, (*path, "points"), round_id),
        Field((*path, "automatic"), "ticks", "automatic", titled(_tiers_of(tree, round_id))),
    )


def _unit_award(tree: Tree) -> tuple[Part, ...]:
    path: Path = ("unit_award",)
    levels = _level_options(_levels(tree))
    items = items_at(tree, (*path, "summary"))

    def item(here: Path) -> tuple[Part, ...]:
        return (
            *texts((*here, "title"), "summary-title"),
            Field((*here, "id"), "id", "id"),
            Field((*here, "max"), "number", "summary-max"),
        )

    def part(here: Path) -> tuple[Part, ...]:
        return (
            Field((*here, "of"), "choice", "value-of", options("value", ("entries", "points", "summary"))),
            Field((*here, "weight"), "number", "value-weight"),
            Field((*here, "full_at"), "number", "full-at"),
        )

    top = _levels(tree)[-2] if len(_levels(tree)) > 1 else ""
    return (
        Field((*path, "round"), "choice", "award-round", _round_options(tree)),
        Field((*path, "level"), "choice", "award-level", levels),
        Field((*path, "places"), "whole", "award-places"),
        *_points(tree, (*path, "points"), text_at(tree, (*path, "round"))),
        Group(
            (*path, "value"),
            "value",
            numbered(tree, (*path, "value"), "value-part", part),
            adds=(_another(tree, (*path, "value"), "add-value", {"of": "points", "full_at": "10", "weight": "50"}),),
            layout="row",
        ),
        Group(
            (*path, "summary"),
            "summary",
            numbered(tree, (*path, "summary"), "summary-item", item),
            adds=(
                _another(tree, (*path, "summary"), "add-summary", {"id": next_id(_ids(items), "item"), "max": "20"}),
            ),
            layout="row",
        ),
        Field((*path, "eligible", "min_entries"), "whole", "eligible-entries", default=("0",)),
        Field((*path, "eligible", "min_tracks"), "whole", "eligible-tracks", default=("0",)),
        Field((*path, "eligible", "no_violation"), "flag", "no-violation"),
        perhaps(
            tree,
            (*path, "recommend"),
            "recommend",
            {"level": top, "places": "2"},
            lambda: (
                Field((*path, "recommend", "level"), "choice", "award-level", levels),
                Field((*path, "recommend", "places"), "whole", "recommend-places"),
                Field((*path, "recommend", "except"), "table", "recommend-except"),
            ),
        ),
        perhaps(
            tree,
            (*path, "bodies"),
            "bodies",
            {"level": top, "places": "1"},
            lambda: (
                Field((*path, "bodies", "level"), "choice", "award-level", levels),
                Field((*path, "bodies", "places"), "whole", "award-places"),
                Field((*path, "bodies", "min_eligible"), "whole", "min-eligible", default=("1",)),
            ),
        ),
    )


def _credits(tree: Tree) -> tuple[Part, ...]:
    path: Path = ("credits",)
    return (
        Field((*path, "units"), "words", "credit-units"),
        Field((*path, "grades"), "pair", "credit-grades", GRADES),
        Field((*path, "participation"), "number", "participation", default=("0",)),
        Field((*path, "cap"), "number", "cap"),
        *(
            Group(
                (*path, "rounds", text_at(round_, ("id",))),
                "credits-of",
                _points(tree, (*path, "rounds", text_at(round_, ("id",))), text_at(round_, ("id",))),
                title=_title(round_),
                layout="row",
            )
            for round_ in items_at(tree, ("rounds",))
            if _tiers_of(tree, text_at(round_, ("id",)))
        ),
    )
