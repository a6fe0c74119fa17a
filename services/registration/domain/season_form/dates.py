"""The timeline of a season, its calendar and the windows of its rounds."""

from collections.abc import Mapping
from typing import Any

from services.registration.domain.season_form.builders import title_of
from services.registration.domain.season_form.parts import Add, Field, Group, Option, Part
from services.registration.domain.season_form.tree import Path, Tree, items_at, mapping_at

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
        rounds.append(Group((*path, "judging"), "judging-of", tuple(fields), title=title_of(round_), layout="row"))
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
