"""What is counted, for Prometheus. Labels are names from the code, never ids and never anything personal."""

from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Places(Protocol):
    """Places for one kind of work."""

    running: int

    @property
    def places(self) -> int: ...
    @property
    def waiting(self) -> int: ...


class Metrics:
    """The counters of one service, in a registry of their own."""

    def __init__(self, service: str) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self.requests = Histogram(
            "laurel_http_request_seconds",
            "Time to answer, by route.",
            ["service", "method", "route", "status"],
            buckets=SECONDS,
            registry=registry,
        )
        self.consumed = Counter(
            "laurel_events_consumed", "Deliveries by outcome.", ["service", "consumer", "outcome"], registry=registry
        )
        self.published = Gauge(
            "laurel_events_published",
            "Events acknowledged by a stream since the start.",
            ["service"],
            registry=registry,
        )
        self.queued = Gauge(
            "laurel_outbox_queued", "Documents whose events wait in memory.", ["service"], registry=registry
        )
        self.oldest = Gauge(
            "laurel_outbox_oldest_seconds", "Age of the oldest unsent event.", ["service"], registry=registry
        )
        self.dead_letters = Gauge(
            "laurel_dead_letters", "Events that could not be applied.", ["service"], registry=registry
        )
        self.audit = Gauge("laurel_audit_records", "Records of the audit log.", ["service"], registry=registry)
        self.pending = Gauge(
            "laurel_consumer_pending", "Events not yet delivered.", ["service", "consumer"], registry=registry
        )
        self.unacknowledged = Gauge(
            "laurel_consumer_unacknowledged",
            "Events delivered and not done.",
            ["service", "consumer"],
            registry=registry,
        )
        self.up = Gauge("laurel_up", "Whether a part answers.", ["service", "part"], registry=registry)
        self.disk = Gauge(
            "laurel_disk_used_ratio", "Used share of a store's disk.", ["service", "store"], registry=registry
        )
        self.whole = Gauge(
            "laurel_stream_whole",
            "Whether a stream holds what was told; 0 while what it lost is told again.",
            ["service", "stream"],
            registry=registry,
        )
        self.refused = Counter(
            "laurel_http_refused",
            "Requests that were not begun, because too many came at once (full, late) or who asked was gone.",
            ["service", "kind", "reason"],
            registry=registry,
        )
        self.places = Gauge(
            "laurel_http_places", "Requests that may run at once now, by kind.", ["service", "kind"], registry=registry
        )
        self.running = Gauge(
            "laurel_http_running", "Requests that are worked on, by kind.", ["service", "kind"], registry=registry
        )
        self.waiting = Gauge(
            "laurel_http_waiting", "Requests that wait for a place, by kind.", ["service", "kind"], registry=registry
        )
        self.shared = Counter(
            "laurel_http_shared",
            "Answers that were made for others who asked at the same moment.",
            ["service"],
            registry=registry,
        )
        self.service = service

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self.requests.labels(self.service, method, route, str(status)).observe(seconds)

    def delivery(self, consumer: str, outcome: str) -> None:
        self.consumed.labels(self.service, consumer, outcome).inc()

    def refusal(self, kind: str, reason: str) -> None:
        self.refused.labels(self.service, kind, reason).inc()

    def watch_gate(self, kind: str, gate: "Places") -> None:
        """Ask it for its numbers when somebody reads them."""
        self.places.labels(self.service, kind).set_function(lambda: gate.places)
        self.running.labels(self.service, kind).set_function(lambda: gate.running)
        self.waiting.labels(self.service, kind).set_function(lambda: gate.waiting)

    def text(self) -> bytes:
        """All of it in the format of Prometheus."""
        return generate_latest(self._registry)
