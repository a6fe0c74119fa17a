"""No word of a state outside its enumeration: `python -m tests.support.states` names every place that spells one out.

A state is a subclass of `shared.states.State`. Whatever is annotated with one, a field, a parameter, a variable or a
function, makes its name one of a state in that service; a key of a document of the same name holds a state too. A text
that is one of the words of that state, compared with such a name, assigned to it, passed or returned under it, is told;
so is a row of words of one state, and a mapping from them. In templates states are compared by their words, each of
which must be one.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
PLACES = ("shared", "laurel", "services/registration", "services/judging", "services/certificates")
BASE = "State"

Words = Mapping[str, str]
"""The words of a state, each with the name of its member."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A word of a state that is spelled out."""

    line: int
    column: int
    word: str
    member: str


@dataclass(slots=True)
class Known:
    """The states that a piece of code may speak of, and the names under which they are kept."""

    states: dict[str, Words] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    others: set[str] = field(default_factory=set)
    """Names under which a text that is no state is kept somewhere."""

    def learn(self, trees: Iterable[ast.Module]) -> "Known":
        """The same with what these modules define and annotate."""
        trees = list(trees)
        names = defaultdict(set, {name: set(states) for name, states in self.names.items()})
        known = Known(dict(self.states), names, set(self.others))
        for tree in trees:
            known.states |= _states_of(tree)
        for tree in trees:
            for name, annotation in _annotated(tree):
                mentioned = _mentioned(annotation)
                known.names[name] |= mentioned & known.states.keys()
                if mentioned.isdisjoint(known.states) and not mentioned <= {"int", "bool"}:
                    known.others.add(name)
        return known

    def member(self, word: str, states: Iterable[str]) -> str:
        """The member of one of these states that has this word; empty if none has."""
        holders = (state for state in sorted(states) if word and word in self.states[state])
        return next((f"{state}.{self.states[state][word]}" for state in holders), "")


def literals(tree: ast.Module, known: Known) -> list[Literal]:
    """Every word of a state that the module spells out."""
    told: dict[tuple[int, int], Literal] = {}
    for node in ast.walk(tree):
        for name, values in _held(node):
            for text in (text for value in values for text in _texts(value)):
                _tell(told, text, known.member(text.value, known.names.get(name, ())))
        row = _row(node)
        state = next(
            (state for state, words in known.states.items() if {text.value for text in row} <= words.keys()), ""
        )
        if len({text.value for text in row}) > 1 and state:
            for text in row:
                _tell(told, text, known.member(text.value, [state]))
    return sorted(told.values(), key=lambda literal: (literal.line, literal.column))


def strangers(template: str, known: Known) -> list[Literal]:
    """Every text that a template compares with a state and that is none of its words."""
    told: list[Literal] = []
    for compared in Environment(extensions=["jinja2.ext.do"], autoescape=True).parse(template).find_all(nodes.Compare):
        name = _template_name(compared.expr)
        states = set[str]() if name in known.others else known.names.get(name, set())
        texts = [text for operand in compared.ops for text in operand.find_all(nodes.Const)] if states else []
        strange = (text for text in texts if isinstance(text.value, str) and not known.member(text.value, states))
        told += [Literal(text.lineno, 0, text.value, "") for text in strange]
    return told


@dataclass(frozen=True, slots=True)
class _Text:
    value: str
    node: ast.Constant


def _states_of(tree: ast.Module) -> dict[str, Words]:
    return {
        node.name: {
            line.value.value: target.id
            for line in node.body
            if isinstance(line, ast.Assign)
            if isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)
            for target in line.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(_name(base) == BASE for base in node.bases)
    }


