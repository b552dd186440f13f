"""OpenTelemetry traces of runs, where the extra `otel` is installed and an endpoint is named.

A span holds the name of a job, ids and counts; never a value of a record.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any

log = logging.getLogger("leadrelay")

#: The standard's own variables; the exporter reads them, too.
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Span:
    """Notes what became of a run; without a tracer it notes nothing."""

    def __init__(self, traced: Any = None) -> None:
        self._traced = traced

    def step(self, what: str, count: int) -> None:
        """One page or batch."""
        if self._traced is not None:
            self._traced.add_event(what, {"count": count})

    def note(self, **facts: str | int | None) -> None:
        if self._traced is not None:
            known = {f"leadrelay.{name}": fact for name, fact in facts.items() if fact is not None}
            self._traced.set_attributes(known)


@contextmanager
def span(name: str, **facts: str) -> Iterator[Span]:
    """A span around the block, with the context of the caller's span if there is one."""
    tracer = _tracer() if any(os.environ.get(name) for name in ENDPOINTS) else None
    if tracer is None:
        yield Span()
        return
    # The text of an exception may hold personal data: the outcome is noted instead.
    with tracer.start_as_current_span(name, record_exception=False) as traced:
        made = Span(traced)
        made.note(**facts)
        yield made


@cache
def _tracer() -> Any:
    """Made once, at the first run; importing the SDK takes a third of a second."""
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        log.warning("traces are asked for and not installed", extra={"extra": "leadrelay[otel]"})
        return None
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "leadrelay"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.get_tracer("leadrelay")
