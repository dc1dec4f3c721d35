"""The power of an engine, from Prometheus and from an exporter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from worker.engine.statistics.power import PowerSource, PowerUnknown, parse_watts

DCGM = b"""# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).
# TYPE DCGM_FI_DEV_POWER_USAGE gauge
DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-1",modelName="H200"} 412.25
DCGM_FI_DEV_POWER_USAGE{gpu="1",UUID="GPU-2",modelName="H200"} 387.75
# TYPE DCGM_FI_DEV_GPU_TEMP gauge
DCGM_FI_DEV_GPU_TEMP{gpu="0"} 51
"""


def vector(*watts: str) -> bytes:
    result = [{"metric": {"gpu": str(n)}, "value": [1795475298.1, w]} for n, w in enumerate(watts)]
    data = {"resultType": "vector", "result": result}
    return json.dumps({"status": "success", "data": data}).encode()


@pytest.mark.parametrize(
    ("body", "watts"),
    [
        (DCGM, [412.25, 387.75]),
        (b"nvidia_smi_power_draw_watts 71.5\n", [71.5]),
        (vector("800"), [800]),
        (vector("400.5", "399.5"), [400.5, 399.5]),
        (vector(), []),
        (b'{"status": "error", "errorType": "bad_data", "error": "parse error"}', []),
        (b"<html>It works!</html>", []),
        (b"DCGM_FI_DEV_POWER_USAGE{ not a sample\n", []),
    ],
)
def test_watts_are_read_from_a_query_and_from_an_exporter(body: bytes, watts: list[float]) -> None:
    assert parse_watts(body) == watts


@dataclass
class Exporter:
    url: str
    body: bytes = DCGM
    status: int = 200

    async def answer(self, request: web.Request) -> web.Response:
        assert request.query_string in {"", "query=sum(power)"}
        return web.Response(body=self.body, status=self.status)


@pytest.fixture
async def exporter() -> AsyncIterator[Exporter]:
    served = Exporter("")
    app = web.Application()
    app.router.add_get("/metrics", served.answer)
    app.router.add_get("/api/v1/query", served.answer)
    async with TestServer(app) as server:
        served.url = str(server.make_url("/metrics"))
        yield served


async def test_the_power_of_all_gpus_is_added_up(exporter: Exporter) -> None:
    source = PowerSource(exporter.url)
    try:
        assert await source.watts() == 800
        exporter.body = vector("-5")
        with pytest.raises(PowerUnknown, match="no watts"):
            await source.watts()
        exporter.status = 503
        with pytest.raises(PowerUnknown, match="503"):
            await source.watts()
    finally:
        await source.close()


async def test_a_query_of_prometheus_is_sent_as_written(exporter: Exporter) -> None:
    exporter.body = vector("640")
    query = exporter.url.replace("/metrics", "/api/v1/query?query=sum(power)")
    source = PowerSource(query)
    try:
        assert await source.watts() == 640
    finally:
        await source.close()


async def test_an_unknown_power_is_the_default(exporter: Exporter) -> None:
    exporter.status = 500
    source, seen = PowerSource(exporter.url), asyncio.Queue[float]()
    watch = asyncio.create_task(source.watch(seen.put_nowait, 700))
    try:
        assert await asyncio.wait_for(seen.get(), 10) == 700
    finally:
        watch.cancel()
        await asyncio.wait((watch,))
        await source.close()
