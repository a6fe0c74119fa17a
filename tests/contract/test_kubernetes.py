"""The cluster: every object as its maker's schema wants it, sealed, and in step with the code and with Compose."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from pydantic_settings import BaseSettings

from laurel.cli import main as command_line
from laurel.servers import nats_program
from laurel.settings import ProvisionSettings
from services.certificates import topology as certificates
from services.certificates.settings import CertificatesSettings
from services.judging import topology as judging
from services.judging.settings import JudgingSettings
from services.registration import topology as registration
from services.registration.settings import RegistrationSettings
from shared.http.health import health_router
from shared.observability.metrics import Metrics
from tests.support.kubernetes import KUBERNETES, faults, folders
from tests.support.kustomize import Manifest, apply_patch, containers, is_named, render

ROOT = Path(__file__).parents[2]
OVERLAYS = [folder for folder in folders() if folder.parent.name == "overlays"]
SERVICES = {"registration": registration, "judging": judging, "certificates": certificates}
SETTINGS: dict[str, type[BaseSettings]] = {
    "registration": RegistrationSettings,
    "judging": JudgingSettings,
    "certificates": CertificatesSettings,
}
COMPOSE: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
NATS = (ROOT / "deploy" / "nats.conf").read_text()
VALUES = yaml.safe_load((KUBERNETES / "nats" / "values.yaml").read_text())
SPREAD = {"proxy", *SERVICES}
OF_THE_PLATFORM = {"LAUREL_SECRETS_FOLDER", "TMPDIR", "LAUREL_BACKUP_RECIPIENT"}
"""Variables that are no settings of a service: where secrets lie, where files may, and an option of a command."""
ITEMS = {folder.name: render(folder) for folder in OVERLAYS}
CITY = ITEMS["city"]


def of_kind(kind: str, items: list[Manifest] = CITY) -> dict[str, Manifest]:
    """The objects of a kind by name."""
    return {item["metadata"]["name"]: item for item in items if item["kind"] == kind}


def pods(items: list[Manifest] = CITY) -> dict[str, Manifest]:
    """The templates of everything that runs."""
    templates = {}
    for item in items:
        spec = item.get("spec", {})
        if item["kind"] in ("Deployment", "Job"):
            templates[item["metadata"]["name"]] = spec["template"]
        elif item["kind"] == "CronJob":
            templates[item["metadata"]["name"]] = spec["jobTemplate"]["spec"]["template"]
    return templates


def mounted(pod: Manifest) -> dict[str, tuple[str, str]]:
    """The files of a pod's secrets: path to Secret and key. A Secret without items gives all its keys."""
    files = {}
    for volume in pod["spec"]["volumes"]:
        for source in volume.get("projected", {}).get("sources", ()):
            secret = source["secret"]
            for entry in secret.get("items") or [
                {"key": key, "path": key} for key in made_secrets().get(secret["name"], ())
            ]:
                files[entry["path"]] = (secret["name"], entry["key"])
    return files


def made_secrets() -> dict[str, dict[str, str]]:
    """What `make-secrets` prints, by name."""
    done = subprocess.run(
        [sys.executable, str(KUBERNETES / "make-secrets")], check=True, capture_output=True, text=True
    )
    return {item["metadata"]["name"]: item["stringData"] for item in yaml.safe_load_all(done.stdout)}


def variables(service: str) -> set[str]:
    """The names of a service's settings, as variables."""
    return {f"LAUREL_{field}".upper() for field in SETTINGS.get(service, ProvisionSettings).model_fields}


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_every_object_is_as_its_published_schema_wants_it(folder: Path) -> None:
    """Keeps away: a cluster that refuses the manifests, or drops a field that was misspelt."""
    assert [line for item in render(folder) for line in faults(item)] == []


@pytest.mark.parametrize(
    ("kind", "name", "place"),
    [
        ("Deployment", "judging", ("spec", "template", "spec")),
        ("NetworkPolicy", "nobody", ("spec",)),
        ("ScaledObject", "judging", ("spec", "scaleTargetRef")),
        ("PrometheusRule", "laurel", ("spec",)),
        ("ServiceMonitor", "judging", ("spec",)),
        ("MongoDBCommunity", "laurel-mongo", ("spec",)),
    ],
)
def test_a_misspelt_field_does_not_pass(kind: str, name: str, place: tuple[str, ...]) -> None:
    """Keeps away: a validation that lets everything through."""
    item = json.loads(json.dumps(of_kind(kind)[name]))
    inside = item
    for part in place:
        inside = inside[part]
    inside["replicass"] = 3

    assert list(faults(item))


