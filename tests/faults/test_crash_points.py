"""A service dies at every await that matters, once each, and the season comes to the same results and certificates."""

from contextlib import closing
from pathlib import Path

import pytest

from laurel.client import Client
from laurel.reconcile import compare, nothing_on_the_way
from laurel.season_folder import read_folder
from laurel.season_run import Run
from shared.crash_points import PLACES
from tests.conftest import EXAMPLE, EXPECTED
from tests.support.folders import differences
from tests.support.installation import SECRET, ThreeProcesses

RELAY = ("relay.before-publish", "relay.published", "relay.marked")
DELIVERY = ("delivery.received", "delivery.applied", "delivery.acknowledged")
GROUP = ("group.before-write", "group.written")
CRASHES = {
    "registration": [*(f"{place}:2" for place in (*GROUP, *RELAY)), *DELIVERY],
    "judging": [*GROUP, *RELAY, *DELIVERY, "results.begun:1", "results.saved:2"],
    "certificates": [*GROUP, *RELAY, *DELIVERY],
}
SCENARIOS = [
    {service: places[number % len(places)] for service, places in CRASHES.items()}
    for number in range(max(map(len, CRASHES.values())))
]
"""All three services die in the same season, each at a place of its own; every place of each service comes up."""


def test_every_place_has_its_crash() -> None:
    elsewhere = {"download.stored"}  # after the season: tests/journeys/test_the_road.py
    elsewhere |= {"migration.part", "migration.run"}  # before it: tests/integration/test_migrations.py
    assert {place.partition(":")[0] for places in CRASHES.values() for place in places} | elsewhere == set(PLACES)


@pytest.mark.parametrize("places", SCENARIOS, ids=[" ".join(places.values()) for places in SCENARIOS])
def test_crashes_change_nothing(unstarted: ThreeProcesses, tmp_path: Path, places: dict[str, str]) -> None:
    unstarted.environment_of = {service: {"LAUREL_CRASH_AT": place} for service, place in places.items()}
    unstarted.start_crashing()
    with closing(Client(unstarted.url, "en")) as client:
        client.sign_in_as_operator(SECRET)
        run = Run(read_folder(EXAMPLE), client, lambda _: None)

        run.open()
        run.hand_over()
        run.judge()
        run.write_results(tmp_path / "results")

        assert unstarted.crashed == set(places), "one never came to its place"
        assert differences(tmp_path / "results", EXPECTED) == []
        client.wait_for("quiet", lambda: nothing_on_the_way(client))
        assert [comparison for comparison in compare(client, run.season) if not comparison.agreed] == []
