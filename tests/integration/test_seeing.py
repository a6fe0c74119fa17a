"""What can be seen from outside: numbers, one entry's way through the logs and traces of three services, the page."""

import http.server
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from laurel.client import Client
from tests.support.installation import SECRET, ThreeProcesses, start_servers
from tests.support.seasons import new_season, open_season
from tests.support.waiting import eventually


class Collector:
    """Takes in traces as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, str, str]] = []
        """Service, name, trace id."""
        spans = self.spans

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
                for resource in sent.resource_spans:
                    service = next(
                        a.value.string_value for a in resource.resource.attributes if a.key == "service.name"
                    )
                    for scope in resource.scope_spans:
                        spans.extend((service, span.name, span.trace_id.hex()) for span in scope.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ThreeProcesses, Collector]]:
    """Three services that send their traces, on servers of their own."""
    folder = tmp_path_factory.mktemp("traced")
    collector, servers = Collector(), start_servers(folder)
    running = ThreeProcesses(folder, servers)
    running.environment = {"LAUREL_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    try:
        running.start()
        yield running, collector
    finally:
        running.stop()
        servers.stop()
        collector.stop()


def test_one_entry_is_followed_through_all_three_services(traced: tuple[ThreeProcesses, Collector]) -> None:
    running, collector = traced
    client = Client(running.url, "en", patience=30)
    client.sign_in_as_operator(SECRET)
    season = open_season(client, new_season(acceptance="submission"))
    correlation, trace = f"follow-{uuid4().hex}", uuid4().hex
    member = {"name_zh": "测试跟踪人", "birth": "2013-05", "grade": 6}
    content = {"unit": "P01", "track": "A", "title": "跟踪", "members": [member], "instructors": ["测试周老师"]}

    answer = client.call(
        "POST",
        f"/registration/v1/seasons/{season}/entries",
        json={**content, "consents": "on-paper"},
        headers={
            "Idempotency-Key": uuid4().hex,
            "X-Correlation-Id": correlation,
            "traceparent": f"00-{trace}-{'1' * 16}-01",
        },
    )

    assert answer.headers["X-Correlation-Id"] == correlation

    def followed() -> None:
        lines = {name: [*_lines(running.folder / f"{name}.log", correlation)] for name in running.processes}
        assert [line["event"] for line in lines["registration"]] == ["request"]
        assert lines["registration"][0]["route"] == "/registration/v1/seasons/{season}/entries"
        assert [line["consumer"] for line in lines["judging"]] == ["judging-entry-accepted-v1"]
        assert {line["consumer"] for line in lines["certificates"]} == {"certificates-person-named-v1"}
        services = Counter(service for service, _, trace_id in collector.spans if trace_id == trace)
        assert services == {"laurel-registration": 1, "laurel-judging": 1, "laurel-certificates": 2}

    eventually(followed)
    for name in running.processes:
        assert "测试" not in (running.folder / f"{name}.log").read_text()
    client.close()


def _lines(file: Path, correlation: str) -> Iterator[dict[str, str]]:
    for line in file.read_text().splitlines():
        if correlation in line:
            yield json.loads(line)


def test_numbers_are_there_for_prometheus_and_name_nobody(installation: ThreeProcesses, operator: Client) -> None:
    open_season(operator, new_season())

    for name in installation.processes:
        text = httpx.get(f"{installation.url}/{name}/metrics").text
        numbers = dict(re.findall(r"^(laurel_[a-z_]+\{[^}]*\}) ([0-9.e+-]+)$", text, re.MULTILINE))
        assert numbers[f'laurel_up{{part="database",service="{name}"}}'] == "1.0"
        assert numbers[f'laurel_up{{part="broker",service="{name}"}}'] == "1.0"
        assert f'laurel_dead_letters{{service="{name}"}}' in numbers
        assert f'laurel_outbox_oldest_seconds{{service="{name}"}}' in numbers
        assert 0 < float(numbers[f'laurel_disk_used_ratio{{service="{name}",store="database"}}']) < 1
        assert "测试" not in text
        assert "/v1/seasons/campus" not in text, "labels are routes, not addresses"
    judging = httpx.get(f"{installation.url}/judging/metrics").text
    applied = r'laurel_events_consumed_total\{consumer="judging-unit-recorded-v1",outcome="applied",service="judging"\}'
    assert re.search(applied + r" [1-9]", judging)
    pending = r'laurel_consumer_pending\{consumer="judging-entry-accepted-v1",service="judging"\} 0'
    assert re.search(pending, judging)
