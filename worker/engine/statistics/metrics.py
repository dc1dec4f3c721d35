"""Reads an engine's `/metrics`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

TOKENS = ("vllm:prompt_tokens_total", "vllm:generation_tokens_total")
RUNNING = "vllm:num_requests_running"
WAITING = "vllm:num_requests_waiting"
# Older releases of vLLM use the second name.
KV_CACHE_USE = ("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc")


@dataclass(frozen=True, slots=True)
class EngineMetrics:
    """Requests running and waiting in the engine, the share of its KV cache in use (0 to 1), and
    the tokens of prompts and answers since it started (None if it does not count them).

    With several engines behind one address: the sum of requests, and the fullest cache.
    """

    running: int
    waiting: int
    kv_cache_use: float
    tokens: float | None = None


def parse_metrics(text: str) -> EngineMetrics:
    """Parse Prometheus text. Raises `ValueError` if it is not valid or not from vLLM."""
    names = (RUNNING, WAITING, *KV_CACHE_USE, *TOKENS)
    # Parsing all of vLLM's histograms too would take a hundred times as long.
    lines = [line for line in text.splitlines() if line.startswith(names)]
    values: dict[str, list[float]] = {name: [] for name in names}
    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        for sample in family.samples:
            if sample.name in values:
                values[sample.name].append(sample.value)
    if not values[RUNNING]:
        raise ValueError("the metrics are not those of vLLM")
    tokens = [value for name in TOKENS for value in values[name]]
    caches = [value for name in KV_CACHE_USE for value in values[name]]
    return EngineMetrics(
        running=int(sum(values[RUNNING])),
        waiting=int(sum(values[WAITING])),
        kv_cache_use=max(caches, default=0.0),
        tokens=sum(tokens) if tokens else None,
    )


def total_of(engines: Iterable[EngineMetrics]) -> EngineMetrics:
    """The sums, and the fullest cache. Raises `ValueError` without engines."""
    each = list(engines)
    tokens = [one.tokens for one in each if one.tokens is not None]
    return EngineMetrics(
        running=sum(one.running for one in each),
        waiting=sum(one.waiting for one in each),
        kv_cache_use=max(one.kv_cache_use for one in each),
        tokens=sum(tokens) if tokens else None,
    )
