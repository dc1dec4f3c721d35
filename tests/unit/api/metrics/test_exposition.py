"""The metrics of the system as Prometheus reads them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from prometheus_client.core import Metric

from api.metrics.exposition import Snapshot
from jobs.health.report import Health, RedisHealth
from jobs.ledger.job_metrics import TIME_BOUNDS_MS
from jobs.ledger.server.scripts import LIBRARIES
from tests.unit.api.metrics.example import (
    NOW,
    a_batch,
    a_health,
    a_ledger_state,
    a_problem,
    catalogue,
    samples_of,
)

# Prometheus's base units, and what needs none because it counts things or is yes or no.
UNIT = re.compile(r"_(seconds|bytes|ratio|per_second|over_promise|fds)$")


def families() -> list[Metric]:
    return list(Snapshot(a_ledger_state(), a_health()).collect())


def value(name: str, health: Health, **labels: str) -> float:
    (found,) = [
        sample.value
        for sample in samples_of(a_ledger_state(), health)
        if sample.name == name and sample.labels == labels
    ]
    return found


def test_the_example_has_a_sample_of_every_metric() -> None:
    assert [family.name for family in families() if not family.samples] == []
    assert len(catalogue()) > 50


def test_names_follow_the_conventions() -> None:
    for family in families():
        assert re.fullmatch(r"chancery_[a-z_]+", family.name)
        assert family.documentation.endswith(".")
        if family.type == "histogram":
            assert UNIT.search(family.name), family.name
        assert not family.name.endswith("_total"), family.name  # the client adds it
        for word in ("milliseconds", "minutes", "percent", "kilobytes"):
            assert word not in family.name


def test_no_sample_occurs_twice() -> None:
    twice = a_problem("callbacks-dead", "tax")
    samples = samples_of(a_ledger_state(), a_health(problems=(twice, replace(twice, detail="B"))))
    keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples]
    assert len(keys) == len(set(keys))


def test_times_are_cumulative_histograms_in_seconds() -> None:
    health = a_health()
    labels = {"task": "summarize", "lane": "bulk"}
    name = "chancery_job_duration_seconds"
    assert value(f"{name}_bucket", health, **labels, le="0.5") == 1
    assert value(f"{name}_bucket", health, **labels, le="86400") == len(TIME_BOUNDS_MS) - 1
    assert value(f"{name}_count", health, **labels) == len(TIME_BOUNDS_MS)
    assert value(f"{name}_sum", health, **labels) == 99.5


def test_the_bounds_of_times_are_those_of_the_script() -> None:
    text = (LIBRARIES / "job_metrics.lua").read_text()
    table = re.search(r"TIME_BOUNDS_MS = \{([^}]*)\}", text)
    assert table is not None
    assert tuple(map(int, table[1].split(","))) == TIME_BOUNDS_MS


def test_batches_are_late_stalled_and_expected_to_end() -> None:
    later = a_batch(id="batch_2", late=False, stall=None, expected_at=NOW + timedelta(hours=3))
    health = a_health(batches=(a_batch(), later))
    assert value("chancery_batches_late", health, department="tax") == 1
    stalled = {"department": "tax", "reason": "engine-away"}
    assert value("chancery_batches_stalled", health, **stalled) == 1
    end = value("chancery_batches_expected_end_time_seconds", health, department="tax")
    assert end == (NOW + timedelta(hours=3)).timestamp()


def test_no_end_is_expected_while_one_batch_has_none() -> None:
    unknown = a_health(batches=(a_batch(), a_batch(id="batch_2", expected_at=None)))
    names = {sample.name for sample in samples_of(a_ledger_state(), unknown)}
    assert "chancery_batches_expected_end_time_seconds" not in names


def test_a_lane_in_which_nothing_waits_has_the_age_0() -> None:
    name, health = "chancery_oldest_waiting_seconds", a_health()
    assert value(name, health, lane="interactive") == 12.5
    assert value(name, health, lane="bulk") == 0


def test_without_the_ledger_there_is_what_can_be_known() -> None:
    health = Health(NOW, RedisHealth("unreachable"), problems=(a_problem("redis-down", "redis"),))
    found = {sample.name: sample for sample in samples_of(None, health)}
    assert found["chancery_ledger_up"].value == 0
    assert found["chancery_problem"].labels["code"] == "redis-down"
    assert "chancery_jobs" not in found
