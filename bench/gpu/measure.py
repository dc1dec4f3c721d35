"""Measures Chancery on one vLLM: engine share, interference, and energy, by requests in flight.

    python -m bench.gpu.measure --engine-url URL [--in-flight 64 256 512] [--seconds 20]

For each number in flight, by turns on the same engine: a plain loop, then a batch through the whole
system; both keep that number of requests at the engine, with prompts of about 400 tokens and
answers of 128. During the second half of the batch a chat of 64 tokens is sent every half
second, with the priority of interactive work; its p95 is compared with that on the idle engine.
Energy is the GPU's for each 1,000 generated tokens; without a GPU it is left out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvloop

from bench.department import CHATS, department
from bench.figures import report
from bench.gpu.energy import EnergyMeter
from bench.system import machine, running_system
from bench.timings import percentile
from bench.vllm import Vllm
from bench.vllm_loads import Load, looping, resumed

BULK = Load(words=300, answer_tokens=128)
PROBE = Load(words=20, answer_tokens=64, varied=False)
SETTLE_SECONDS = 4.0
PROBE_EVERY_SECONDS = 0.5
IDLE_PROBES = 20
LONGEST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Window:
    """`joules` is None without a GPU."""

    tokens: float
    seconds: float
    joules: float | None

    @property
    def rate(self) -> float:
        return self.tokens / self.seconds

    def joules_per_1000(self) -> Mapping[str, float]:
        if self.joules is None:
            return {}
        return {"joules per 1,000 tokens": self.joules * 1000 / self.tokens}


async def window(vllm: Vllm, meter: EnergyMeter | None, seconds: float) -> Window:
    joules = meter.joules() if meter else 0.0
    began, before = time.perf_counter(), vllm.counter("generation_tokens_total")
    await asyncio.sleep(seconds)
    tokens = vllm.counter("generation_tokens_total") - before
    used = meter.joules() - joules if meter else None
    return Window(tokens, time.perf_counter() - began, used)


async def probe(http: httpx.AsyncClient, vllm: Vllm, number: int) -> float:
    """Seconds of a chat with the priority of interactive work."""
    body = {**PROBE.chat(number, vllm.model), "priority": 0}
    began = time.perf_counter()
    (await http.post(f"{vllm.url}/v1/chat/completions", json=body)).raise_for_status()
    return time.perf_counter() - began


async def probes(http: httpx.AsyncClient, vllm: Vllm, seconds: float) -> Sequence[float]:
    """Probes at a fixed rate for so many seconds."""
    running = []
    until, number = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        running.append(asyncio.create_task(probe(http, vllm, number)))
        number += 1
        await asyncio.sleep(PROBE_EVERY_SECONDS)
    return await asyncio.gather(*running)


async def measure(
    vllm: Vllm, meter: EnergyMeter | None, in_flight: int, seconds: float
) -> Mapping[str, float]:
    settings = {"CHANCERY_CONCURRENCY": str(in_flight), "CHANCERY_INTERACTIVE_PLACES": "0"}
    with running_system(vllm.url, settings=settings) as system:
        ledger = system.ledger()
        async with department(system, "bench") as who, httpx.AsyncClient(timeout=120) as http:
            await ledger.pauses.pause(who.name)
            idle = [await probe(http, vllm, number) for number in range(IDLE_PROBES)]
            async with looping(vllm, in_flight, BULK):
                await asyncio.sleep(SETTLE_SECONDS)
                loop = await window(vllm, meter, seconds)
            # More lines than the engine can do in the time.
            most = 2 * loop.rate / BULK.answer_tokens * (2 * seconds + SETTLE_SECONDS)
            lines = BULK.lines(int(most) + 2 * in_flight, vllm.model)
            batch_id = await who.begin_batch(lines, CHATS, LONGEST_SECONDS)
            async with resumed(ledger, who, vllm):
                await asyncio.sleep(SETTLE_SECONDS)
                batch = await window(vllm, meter, seconds)
                loaded = await probes(http, vllm, seconds)
            await who.cancel_batch(batch_id)
        await ledger.close()
    return {
        "loop tokens/s": loop.rate,
        "batch tokens/s": batch.rate,
        "engine share": batch.rate / loop.rate,
        "interactive p95 loaded/idle": percentile(loaded, 95) / percentile(idle, 95),
        **{f"batch {name}": value for name, value in batch.joules_per_1000().items()},
        **{f"loop {name}": value for name, value in loop.joules_per_1000().items()},
    }


def energy_meter() -> EnergyMeter | None:
    try:
        return EnergyMeter()
    except OSError as error:
        print(f"no energy: {error}")
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine-url", required=True)
    parser.add_argument("--in-flight", type=int, nargs="+", default=[64, 256, 512])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--out", type=Path, help="a file for the figures, as JSON")
    options = parser.parse_args()
    model = httpx.get(f"{options.engine_url}/v1/models").json()["data"][0]["id"]
    vllm, meter, found = Vllm(options.engine_url, model, 0), energy_meter(), {}
    for in_flight in options.in_flight:
        figures = uvloop.run(measure(vllm, meter, in_flight, options.seconds))
        found[in_flight] = figures
        shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(f"{model}, {in_flight} in flight: {shown}", flush=True)
        report({f"{name} at {in_flight}": value for name, value in figures.items()})
        if options.out:  # after each, in case the time runs out
            options.out.write_text(json.dumps({"machine": machine(), "figures": found}, indent=1))


if __name__ == "__main__":
    main()
