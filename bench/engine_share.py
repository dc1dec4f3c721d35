"""The share of a real vLLM's throughput that bulk work reaches in steady state.

    python -m bench.engine_share [--model tiny-qwen2] [--in-flight 64] [--seconds 20] [--rounds 3]
                                 [--bench-serve] [--run-batch]

By turns in one run on one vLLM (`make engine`): a plain loop over the worker's engine client, then
a large batch through the whole system, with the same requests and the same number in flight. The
figures are the tokens that vLLM itself says it generated. The plain loop stores nothing.
`--bench-serve` adds `vllm bench serve` before the same server, `--run-batch` adds `vllm run-batch`
with the same lines, which starts an engine of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import uvloop

from bench.department import CHATS, Department, department
from bench.figures import report
from bench.prefixes import WORDS
from bench.system import System, machine, running_system
from bench.vllm import Vllm, running_vllm
from bench.vllm_clients import bench_serve, run_batch_rate
from jobs.ledger import Ledger
from jobs.process.settings import EngineSettings
from worker.engine.client import EngineClient
from worker.engine.request import ChatRequest

SETTLE_SECONDS = 4.0
LONGEST_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Load:
    """Chats whose prompts differ from the first word on, and with the same longest answer."""

    words: int = 10
    answer_tokens: int = 64

    def chat(self, number: int, model: str) -> dict[str, Any]:
        text = f"{number} " + " ".join(Random(number).choices(WORDS, k=self.words))
        return {
            "model": model,
            "messages": [{"role": "user", "content": text}],
            "max_tokens": self.answer_tokens,
        }

    def lines(self, count: int, model: str) -> bytes:
        """A batch file of `count` lines."""
        lines = []
        for number in range(count):
            line = {"custom_id": f"line-{number}", "method": "POST", "url": CHATS}
            lines.append(json.dumps({**line, "body": self.chat(number, model)}))
        return "\n".join(lines).encode() + b"\n"


SHORT = Load()


@dataclass(frozen=True, slots=True)
class Rates:
    """Generated tokens per second of a plain loop, and of a batch right after it."""

    loop: float
    batch: float


async def tokens_per_second(vllm: Vllm, seconds: float) -> float:
    """Generated tokens per second, after the load has settled."""
    await asyncio.sleep(SETTLE_SECONDS)
    began, before = time.perf_counter(), vllm.counter("generation_tokens_total")
    await asyncio.sleep(seconds)
    done = vllm.counter("generation_tokens_total") - before
    return done / (time.perf_counter() - began)


@asynccontextmanager
async def looping(vllm: Vllm, in_flight: int, load: Load) -> AsyncIterator[None]:
    """Send requests in a plain loop during the block."""
    engine = EngineClient(EngineSettings(url=vllm.url), in_flight)
    await engine.start()
    if not await engine.wait_healthy(10):
        raise RuntimeError("the engine is not healthy")

    async def send(first: int) -> None:
        number = first
        while True:
            await engine.chat(ChatRequest.of(load.chat(number, engine.model)), (), LONGEST_SECONDS)
            number += in_flight

    tasks = [asyncio.create_task(send(number)) for number in range(in_flight)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await engine.close()


@asynccontextmanager
async def resumed(ledger: Ledger, who: Department, vllm: Vllm) -> AsyncIterator[None]:
    """Let the department's batch run during the block, and wait until none of it runs."""
    await ledger.pauses.resume(who.name)
    try:
        yield
    finally:
        await ledger.pauses.pause(who.name)
        async with asyncio.timeout(LONGEST_SECONDS):
            while True:
                if vllm.counter("num_requests_running") + vllm.counter("num_requests_waiting") == 0:
                    break
                await asyncio.sleep(0.2)


async def compare(
    system: System, vllm: Vllm, in_flight: int, seconds: float, rounds: int
) -> Sequence[Rates]:
    found = []
    ledger = system.ledger()
    async with department(system, "bench") as who:
        await ledger.pauses.pause(who.name)
        # More than the engine can do in the time.
        lines = SHORT.lines(int(rounds * (seconds + SETTLE_SECONDS) * 60) + in_flight, vllm.model)
        batch_id = await who.begin_batch(lines, CHATS, LONGEST_SECONDS)
        for _ in range(rounds):
            async with looping(vllm, in_flight, SHORT):
                loop = await tokens_per_second(vllm, seconds)
            async with resumed(ledger, who, vllm):
                batch = await tokens_per_second(vllm, seconds)
            found.append(Rates(loop, batch))
            print(f"loop {loop:.0f}, batch {batch:.0f} tokens/s: {batch / loop:.1%}", flush=True)
        if (await who.batch(batch_id))["status"] != "in_progress":
            raise RuntimeError("the batch ended before the measurement")
        with suppress(TimeoutError):
            await who.cancel_batch(batch_id)
    await ledger.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="tiny-qwen2")
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each steady state")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bench-serve", action="store_true", help="also `vllm bench serve`")
    parser.add_argument("--run-batch", action="store_true", help="also `vllm run-batch`")
    options = parser.parse_args()
    settings = {
        "CHANCERY_CONCURRENCY": str(options.in_flight),
        "CHANCERY_INTERACTIVE_PLACES": "0",
    }
    model, in_flight, seconds = options.model, options.in_flight, options.seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_vllm(model, folder) as vllm:
            with running_system(vllm.url, settings=settings) as system:
                found = uvloop.run(compare(system, vllm, in_flight, seconds, options.rounds))
            if options.bench_serve:
                rate = uvloop.run(bench_serve_rate(vllm, in_flight, seconds, folder))
                print(f"vllm bench serve: {rate:.0f} tokens/s", flush=True)
                report({f"bench tokens/s of {model}": rate})
        share = statistics.median(one.batch / one.loop for one in found)
        print(f"{model}: {share:.1%} of the plain loop; {machine()}", flush=True)
        report(
            {
                f"share of {model}": share,
                f"loop tokens/s of {model}": statistics.median(one.loop for one in found),
                f"batch tokens/s of {model}": statistics.median(one.batch for one in found),
            }
        )
        if options.run_batch:
            files = [SHORT.lines(count, model) for count in (2 * in_flight, 12 * in_flight)]
            rate = run_batch_rate(model, files, in_flight, folder)
            print(f"vllm run-batch: {rate:.0f} tokens/s")
            report({f"run-batch tokens/s of {model}": rate})


async def bench_serve_rate(vllm: Vllm, in_flight: int, seconds: float, folder: Path) -> float:
    async with bench_serve(vllm, in_flight, SHORT.answer_tokens, folder):
        return await tokens_per_second(vllm, seconds)


if __name__ == "__main__":
    main()
