"""YAML as season files need it: text, lists and mappings, of a size that people write."""

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
    """What comes twice stands twice: anchors would not be read again."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def write_yaml(tree: Any) -> str:
    """The text that `read_yaml` reads as this."""
    return yaml.dump(tree, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=120)


def _too(what: str, place: Any) -> yaml.YAMLError:
    return yaml.YAMLError(f"{what}, line {place.start_mark.line + 1}")
