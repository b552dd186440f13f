"""Traces of real runs, as a collector of OpenTelemetry receives them."""

import subprocess
from typing import Any

import pytest

from connector.sandbox.http import Answer, Call
from tests.adapters.servers import serving
from tests.stories.company import QUALIFIED, come
from tests.stories.conftest import Story
from tests.stories.terminal import command, environment, write_config

COLLECTOR = "opentelemetry.proto.collector.trace.v1.trace_service_pb2"


def test_a_run_is_a_span_with_its_pages_and_counts_and_nothing_personal(story: Story) -> None:
    messages: Any = pytest.importorskip(COLLECTOR, reason="the extra otel is not installed")
    come(story, *QUALIFIED)
    config = write_config(story)
    with serving(lambda _: Answer(body=b"")) as collector:
        done = subprocess.run(
            command("run", "pull-leads", "-c", str(config)),
            env=environment(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        calls: list[Call] = list(collector.calls)
    assert {call.path for call in calls} == {"/v1/traces"}
    request = messages.ExportTraceServiceRequest()
    request.ParseFromString(calls[0].body)
    (span,) = request.resource_spans[0].scope_spans[0].spans
    facts = {fact.key: fact.value for fact in span.attributes}
    assert span.name == "run pull-leads"
    assert facts["leadrelay.outcome"].string_value == "done"
    assert facts["leadrelay.picked_up"].int_value >= len(QUALIFIED)
    assert "contacts read" in {event.name for event in span.events}
    told = str(request).casefold()
    for person in QUALIFIED:
        for name in ("email", "lastname", "company", "phone"):
            assert str(person.get(name, "zebrafink")).casefold() not in told


def test_without_an_endpoint_nothing_is_imported(story: Story) -> None:
    code = (
        "import sys; from connector.runner import span\n"
        "with span('x', run='y') as traced: traced.step('page', 1)\n"
        "sys.exit('opentelemetry.sdk' in sys.modules)"
    )
    words = [command()[0], "-c", code]
    assert subprocess.run(words, env=environment(), check=False).returncode == 0