def _annotated(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            yield _name(node.target), node.annotation
        elif isinstance(node, ast.arg) and node.annotation:
            yield node.arg, node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield node.name, node.returns


def _mentioned(annotation: ast.expr) -> set[str]:
    """The names in an annotation, also in one that is quoted."""
    return {
        name
        for node in ast.walk(annotation)
        for name in ([node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else [_name(node)])
    }


def _held(node: ast.AST) -> Iterator[tuple[str, list[ast.expr | ast.pattern]]]:
    """Names with what is compared with them, assigned to them, passed or returned under them."""
    match node:
        case ast.Compare():
            operands = [node.left, *node.comparators]
            for operand in operands:
                yield _name(operand), [other for other in operands if other is not operand]
        case ast.keyword(arg=str(name)):
            yield name, [node.value]
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, [value]
        case ast.List(elts=[ast.Constant(value=str(name)), *others]) if name.startswith("$"):
            yield name[1:].rpartition(".")[2], list(others)
        case ast.Assign():
            for target in node.targets:
                yield _name(target), [node.value]
        case ast.AnnAssign(value=ast.expr() as value):
            yield _name(node.target), [value]
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), fallback]):
            yield name, [fallback]
        case ast.Call():
            yield _name(node.func), list(node.args)
        case ast.Match():
            yield _name(node.subject), [case.pattern for case in node.cases]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield node.name, [line.value for line in ast.walk(node) if isinstance(line, ast.Return) and line.value]
            named = [*node.args.posonlyargs, *node.args.args]
            given = zip(reversed(named), reversed(node.args.defaults), strict=False)
            for argument, default in given:
                yield argument.arg, [default]
            for argument, otherwise in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
                yield argument.arg, [otherwise] if otherwise else []


def _name(node: ast.AST) -> str:
    """What the value is called, in its last part: a name, an attribute, a key, or the function that it comes from."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return name
        case ast.Call():
            return _name(node.func)
    return ""


def _texts(value: ast.expr | ast.pattern) -> Iterator[_Text]:
    """The texts that a value is or may be, alone or among others."""
    match value:
        case ast.Constant(value=str(text)):
            yield _Text(text, value)
        case ast.Tuple() | ast.List() | ast.Set():
            for element in value.elts:
                yield from _texts(element)
        case ast.IfExp():
            yield from _texts(value.body)
            yield from _texts(value.orelse)
        case ast.BoolOp():
            for operand in value.values:
                yield from _texts(operand)
        case ast.Dict():  # an operator of a query, such as $in
            for key, inner in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and str(key.value).startswith("$"):
                    yield from _texts(inner)
        case ast.Call(func=ast.Name(id="frozenset" | "set" | "tuple" | "list"), args=[inner]):
            yield from _texts(inner)
        case ast.MatchValue():
            yield from _texts(value.value)
        case ast.MatchOr():
            for pattern in value.patterns:
                yield from _texts(pattern)


def _row(node: ast.AST) -> list[_Text]:
    """The texts of a row of nothing but texts, or of the keys of a mapping."""
    match node:
        case ast.Tuple() | ast.List() | ast.Set():
            elements: list[ast.expr | None] = list(node.elts)
        case ast.Dict():
            elements = list(node.keys)
        case _:
            return []
    texts = [
        _Text(element.value, element)
        for element in elements
        if isinstance(element, ast.Constant) and isinstance(element.value, str)
    ]
    return texts if len(texts) == len(elements) else []


def _tell(told: dict[tuple[int, int], Literal], text: _Text, member: str) -> None:
    if member:
        place = text.node.lineno, text.node.col_offset
        told.setdefault(place, Literal(*place, text.value, member))


def _template_name(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return node.attr
        case nodes.Getitem(arg=nodes.Const(value=name)):
            return str(name)
    return ""


def _modules(place: str) -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in sorted((ROOT / place).rglob("*.py"))}


def main() -> int:
    """Say where a word of a state is spelled out; 1 if anywhere."""
    modules = {place: _modules(place) for place in PLACES}
    shared, count = Known().learn(modules["shared"].values()), 0
    for place, trees in modules.items():
        known = shared.learn(trees.values())
        told = {path: literals(tree, known) for path, tree in trees.items()}
        told |= {path: strangers(path.read_text(), known) for path in sorted((ROOT / place).rglob("*.html"))}
        for path, stored_literals in told.items():
            for literal in stored_literals:
                where = f"{path.relative_to(ROOT)}:{literal.line}"
                sys.stdout.write(f"{where}: {literal.word!r} {literal.member or 'is no such state'}\n")
                count += 1
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
