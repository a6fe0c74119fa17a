"""The context of a trace goes from who asks into what is recorded, with a collector or without."""

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from shared.observability.tracing import Tracing, traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
OTHER = PARENT.replace("4bf9", "5c00")


def test_without_a_collector_the_context_is_carried_on_as_it_came() -> None:
    tracing = Tracing("probe", "")

    with tracing.span("GET registration", PARENT, {"http.request.method": "GET"}):
        assert traceparent() == PARENT
        with tracing.span("within it", OTHER, {}):
            assert traceparent() == OTHER
        assert traceparent() == PARENT
    assert traceparent() == ""


@pytest.mark.parametrize("parent", [None, "", "nonsense", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", PARENT + "\nx"])
def test_what_is_no_context_is_not_carried_on(parent: str | None) -> None:
    with Tracing("probe", "").span("GET registration", parent, {}):
        assert traceparent() == ""


def test_with_a_collector_each_span_is_one_step_further_in_the_same_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(OTLPSpanExporter, "export", lambda _, spans: sent.extend(span.name for span in spans))
    tracing = Tracing("probe", "http://127.0.0.1:9")

    with tracing.span("GET registration", PARENT, {}):
        version, trace, span, _ = traceparent().split("-")
    tracing.close()

    assert (version, trace) == ("00", TRACE)
    assert span != "00f067aa0ba902b7"
    assert sent == ["GET registration"]