@pytest.mark.skipif(not shutil.which("kubectl"), reason="the renderer is compared with kubectl where there is one")
@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_the_renderer_of_these_tests_renders_like_kustomize(folder: Path) -> None:
    """Keeps away: proofs about manifests that nobody will apply."""
    done = subprocess.run(["kubectl", "kustomize", str(folder)], check=True, capture_output=True, text=True)
    hashed = re.compile(r"\b(laurel|proxy)-[a-z0-9]{10}\b")
    theirs = list(yaml.safe_load_all(hashed.sub(r"\1", done.stdout)))

    def order(item: Manifest) -> tuple[str, str]:
        return item["kind"], item["metadata"]["name"]

    assert sorted(render(folder), key=order) == sorted(theirs, key=order)


@pytest.mark.parametrize(("overlay", "name"), [(overlay, name) for overlay in ITEMS for name in pods(ITEMS[overlay])])
def test_a_pod_is_sealed(overlay: str, name: str) -> None:
    """Whoever gets into one finds nothing to write, no rights, no token, and no more than its share of the machine."""
    spec = pods(ITEMS[overlay])[name]["spec"]

    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert all("hostPath" not in volume for volume in spec["volumes"])
    assert all("sizeLimit" in volume["emptyDir"] for volume in spec["volumes"] if "emptyDir" in volume)
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}
        assert container["resources"]["limits"].keys() == {"cpu", "memory", "ephemeral-storage"}


@pytest.mark.parametrize("overlay", ITEMS)
def test_images_are_those_of_compose_with_a_version(overlay: str) -> None:
    built = {item["image"] for item in COMPOSE.values()} - {"laurel/mongo", "laurel/nats"}
    images = {container["image"] for container in containers(ITEMS[overlay]) if "image" in container}

    assert {re.sub(r"^registry\.invalid/(.*):[0-9.]+$", r"\1", image) for image in images} == built


