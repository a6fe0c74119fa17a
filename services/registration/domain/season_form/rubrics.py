"""Criteria, what they are out of, and descriptions of levels."""

from decimal import Decimal, InvalidOperation

from services.registration.domain.season_form.builders import add_another, ids_of, keyed, next_id, numbered, texts
from services.registration.domain.season_form.parts import Add, Field, Group, Part
from services.registration.domain.season_form.tree import Path, Tree, items_at, mapping_at, text_at

USUAL_PARTS = (Decimal("1.7"), Decimal("1.3"), Decimal("0.9"), Decimal(0))
"""From which part of twice the points the four usual levels begin."""
MOST_POINTS = 10**6


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
        adds = (add_another(tree, path, "add-level", {"points": "0"}),)
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
        new = {"id": next_id(ids_of(items_at(tree, path)), "c"), "weight": "10"}
        return (add_another(tree, path, "add-criterion", new),)

    new = next_id(mapping_at(tree, ("rubrics",)), "rubric")
    return (
        Group(
            ("rubrics",),
            "rubrics",
            keyed(tree, ("rubrics",), "rubric", lambda path: numbered(tree, path, "criterion", criterion), another),
            adds=(Add(("rubrics", new), "add-rubric", [{"id": "c1", "weight": "100"}]),),
        ),
    )
