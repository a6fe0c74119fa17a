"""Traces by OpenTelemetry, where `LAUREL_OTLP_ENDPOINT` names a collector; else only the W3C header is carried on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_traceparent: ContextVar[str] = ContextVar("traceparent", default="")


def traceparent() -> str:
    """The trace context of the work at hand (W3C Trace Context), or nothing."""
    return _traceparent.get()


class Tracing:
    """The spans of one service. Without an endpoint nothing is loaded and nothing is sent."""

    def __init__(self, service: str, endpoint: str) -> None:
        self._provider: Any = None
        if endpoint:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

            self._provider = TracerProvider(resource=Resource.create({"service.name": f"laurel-{service}"}))
            exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
            self._provider.add_span_processor(BatchSpanProcessor(exporter))

    @contextmanager
    def span(self, name: str, parent: str | None, attributes: Mapping[str, str | int]) -> Iterator[None]:
        """Do what follows as a part of the trace that `parent` (a traceparent) belongs to."""
        if self._provider is None:
            token = _traceparent.set(parent or "")
            try:
                yield
            finally:
                _traceparent.reset(token)
            return
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
            TraceContextTextMapPropagator,
        )

        propagator = TraceContextTextMapPropagator()
        context = propagator.extract({"traceparent": parent or ""})
        with self._provider.get_tracer("laurel").start_as_current_span(
            name, context=context, attributes=dict(attributes)
        ):
            carrier: dict[str, str] = {}
            propagator.inject(carrier)
            token = _traceparent.set(carrier.get("traceparent", ""))
            try:
                yield
            finally:
                _traceparent.reset(token)

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()
