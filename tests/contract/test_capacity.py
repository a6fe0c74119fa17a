"""The page of capacity is what its model computes, from what was measured and for what the manifests give."""

import re
from pathlib import Path

import pytest
import yaml

from tests.support.capacity import GIB, SIZES, TIB, Bounds, Costs, Habits, ends, needs, peak, tables
from tests.support.kubernetes import KUBERNETES
from tests.support.kustomize import Manifest, render

ROOT = Path(__file__).parents[2]
NATION = render(KUBERNETES / "overlays" / "nation")
UNITS = {"Gi": GIB, "Ti": TIB, "GB": 1e9}


def amount(text: str) -> float:
    """A quantity as Kubernetes and NATS write it, in bytes."""
    number, unit = re.search(r"(\d+)\s*(\w+)", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


def named(kind: str, name: str) -> Manifest:
    (item,) = (item for item in NATION if (item["kind"], item["metadata"]["name"]) == (kind, name))
    return item


def test_the_page_shows_what_is_computed() -> None:
    """After a change of costs: `python -m tests.support.capacity`, and put its tables into the page."""
    page = (ROOT / "docs" / "capacity.md").read_text()

    for table in tables().split("\n\n"):
        assert table in page


@pytest.mark.parametrize(
    "figure", ["640", "255", "265", "433.4", "73.4", "4,445", "919.8", "195.2", "6,814.4", "1,060.7"]
)
def test_a_cost_was_measured(figure: str) -> None:
    assert figure in (ROOT / "docs" / "measurements.md").read_text()


def test_the_bounds_are_those_of_the_nation() -> None:
    """Keeps away: a page that reckons with machines which the manifests do not give."""
    bounds = Bounds()
    mongo = named("MongoDBCommunity", "laurel-mongo")["spec"]["statefulSet"]["spec"]
    judging = named("Deployment", "judging")["spec"]["template"]["spec"]["containers"][0]
    values = yaml.safe_load((KUBERNETES / "nats" / "values.yaml").read_text())

    assert named("ScaledObject", "registration")["spec"]["maxReplicaCount"] == bounds.pods
    assert amount(mongo["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]) == bounds.volume_bytes
    assert amount(judging["resources"]["limits"]["memory"]) == bounds.judging_bytes
    assert amount(values["config"]["jetstream"]["merge"]["max_file"]) == bounds.stream_bytes


def test_the_nation_carries_three_million_entries_once_works_lie_elsewhere() -> None:
    reached = ends(Costs(), Habits(), Bounds())

    ending = {name for name, entries in reached.items() if entries < SIZES[-1]}
    assert ending == {"the volume of MongoDB, works in the database"}
    assert list(reached.values()) == sorted(reached.values())


def test_the_surge_is_steepest_at_its_end() -> None:
    """A tenth in the last hour; the last second is 1 / ln 2 as busy as the mean of it."""
    assert peak(36_000, Habits()) == pytest.approx(1 / 0.693147, rel=1e-5)
    assert needs(3_000_000, Costs(), Habits())["entries in the last hour"] == "300,000"
