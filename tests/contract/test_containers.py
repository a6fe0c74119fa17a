"""The containers: one least-privileged user a service, no default secret, only a service's own code in its image."""

import re
from pathlib import Path

import pytest
import yaml

from services.certificates import main as certificates
from services.judging import main as judging
from services.registration import main as registration
from shared.messaging.permissions import may_publish, may_subscribe
from shared.messaging.topology import ServiceTopology

ROOT = Path(__file__).parents[2]
NATS = (ROOT / "deploy" / "nats.conf").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()
TOPOLOGIES = (registration.TOPOLOGY, judging.TOPOLOGY, certificates.TOPOLOGY)


def granted(user: str) -> tuple[set[str], set[str]]:
    """What `deploy/nats.conf` lets this user publish and subscribe."""
    section = NATS[NATS.index(f"user: {user},") :]
    section = section[: section.find("{ user:", 5) if "{ user:" in section[5:] else None]
    publish, _, subscribe = section.partition("subscribe:")
    quoted = re.compile(r'"([^"]+)"')
    return set(quoted.findall(publish)), set(quoted.findall(subscribe))


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda one: one.service)
def test_a_service_may_do_what_it_needs_and_nothing_beyond(topology: ServiceTopology) -> None:
    assert granted(topology.service) == (may_publish(topology), may_subscribe(topology))


def test_only_certificates_may_read_names_and_only_registration_may_write_them() -> None:
    reads = {one.service for one in TOPOLOGIES if any("NEXT.PEOPLE" in right for right in granted(one.service)[0])}
    writes = {one.service for one in TOPOLOGIES if "people.>" in granted(one.service)[0]}

    assert reads == {"certificates"}
    assert writes == {"registration"}


def test_durability_is_not_left_to_the_default() -> None:
    assert "sync_interval: always" in NATS


def test_no_secret_has_a_default() -> None:
    assert re.findall(r"\$\{[A-Z_]*(?:PASSWORD|SECRET|KEY)[A-Z_]*:-", COMPOSE) == []
    for line in COMPOSE.splitlines():
        if re.search(r"PASSWORD|SECRET|MONGO_KEY", line) and ":" in line:
            assert "${" in line or "environ" in line or line.strip().startswith("-"), line


def test_only_the_proxy_is_reachable_from_outside() -> None:
    services = yaml.safe_load(COMPOSE)["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


@pytest.mark.parametrize("name", ["registration", "judging", "certificates"])
def test_an_image_holds_its_own_service_and_runs_as_nobody_special(name: str) -> None:
    text = (ROOT / "services" / name / "Dockerfile").read_text()
    others = {"registration", "judging", "certificates"} - {name}

    assert "USER laurel" in text
    assert "HEALTHCHECK" in text
    assert "--mount" not in text
    assert not any(f"services/{other}" in text for other in others)
