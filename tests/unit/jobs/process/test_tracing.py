"""When traces are recorded, and what they may cost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pytest

from jobs.process.spans import NO_SPAN, SpanKind
from jobs.process.tracing import child_span, first_span, is_wanted, next_span

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
PROGRAM = """
from jobs.process.spans import SpanKind
from jobs.process.tracing import first_span, next_span, child_span, set_up_tracing
set_up_tracing("api")
with first_span("a", SpanKind.server, {}, parent="not a traceparent") as first:
    with child_span("b", SpanKind.client, {}) as child:
        print(first.traceparent[3:35] == child.traceparent[3:35], len(first.traceparent))
with next_span("c", SpanKind.client, {}, parent=None) as nothing:
    print(nothing.traceparent)
with child_span("d", SpanKind.client, {}) as nothing:
    print(nothing.traceparent)
"""


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "true"}, False),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_traces_are_recorded_where_an_endpoint_is_set(
    environment: dict[str, str], *, wanted: bool
) -> None:
    assert is_wanted(environment) is wanted


def test_without_an_endpoint_every_step_is_the_same_nothing() -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for step in (
        first_span("a", SpanKind.server, {}, parent=parent),
        next_span("a", SpanKind.consumer, {}, parent=parent),
        child_span("a", SpanKind.client, {}),
    ):
        with step as span:
            span.set({"a": 1})
            span.fail("code")
            assert span is NO_SPAN
            assert span.traceparent is None


def test_a_collector_that_does_not_answer_does_not_delay_the_end_of_a_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        process = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=60,
        )
    assert time.monotonic() - began < 25  # the SDK would wait for 30 s
    assert process.stdout.split("\n") == ["True 55", "None", "None", ""]
