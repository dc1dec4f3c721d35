"""Metrics of the other processes, from their heartbeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from jobs.ledger.processes import Process

_PROCESS = ("role", "process")


def processes(running: Sequence[Process]) -> Iterable[Metric]:
    ages = GaugeMetricFamily(
        "chancery_process_heartbeat_age_seconds",
        "Seconds since the last heartbeat of a process; removed after ten minutes.",
        labels=_PROCESS,
    )
    started = GaugeMetricFamily(
        "chancery_process_start_time_seconds",
        "Start of the process, in seconds since 1970.",
        labels=_PROCESS,
    )
    for process in running:
        ages.add_metric((process.role, process.name), process.age_seconds)
        started.add_metric((process.role, process.name), process.started_at.timestamp())
    return ages, started, *_resources(running)


def _resources(running: Sequence[Process]) -> Iterable[Metric]:
    cpu = CounterMetricFamily(
        "chancery_process_cpu_seconds", "CPU time of the process.", labels=_PROCESS
    )
    memory = GaugeMetricFamily(
        "chancery_process_resident_memory_bytes",
        "Resident memory of the process, without its child processes.",
        labels=_PROCESS,
    )
    files = GaugeMetricFamily(
        "chancery_process_open_fds", "Open file descriptors of the process.", labels=_PROCESS
    )
    for process in running:
        used: Mapping[str, float] = process.detail.get("resources", {})
        for family, name in (
            (cpu, "cpu_seconds"),
            (memory, "resident_bytes"),
            (files, "open_files"),
        ):
            if name in used:
                family.add_metric((process.role, process.name), used[name])
    return cpu, memory, files


def engines(running: Sequence[Process]) -> Iterable[Metric]:
    """The engines as the workers see them."""
    healthy = GaugeMetricFamily(
        "chancery_engine_healthy", "1 if the worker's engine is healthy.", labels=("process",)
    )
    faults = GaugeMetricFamily(
        "chancery_engine_fault",
        "1 for the fault of a worker's unhealthy engine: the status that it answers, or a word.",
        labels=("process", "fault"),
    )
    fast = GaugeMetricFamily(
        "chancery_fast_engine_healthy",
        "1 if the worker's fast engine is healthy; missing without one.",
        labels=("process",),
    )
    for process in running:
        if "engine_healthy" in process.detail:
            healthy.add_metric((process.name,), float(bool(process.detail["engine_healthy"])))
        if fault := process.detail.get("engine_fault"):
            faults.add_metric((process.name, fault), 1)
        if "fast_engine_healthy" in process.detail:
            fast.add_metric((process.name,), float(bool(process.detail["fast_engine_healthy"])))
    return healthy, faults, fast, _usable(running), _requests(running), *_load(running)


def _usable(running: Sequence[Process]) -> Metric:
    usable = GaugeMetricFamily(
        "chancery_engine_usable",
        "1 if the engine gets requests of the worker: it is healthy, and not drained.",
        labels=("process", "role", "name"),
    )
    for process in running:
        for engine in process.detail.get("engines", ()):
            labels = (process.name, engine["role"], engine["name"])
            usable.add_metric(labels, float(engine["healthy"]))
    return usable


def _requests(running: Sequence[Process]) -> Metric:
    requests = CounterMetricFamily(
        "chancery_engine_requests",
        "Chat completions that a worker asked of an engine: ok, aborted, or the code of the error.",
        labels=("process", "engine", "outcome"),
    )
    for process in running:
        for engine, outcomes in process.detail.get("engine_requests", {}).items():
            for outcome, count in outcomes.items():
                requests.add_metric((process.name, engine, outcome), count)
    return requests


def _load(running: Sequence[Process]) -> Iterable[Metric]:
    active = GaugeMetricFamily(
        "chancery_engine_running_requests",
        "Requests that the worker's engine runs, of all its clients.",
        labels=("process",),
    )
    waiting = GaugeMetricFamily(
        "chancery_engine_waiting_requests",
        "Requests that wait in the worker's engine, of all its clients.",
        labels=("process",),
    )
    cache = GaugeMetricFamily(
        "chancery_engine_kv_cache_use_ratio",
        "Used part of the engine's KV cache, 0 to 1.",
        labels=("process",),
    )
    for process in running:
        load = process.detail.get("engine", {})
        for family, name in ((active, "running"), (waiting, "waiting"), (cache, "kv_cache_use")):
            if name in load:
                family.add_metric((process.name,), load[name])
    return active, waiting, cache
