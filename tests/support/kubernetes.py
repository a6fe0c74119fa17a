"""Objects of Kubernetes against the schemas that their makers publish, without a network.

Those of Kubernetes come out of the wheel of `kubernetes-validate`, those of KEDA and of the Prometheus operator with
packages that were generated from them; for MongoDBCommunity there is a short one of our own.
"""

import importlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tests.support.kustomize import Manifest, render

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
WHEELS = ROOT / ".venv" / "schemas"
VERSIONS = ("1.30.0", "1.37.0")
"""The oldest that has all that is used, and the newest whose schemas are at hand."""
MODELS = {
    "keda.sh/v1alpha1": "cloudcoil.models.keda.v1alpha1",
    "monitoring.coreos.com/v1": "cloudcoil.models.prometheus_operator.v1",
}
OWN = {"MongoDBCommunity": ROOT / "tests" / "data" / "kubernetes" / "mongodbcommunity.yaml"}


def folders() -> list[Path]:
    """Every folder that somebody applies."""
    return [*sorted((KUBERNETES / "overlays").iterdir()), KUBERNETES / "nats"]


@cache
def _wheel() -> zipfile.ZipFile:
    (file,) = WHEELS.glob("kubernetes_validate-*.whl")
    return zipfile.ZipFile(file)


@cache
def _contents(version: str, name: str) -> Any:
    return json.loads(_wheel().read(f"kubernetes_validate/kubernetes-json-schema/v{version}-local-strict/{name}.json"))


@cache
def _core(version: str, kind: str, group: str) -> Draft202012Validator:
    schema = _contents(version, f"{kind.lower()}-{group}")
    registry: Registry[Any] = Registry()
    registry = Resource.from_contents(schema) @ (Resource.from_contents(_contents(version, "_definitions")) @ registry)
    return Draft202012Validator(schema, registry=registry)


def strict(schema: Any) -> Any:
    """The schema, but what it does not name is refused where it names anything."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(item) for key, item in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


@cache
def _custom(api: str, kind: str) -> Draft202012Validator:
    if kind in OWN:
        return Draft202012Validator(yaml.safe_load(OWN[kind].read_text()))
    model = getattr(importlib.import_module(MODELS[api]), kind)
    return Draft202012Validator(strict(model.model_json_schema()))


def validators(item: Manifest) -> list[Draft202012Validator]:
    """All that this object has to please.

    Raises:
        KeyError: nobody knows its kind.
    """
    api, kind = item["apiVersion"], item["kind"]
    if kind in OWN or api in MODELS:
        return [_custom(api, kind)]
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api)
    return [_core(version, kind, group) for version in VERSIONS]


def faults(item: Manifest) -> Iterator[str]:
    """What its schemas say against an object."""
    for validator in validators(item):
        for error in validator.iter_errors(item):
            yield f"{item['kind']} {item['metadata']['name']}: {error.json_path}: {error.message[:200]}"


def main() -> int:
    """Say how many objects are as their schemas want them."""
    items = [(folder, item) for folder in folders() for item in render(folder)]
    wrong = [(folder, list(faults(item))) for folder, item in items]
    for folder, said in wrong:
        for line in said:
            sys.stdout.write(f"{folder.name}: {line}\n")
    right = sum(not said for _, said in wrong)
    sys.stdout.write(f"validated {right} of {len(items)} objects, Kubernetes {' and '.join(VERSIONS)}\n")
    return right != len(items)


if __name__ == "__main__":
    sys.exit(main())
