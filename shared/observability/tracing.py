"""Traces by OpenTelemetry: sent where `LAUREL_OTLP_ENDPOINT` names a collector, else only carried on from one to the next."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.trace import NoOpTracer, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

W3C = TraceContextTextMapPropagator()


def traceparent() -> str:
    """The trace context of the work at hand (W3C Trace Context), or nothing."""
    carrier: dict[str, str] = {}
    W3C.inject(carrier)
    return carrier.get("traceparent", "")


class Tracing:
    """The spans of one service. Several may stand in one process, so none is the process's own."""

    def __init__(self, service: str, endpoint: str) -> None:
        self._provider = _sending(service, endpoint) if endpoint else None
        self._tracer = self._provider.get_tracer("laurel") if self._provider else NoOpTracer()

    @contextmanager
    def span(self, name: str, parent: str | None, attributes: Mapping[str, str | int]) -> Iterator[None]:
        """Do what follows as a part of the trace that `parent` (a traceparent) belongs to."""
        if not parent and not self._provider:  # nothing to carry on: spare each request a twentieth of its time
            yield
            return
        span = self._tracer.start_span(name, W3C.extract({"traceparent": parent or ""}), attributes=attributes)
        with use_span(span, end_on_exit=True):
            yield

    def close(self) -> None:
        """Send what is left."""
        if self._provider:
            self._provider.shutdown()


def _sending(service: str, endpoint: str) -> "TracerProvider":
    # Imported here, for without a collector nothing is sent.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"laurel-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    return provider