@pytest.mark.parametrize("name", sorted(SPREAD))
def test_a_server_of_requests_survives_the_loss_of_a_machine(name: str) -> None:
    """Two at the least, on two machines; an update or a drain takes one at a time and lets it finish."""
    deployment = of_kind("Deployment")[name]
    pod = deployment["spec"]["template"]
    spread = {item["topologyKey"]: item for item in pod["spec"]["topologySpreadConstraints"]}

    assert spread["kubernetes.io/hostname"]["whenUnsatisfiable"] == "DoNotSchedule"
    assert spread.keys() == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    assert all(
        pod["metadata"]["labels"].items() >= item["labelSelector"]["matchLabels"].items() for item in spread.values()
    )
    budget = of_kind("PodDisruptionBudget")[name]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == deployment["spec"]["selector"]
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert pod["spec"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"] > 0
    scaled = of_kind("ScaledObject").get(name)
    assert (scaled["spec"]["minReplicaCount"] if scaled else deployment["spec"]["replicas"]) >= 2
    assert not scaled or "replicas" not in deployment["spec"], "an apply would undo the scaling"


@pytest.mark.parametrize("name", SERVICES)
def test_a_pod_that_was_ready_is_not_taken_out_because_a_server_is_away(name: str) -> None:
    """Keeps away: no entry accepted while NATS is away, because every pod of the service said so at once."""
    unused: Any = None
    routes = {getattr(route, "path", "") for route in health_router(SERVICES[name].TOPOLOGY, *[unused] * 3).routes}
    (container,) = of_kind("Deployment")[name]["spec"]["template"]["spec"]["containers"]
    probed = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")}

    assert probed == {"startup": f"/{name}/readyz", "readiness": f"/{name}/healthz", "liveness": f"/{name}/healthz"}
    assert set(probed.values()) <= routes
    assert container["ports"] == [{"name": "http", "containerPort": 8000}]
    assert "EXPOSE 8000" in (ROOT / "services" / name / "Dockerfile").read_text()


@pytest.mark.parametrize("name", pods())
def test_every_variable_and_every_secret_file_is_a_setting(name: str) -> None:
    """Keeps away: a name that drifted, so that a service runs with a default instead of what was set."""
    if name == "proxy":
        return
    pod = pods()[name]
    (container,) = pod["spec"]["containers"]
    given = set(of_kind("ConfigMap")["laurel"]["data"]) | {item["name"] for item in container["env"]}
    files = mounted(pod)
    settings = variables(name)

    assert container["envFrom"] == [{"configMapRef": {"name": "laurel"}}]
    assert given - OF_THE_PLATFORM <= settings | variables("provision")
    assert set(files) <= settings
    assert not any("PASSWORD" in variable or "SECRET" in variable for variable in given - OF_THE_PLATFORM)
    folder = next(item["value"] for item in container["env"] if item["name"] == "LAUREL_SECRETS_FOLDER")
    assert {"name": "secrets", "mountPath": folder, "readOnly": True} in container["volumeMounts"]


def test_every_secret_comes_from_somewhere_and_every_user_has_one() -> None:
    """From `make-secrets`, or from the operator, which writes the connection string of each user."""
    made = made_secrets()
    users = of_kind("MongoDBCommunity")["laurel-mongo"]["spec"]["users"]
    written = {user["connectionStringSecretName"]: user for user in users}
    for pod in pods().values():
        for secret, key in mounted(pod).values():
            assert key in made.get(secret, ()) or (secret in written and key == "connectionString.standard")
    for user in users:
        assert user["passwordSecretRef"] == {"name": "laurel-mongo-passwords", "key": user["name"]}
        assert user["name"] in made["laurel-mongo-passwords"]
    for user, address in made["laurel-nats"].items():
        assert address == f"nats://{user}:{made['laurel-nats-passwords'][user]}@nats.laurel.svc.cluster.local:4222"
    assert len({value for values in made.values() for value in values.values()}) == sum(map(len, made.values()))


def test_a_service_may_use_its_own_database_alone() -> None:
    spec = of_kind("MongoDBCommunity")["laurel-mongo"]["spec"]
    roles = {user["name"]: {(role["name"], role["db"]) for role in user["roles"]} for user in spec["users"]}

    assert spec["members"] == 3
    assert roles == {
        **{service: {("readWrite", service)} for service in SERVICES},
        "provision": {("readWrite", service) for service in SERVICES},
        "backup": {("read", service) for service in SERVICES},
    }
    for name, pod in pods().items():
        user = {secret for secret, _ in mounted(pod).values() if secret.startswith("laurel-mongo-")}
        assert user == (set() if name in ("proxy", "keeper") else {f"laurel-mongo-{name}"})


@pytest.mark.parametrize("name", SERVICES)
def test_pods_are_added_where_events_wait(name: str) -> None:
    """One trigger for each durable consumer, of the code's own names, beside processors and requests."""
    triggers = of_kind("ScaledObject")[name]["spec"]["triggers"]
    waiting = [item["metadata"] for item in triggers if item["type"] == "nats-jetstream"]

    assert {(item["stream"], item["consumer"]) for item in waiting} == {
        (event.STREAM, durable) for durable, event in SERVICES[name].TOPOLOGY.consumes.items()
    }
    assert {item["natsServerMonitoringEndpoint"] for item in waiting} == {"nats-headless.laurel.svc.cluster.local:8222"}
    assert {item["type"] for item in triggers} == {"cpu", "prometheus", "nats-jetstream"}
    assert of_kind("ScaledObject")[name]["spec"]["scaleTargetRef"] == {"name": name}


def test_nats_is_durable_and_each_stream_has_a_copy_on_each_node() -> None:
    """Keeps away: an acknowledged event that was in no disk's hands, and a stream that one node alone holds."""
    config = VALUES["config"]
    copies = of_kind("ConfigMap")["laurel"]["data"]["LAUREL_STREAM_REPLICAS"]

    assert config["jetstream"]["merge"]["sync_interval"] == "always"
    assert config["cluster"] == {"enabled": True, "replicas": int(copies)}
    assert re.search(r"^max_payload: (.*)$", NATS, re.MULTILINE)[1] in config["merge"]["max_payload"]  # type: ignore[index]
    assert copies == "3"


def test_the_users_of_nats_are_those_of_compose() -> None:
    """After a change of deploy/nats.conf: `make kubernetes`."""
    users = (KUBERNETES / "nats" / "users.conf").read_text()
    passwords = {
        name: item["valueFrom"]["secretKeyRef"]
        for name, item in VALUES["container"]["env"].items()
        if name.endswith("_PASSWORD")
    }

    assert users == NATS[NATS.index("authorization {") :]
    assert set(re.findall(r"password: \$(\w+)", users)) == set(passwords)
    for name, reference in passwords.items():
        assert reference == {"name": "laurel-nats-passwords", "key": name.split("_")[1].lower()}


@pytest.mark.servers
def test_nats_reads_the_users_from_a_file_beside_its_configuration(tmp_path: Path) -> None:
    """As the chart lays them: two folders side by side, passwords in the environment."""
    own, users = tmp_path / "nats-config", tmp_path / "nats-users"
    own.mkdir()
    users.mkdir()
    shutil.copy(KUBERNETES / "nats" / "users.conf", users)
    included = VALUES["config"]["merge"]["$include"]
    (own / "nats.conf").write_text(
        f"include {included};\njetstream {{ store_dir: {tmp_path}, sync_interval: always }}\n"
    )
    environment = {
        **os.environ,
        **{name: "secret" for name in VALUES["container"]["env"] if name.endswith("_PASSWORD")},
    }

    done = subprocess.run(
        [str(nats_program()), "-t", "-c", str(own / "nats.conf")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, "is valid" in done.stdout + done.stderr) == (0, True), done.stderr


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector takes in a pod with these labels."""
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        rule["operator"] == "In" and labels.get(rule["key"]) in rule["values"]
        for rule in selector.get("matchExpressions", ())
    )


def lets(policies: list[Manifest], way: str, pod: Mapping[str, str], peer: Mapping[str, str], port: int) -> bool:
    """Whether any policy of this pod allows this way (`ingress` from or `egress` to) for that peer and port."""
    side = "from" if way == "ingress" else "to"
    for policy in policies:
        if not selects(policy["spec"]["podSelector"], pod):
            continue
        for rule in policy["spec"].get(way, ()):
            peers = [item["podSelector"] for item in rule.get(side, ()) if item.keys() == {"podSelector"}]
            if any(selects(item, peer) for item in peers) and port in {item["port"] for item in rule["ports"]}:
                return True
    return False


def test_only_those_speak_who_must() -> None:
    """Every pair of parts and every port, by the policies themselves; the same three networks as Compose has."""
    policies = list(of_kind("NetworkPolicy").values())
    labels = {name: pod["metadata"]["labels"] for name, pod in pods().items()}
    labels |= {"mongo": {"app": "laurel-mongo-svc"}, "nats": {"app.kubernetes.io/name": "nats"}}
    ports = (8000, 8080, 27017, 4222, 6222, 8222, 7777)

    spoken = {
        (speaker, other, port)
        for speaker in labels
        for other in labels
        for port in ports
        if lets(policies, "egress", labels[speaker], labels[other], port)
        and lets(policies, "ingress", labels[other], labels[speaker], port)
    }

    users = (*SERVICES, "provision", "keeper")
    assert spoken == {
        *(("proxy", service, 8000) for service in SERVICES),
        *((user, "nats", 4222) for user in users),
        *((user, "mongo", 27017) for user in (*users, "backup", "mongo")),
        ("nats", "nats", 6222),
        ("provision", "nats", 8222),
        ("keeper", "nats", 8222),
    }
    nobody = of_kind("NetworkPolicy")["nobody"]["spec"]
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_what_need_not_go_out_cannot() -> None:
    outside = [
        policy["spec"]["podSelector"]
        for policy in of_kind("NetworkPolicy").values()
        if any("ipBlock" in peer for rule in policy["spec"].get("egress", ()) for peer in rule.get("to", ()))
    ]
    going = {name for name, pod in pods().items() if any(selects(item, pod["metadata"]["labels"]) for item in outside)}

    assert going == {name for name in SERVICES if "outside" in COMPOSE[name]["networks"]}


def routes(file: Path) -> list[tuple[str, str]]:
    """The addresses of a Caddyfile with what answers them."""
    handled = re.findall(
        r"^\thandle(?: (\S+))? \{\n\t\t(?:reverse_proxy|import service|respond) (\S+)", file.read_text(), re.MULTILINE
    )
    return [(path, answer) for path, answer in handled if path != "/proxy/healthz"]


def test_the_proxy_of_the_cluster_knows_the_addresses_of_every_other_way() -> None:
    assert routes(KUBERNETES / "base" / "Caddyfile") == routes(ROOT / "deploy" / "Caddyfile")
    assert len(routes(ROOT / "deploy" / "Caddyfile")) == 9
    for service in SERVICES:
        assert of_kind("Service")[service]["spec"]["ports"] == [{"name": "http", "port": 8000, "targetPort": "http"}]


def counted() -> set[str]:
    """The names of all numbers that a service gives to Prometheus."""
    families = re.findall(r"^# TYPE (\S+) (\S+)$", Metrics("any").text().decode(), re.MULTILINE)
    parts = {"histogram": ("_bucket", "_count", "_sum"), "gauge": ("",), "counter": ("",)}
    return {f"{name}{part}" for name, kind in families if not name.endswith("_created") for part in parts[kind]}


def labelled() -> set[str]:
    """The labels that they bear."""
    source = Path(importlib.util.find_spec("shared.observability.metrics").origin or "").read_text()  # type: ignore[union-attr]
    return {
        label for listed in re.findall(r"\[((?:\"\w+\"(?:, )?)+)\]", source) for label in re.findall(r"\w+", listed)
    }


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression that Prometheus is to compute: for alerts, panels and scaling."""
    for group in of_kind("PrometheusRule")["laurel"]["spec"]["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    board = json.loads(of_kind("ConfigMap")["laurel-dashboard"]["data"]["laurel-dashboard.json"])
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for name, scaled in of_kind("ScaledObject").items():
        for trigger in scaled["spec"]["triggers"]:
            if trigger["type"] == "prometheus":
                yield f"scaling of {name}", trigger["metadata"]["query"]


@pytest.mark.parametrize(("place", "expression"), list(expressions()), ids=[place for place, _ in expressions()])
def test_every_number_that_is_looked_at_is_counted(place: str, expression: str) -> None:
    """Keeps away: an alarm that can never ring, because nobody counts what it listens for."""
    named = set(re.findall(r"\blaurel_\w+", expression))
    labels = set(re.findall(r"(\w+)(?:=~|!=|=)\"", expression))
    labels |= {label for listed in re.findall(r"by \(([^)]*)\)", expression) for label in re.findall(r"\w+", listed)}

    assert named, place
    assert named <= counted()
    assert labels - {"le"} <= labelled()


def test_every_alarm_says_what_is_wrong_and_how_bad_it_is() -> None:
    rules = of_kind("PrometheusRule")["laurel"]["spec"]["groups"][0]["rules"]

    assert len(rules) >= 10
    for rule in rules:
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"].keys() == {"summary", "description"}
        assert rule["for"]
    for name in SERVICES:
        (endpoint,) = of_kind("ServiceMonitor")[name]["spec"]["endpoints"]
        assert (endpoint["path"], endpoint["port"]) == (f"/{name}/metrics", "http")


@pytest.mark.parametrize("name", ["provision", "keeper", "backup"])
def test_a_job_runs_a_command_that_there_is(name: str, tmp_path: Path) -> None:
    """Keeps away: a nightly backup that ended every night with 'no such option'."""
    (container,) = pods()[name]["spec"]["containers"]
    python, flag, package, command, *arguments = container["command"]

    assert (python, flag, package) == ("python", "-m", "laurel")
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    for mount in mounts:
        arguments = [re.sub(rf"^{mount}(?=/|$)", str(tmp_path), argument) for argument in arguments]
    named = command_line.get_command(click.Context(command_line), command)
    assert named
    while isinstance(named, click.Group):
        named = named.commands[arguments.pop(0)]
    named.make_context(command, arguments)


@pytest.mark.programs
def test_engines_of_earlier_releases_come_out_of_their_images(tmp_path: Path) -> None:
    """Keeps away: a certificate of three years ago that looks otherwise because it met a pod without its engine."""
    (snippet,) = re.findall(r"```yaml\n(.*?)```", (KUBERNETES / "README.md").read_text(), re.DOTALL)
    items = json.loads(json.dumps(CITY))
    for patch in yaml.safe_load(snippet):
        apply_patch(patch, items)
    deployment = of_kind("Deployment", items)["certificates"]
    (first,) = deployment["spec"]["template"]["spec"]["initContainers"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    python, flag, program = first["command"]

    assert list(faults(deployment)) == []
    assert first["securityContext"] == container["securityContext"]
    mount = {"name": "engines", "mountPath": "/engines"}
    assert mount in first["volumeMounts"]
    assert mount in container["volumeMounts"]
    assert {"name": "LAUREL_CERTIFICATES_ENGINES_FOLDER", "value": "/engines"} in container["env"]
    subprocess.run([sys.executable, flag, program.replace("/engines", str(tmp_path))], check=True, cwd=ROOT)
    (engine,) = tmp_path.iterdir()
    assert (python, engine.name.startswith("typst-")) == ("python", True)
    assert (engine / "typst").is_dir()


def test_nothing_is_named_twice_and_all_lies_in_one_namespace() -> None:
    for items in ITEMS.values():
        names = [(item["kind"], item["metadata"]["name"]) for item in items]
        assert len(names) == len(set(names))
        assert {item["metadata"].get("namespace", "laurel") for item in items} == {"laurel"}
        assert any(is_named(item, "Namespace", "laurel") for item in items)
