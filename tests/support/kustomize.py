"""As much of kustomize as `deploy/kubernetes` uses; anything beyond is an error, so that nothing is passed over.

Names of generated ConfigMaps stay without the hash that kustomize adds.
"""

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
KNOWN = {"apiVersion", "kind", "namespace", "resources", "images", "patches", "configMapGenerator"}
ACROSS = {"Namespace"}
"""Kinds that lie in no namespace."""


def render(folder: Path) -> list[Manifest]:
    """What `kubectl kustomize FOLDER` gives, but for the order and the hashes in names.

    Raises:
        ValueError: the kustomization uses something that this does not know.
    """
    text = yaml.safe_load((folder / "kustomization.yaml").read_text())
    if unknown := set(text) - KNOWN:
        raise ValueError(f"{folder}: {sorted(unknown)}")
    manifests = [item for name in text.get("resources", ()) for item in _read((folder / name).resolve())]
    for generator in text.get("configMapGenerator", ()):
        _generate(folder, generator, manifests)
    for patch in text.get("patches", ()):
        apply_patch(patch, manifests)
    for image in text.get("images", ()):
        _rename(image, manifests)
    for item in manifests:
        if item["kind"] not in ACROSS:
            item["metadata"]["namespace"] = text["namespace"]
    return manifests


def _read(place: Path) -> list[Manifest]:
    if place.is_dir():
        return render(place)
    # Anchors are one object in many places until they are written out.
    return [copy.deepcopy(_unshared(item)) for item in yaml.safe_load_all(place.read_text())]


def _unshared(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _generate(folder: Path, generator: Mapping[str, Any], manifests: list[Manifest]) -> None:
    if unknown := set(generator) - {"name", "literals", "files", "behavior", "options"}:
        raise ValueError(f"{folder}: {sorted(unknown)}")
    data = dict(literal.split("=", 1) for literal in generator.get("literals", ()))
    data |= {name: (folder / name).read_text() for name in generator.get("files", ())}
    if generator.get("behavior") == "merge":
        (former,) = (item for item in manifests if is_named(item, "ConfigMap", generator["name"]))
        former["data"] |= data
        return
    metadata = {"name": generator["name"]}
    if labels := generator.get("options", {}).get("labels"):
        metadata["labels"] = labels
    manifests.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def is_named(item: Manifest, kind: str, name: str) -> bool:
    """Whether this is the object of that kind and name."""
    return bool(item["kind"] == kind and item["metadata"]["name"] == name)


def apply_patch(patch: Mapping[str, Any], manifests: list[Manifest]) -> None:
    """Change every object that the patch is for, step by step (RFC 6902).

    Raises:
        ValueError: there is no such object, or a step that this does not know.
    """
    target = patch["target"]
    if unknown := set(target) - {"kind", "name"}:
        raise ValueError(f"target: {sorted(unknown)}")
    chosen = [
        item
        for item in manifests
        if item["kind"] == target["kind"] and target.get("name") in (None, item["metadata"]["name"])
    ]
    if not chosen:
        raise ValueError(f"nothing to patch: {target}")
    for item in chosen:
        for step in yaml.safe_load(patch["patch"]):
            _step(item, step)


def _step(item: Manifest, step: Mapping[str, Any]) -> None:
    if step["op"] not in ("replace", "add"):
        raise ValueError(step["op"])
    *way, last = [part.replace("~1", "/") for part in step["path"].strip("/").split("/")]
    place: Any = item
    for part in way:
        place = place[int(part) if isinstance(place, list) else part]
    key = int(last) if isinstance(place, list) else last
    if (step["op"] == "replace") != (isinstance(place, list) or key in place):
        raise ValueError(f"{step['op']} {step['path']}")
    place[key] = step["value"]


def containers(value: Any) -> Iterator[Manifest]:
    """Every container anywhere in an object."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("containers", "initContainers"):
                yield from item
            else:
                yield from containers(item)
    elif isinstance(value, list):
        for item in value:
            yield from containers(item)


def _rename(image: Mapping[str, str], manifests: list[Manifest]) -> None:
    for container in containers(manifests):
        if container.get("image") == image["name"]:
            container["image"] = f"{image.get('newName', image['name'])}:{image['newTag']}"
