"""YAML as season files need it: text, lists and mappings, of a size that people write."""

from collections.abc import Iterable
from typing import Any

import yaml

LONGEST, LONGEST_SCALAR = 128 * 1024, 10_000
"""Characters of a file and of one value in it; the largest season that we know has ten thousand."""
DEEPEST, MOST_NODES = 16, 10_000

_Reader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""It builds only text, lists and mappings; in C where it is there, ten times as fast."""


class _Plain(_Reader):  # type: ignore[misc]
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        result: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(result) < len(node.value):
            raise _too("a key stands twice", node)
        return result


def read_yaml(text: str) -> Any:
    """What the text says. It is looked through before anything is built of it.

    Raises:
        yaml.YAMLError: it is not YAML, or more than people write: anchors and aliases, a key that stands twice, very
            long values, very many or very deep ones.
    """
    if len(text) > LONGEST:
        raise yaml.YAMLError(f"more than {LONGEST} characters")
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_Reader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _too("anchors and aliases are not read", event)
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _too(f"deeper than {DEEPEST}", event)
        if nodes > MOST_NODES:
            raise _too(f"more than {MOST_NODES} values", event)
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > LONGEST_SCALAR:
            raise _too(f"a value of more than {LONGEST_SCALAR} characters", event)
    return yaml.load(text, Loader=_Plain)  # noqa: S506 - it builds only text, lists and mappings


class _Writer(yaml.SafeDumper):
    """Short lists and small mappings on one line, as people write season files; what comes twice stands twice: anchors
    would not be read again.
    """

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _mapping(writer: _Writer, data: dict[str, Any]) -> yaml.Node:
    flat = len(data) <= SHORT and all(not isinstance(value, dict | list) for value in data.values())
    return writer.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=flat)


def _list(writer: _Writer, data: list[Any]) -> yaml.Node:
    return writer.represent_sequence(
        "tag:yaml.org,2002:seq", data, flow_style=all(not isinstance(value, dict | list) for value in data)
    )


SHORT = 4
_Writer.add_representer(dict, _mapping)
_Writer.add_representer(list, _list)


def write_yaml(tree: Any) -> str:
    """The text that `read_yaml` reads as this."""
    return yaml.dump(tree, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=120)


def lines_of(text: str, paths: Iterable[str]) -> dict[str, int]:
    """The line, counted from 1, where each of these paths stands: keys, positions and ids, with dots between them.

    Of a path that is not there it is the line of the nearest part around it; none for a text that cannot be read.
    """
    try:
        read_yaml(text)  # what it refuses is not composed either
        root = yaml.compose(text, Loader=_Reader)
    except yaml.YAMLError:
        return {}
    return {path: _line_of(root, path) for path in paths if path and root}


def _line_of(root: yaml.Node, path: str) -> int:
    line, node = root.start_mark.line + 1, root
    for part in path.split("."):
        step = _step(node, part)
        if step is None:
            break
        line, node = step
    return line


def _step(node: yaml.Node | None, part: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            identity = _step(item, "id")
            if str(number) == part or (identity and identity[1].value == part):
                return item.start_mark.line + 1, item
    return None


def _too(what: str, place: Any) -> yaml.YAMLError:
    return yaml.YAMLError(f"{what}, line {place.start_mark.line + 1}")
