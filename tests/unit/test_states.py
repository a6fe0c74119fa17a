"""The check that no word of a state is spelled out outside its enumeration finds what is planted, and nothing else."""

import ast

import pytest

from tests.support.states import Known, literals, strangers

STATES = """
class Light(State):
    RED = "red"
    GREEN = "green"

class Other(State):
    WIDE = "wide"

class Lamp:
    light: Light
    kind: str
    lights: Sequence["Light"]

def light_of(lamp: Lamp) -> Light: ...
"""
KNOWN = Known().learn([ast.parse(STATES)])


@pytest.mark.parametrize("planted", [
    'lamp.light == "red"', '"red" != lamp.light', 'document["light"] in ("red", "blue")', 'document.get("light") == "red"',
    'lamp.light not in {"red"}', 'light_of(lamp) == "red"', 'Lamp(light="red")', 'light = "red" if dark else LATER',
    'document["light"] = "red"', 'find({"light": "red"})', 'find({"light": {"$ne": "red"}})', 'find({"light": {"$in": ["red"]}})',
    '{"$eq": ["$light", "red"]}', '{"$eq": ["$lamp.light", "red"]}', 'document.get("light", "red")', 'lamp.light_of("red")',
    'def shine(lamp, light="red"): ...', 'def shine(*, light="red"): ...', 'def light_of(lamp): return "red"',
    'match lamp.light:\n    case "red" | "blue": ...', 'STOPS = ("red", "green")', 'STOPS = {"red": 1, "green": 2}',
    'lights = frozenset({"red"})', 'light: Light = "red"', 'Literal["red", "green"]', 'lamp.light == (old or "red")',
])  # fmt: skip
def test_a_word_of_a_state_is_found(planted: str) -> None:
    assert {literal.member for literal in literals(ast.parse(planted), KNOWN)} - {"Light.GREEN"} == {"Light.RED"}


@pytest.mark.parametrize("harmless", [
    'lamp.light == Light.RED', 'lamp.light == "blue"', 'lamp.kind == "red"', 'paint("red")', 'light == "wide"',
    '{"red": 1, "blue": 2}', '("red",)', 'find({"light": 1, "colour": "red"})', '"the light is red"', 'lamp.light == ""',
])  # fmt: skip
def test_what_is_no_state_is_left_alone(harmless: str) -> None:
    assert literals(ast.parse(harmless), KNOWN) == []


def test_a_template_compares_a_state_with_its_words_alone() -> None:
    assert (
        strangers("{% if lamp.light == 'red' or light in ('green',) or lamp.kind == 'bleu' %}{% endif %}", KNOWN) == []
    )
    told = strangers("\n{% if lamp.light == 'rot' or light not in ('green', 'grün') %}{% endif %}", KNOWN)
    assert [(literal.line, literal.word) for literal in told] == [(2, "rot"), (2, "grün")]
