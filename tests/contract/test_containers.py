"""The containers: one least-privileged user a service, no default secret, only a service's own code in its image."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.certificates import topology as certificates
from services.judging import topology as judging
from services.registration import topology as registration
from shared.messaging.topology import ServiceTopology
from tests.support.nats_permissions import may_publish, may_subscribe

ROOT = Path(__file__).parents[2]
RIGHTS = {"keys": {"CHOWN"}}
"""What a container may do beyond nothing: `keys` gives the key of the database to the database's user."""
ONCE = {"keys", "provision"}
ROOTS = {"keys"}
NATS = (ROOT / "deploy" / "nats.conf").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()
CONTAINERS: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
TOPOLOGIES = (registration.TOPOLOGY, judging.TOPOLOGY, certificates.TOPOLOGY)


def granted(user: str) -> tuple[set[str], set[str]]:
    """What `deploy/nats.conf` lets this user publish and subscribe."""
    section = NATS[NATS.index(f"user: {user},") :]
    section = section[: section.find("{ user:", 5) if "{ user:" in section[5:] else None]
    publish, _, subscribe = section.partition("subscribe:")
    quoted = re.compile(r'"([^"]+)"')
    return set(quoted.findall(publish)), set(quoted.findall(subscribe))


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda item: item.service)
def test_a_service_may_do_what_it_needs_and_nothing_beyond(topology: ServiceTopology) -> None:
    assert granted(topology.service) == (may_publish(topology), may_subscribe(topology))


def test_only_certificates_may_read_names_and_only_registration_may_write_them() -> None:
    reads = {
        topology.service
        for topology in TOPOLOGIES
        if any("NEXT.PEOPLE" in right for right in granted(topology.service)[0])
    }
    writes = {topology.service for topology in TOPOLOGIES if "people.>" in granted(topology.service)[0]}

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
    assert [name for name, service in CONTAINERS.items() if "ports" in service] == ["proxy"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_sealed(name: str) -> None:
    """Whoever gets into one finds nothing to write, no rights, and no more than its share of the machine."""
    container = CONTAINERS[name]

    assert container["cap_drop"] == ["ALL"]
    assert set(container.get("cap_add", ())) == RIGHTS.get(name, set())
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["read_only"] is True
    assert all("size=" in item for item in container["tmpfs"])
    assert container["mem_limit"]
    assert 0 < container["pids_limit"] <= 4096
    assert container["logging"]["options"].keys() == {"max-size", "max-file"}
    assert not container.get("privileged")
    assert not any("docker.sock" in str(volume) for volume in container.get("volumes", ()))
    assert name in ONCE or container["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_built_here_from_an_image_that_can_be_pinned(name: str) -> None:
    container = CONTAINERS[name]
    built = {container["image"]: container["build"] for container in CONTAINERS.values() if "build" in container}

    build = built[container["image"]]
    text = (ROOT / build["dockerfile"]).read_text()
    ((argument, default),) = build["args"].items()
    variable, _, image = default.removeprefix("${").removesuffix("}").partition(":-")
    assert variable == f"LAUREL_{argument}"
    assert f"ARG {argument}={image}\nFROM ${{{argument}}}\n" in text, "the same without Compose"
    assert ":" in image
    assert not image.endswith(":latest")
    users = re.findall(r"^USER (\S+)", text, re.MULTILINE)
    assert users, name
    assert users[-1] not in ("root", "0")
    assert (container.get("user") == "root") == (name in ROOTS)
    assert name in ONCE or "healthcheck" in container or "HEALTHCHECK" in text


def test_front_and_data_are_networks_apart() -> None:
    """The proxy cannot reach the databases, and what need not go out cannot."""
    networks = yaml.safe_load(COMPOSE)["networks"]
    within = {name: set(item.get("networks", ())) for name, item in CONTAINERS.items() if "network_mode" not in item}

    assert {name for name, item in networks.items() if item and item.get("internal")} == {"front", "data"}
    assert within == {
        "mongo": {"data"},
        "nats": {"data"},
        "keeper": {"data"},
        "backup": {"data"},
        "registration": {"front", "data", "outside"},
        "judging": {"front", "data"},
        "certificates": {"front", "data", "outside"},
        "proxy": {"front", "outside"},
    }
    assert {name: item["network_mode"] for name, item in CONTAINERS.items() if "network_mode" in item} == {
        "keys": "none",
        "provision": "service:mongo",
    }


@pytest.mark.parametrize("name", ["registration", "judging", "certificates"])
def test_an_image_holds_its_own_service_and_runs_as_nobody_special(name: str) -> None:
    text = (ROOT / "services" / name / "Dockerfile").read_text()
    others = {"registration", "judging", "certificates"} - {name}

    assert "USER laurel" in text
    assert "HEALTHCHECK" in text
    assert "--mount" not in text
    assert not any(f"services/{other}" in text for other in others)


def test_base_images_are_pinned_by_what_their_registry_says(tmp_path: Path) -> None:
    """By digest, once, into the file that a build reads; what no registry knows is said and left."""
    docker, file = tmp_path / "docker", tmp_path / ".env"
    docker.write_text(
        '#!/bin/sh\n[ "$1" = pull ] && exit 0\nfor image; do :; done\n'
        'case "$image" in caddy*) exit 0;; esac\necho "${image%%:*}@sha256:abc"\n'
    )
    docker.chmod(0o755)
    file.write_text("LAUREL_MONGO_IMAGE=mongo@sha256:old\n")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    done = subprocess.run(
        [str(ROOT / "deploy" / "pin-images"), str(file)], env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "caddy:2 is not pinned" in done.stdout
    assert file.read_text().splitlines() == [
        "LAUREL_MONGO_IMAGE=mongo@sha256:old",
        "LAUREL_NATS_IMAGE=nats@sha256:abc",
        "LAUREL_PYTHON_IMAGE=python@sha256:abc",
    ]


def test_the_proxy_has_one_block_of_global_options_and_it_comes_first() -> None:
    """Keeps away: a Caddyfile that Caddy refuses, so that nobody reaches a city's installation."""
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    opened = [number for number, line in enumerate(text.splitlines()) if line == "{"]

    assert len(opened) == 1
    assert all(line.startswith("#") or not line for line in text.splitlines()[: opened[0]])
