"""What `/metrics` shows of a running system."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.processes.system import Desk, until

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(api_url: str) -> Samples:
    async with httpx.AsyncClient(timeout=30) as http:
        text = (await http.get(f"{api_url}/metrics")).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(samples: Samples, name: str, **labels: str) -> float:
    """The sum of the samples with these labels, whatever their other labels are."""
    return sum(
        value for (of, given), value in samples.items() if of == name and labels.items() <= given
    )


async def test_every_role_reports_what_it_uses(desk: Desk, api_url: str) -> None:
    await desk.ended(await desk.submit())
    samples = await scrape(api_url)
    for role in ("worker", "courier", "scheduler"):
        assert total(samples, "chancery_process_cpu_seconds_total", role=role) > 0.1
        assert total(samples, "chancery_process_resident_memory_bytes", role=role) > 10_000_000
        assert total(samples, "chancery_process_open_fds", role=role) > 3
        assert total(samples, "chancery_process_start_time_seconds", role=role) > 1_000_000_000


async def test_requests_to_the_engine_are_counted_by_outcome(desk: Desk, api_url: str) -> None:
    name, ok = "chancery_engine_requests_total", {"engine": "full", "outcome": "ok"}
    before = total(await scrape(api_url), name, **ok)
    await desk.ended(await desk.submit())

    async def counted() -> bool:
        return total(await scrape(api_url), name, **ok) > before

    await until(counted)
