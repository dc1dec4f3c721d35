"""The share of a real vLLM's throughput that bulk work reaches in steady state.

    python -m bench.engine_share [--model tiny-qwen2] [--in-flight 64] [--seconds 20] [--rounds 3]
                                 [--run-batch]

By turns in one run on one vLLM (`make engine`): a plain loop over the worker's engine client, then
a large batch through the whole system, with the same requests and the same number in flight. The
figures are the tokens that vLLM itself says it generated. The plain loop stores nothing.
`--run-batch` adds `vllm run-batch` with the same lines, which uses no server; its time is that of
all lines less that of a file with one line, so that its start does not count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
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
from bench.vllm import TINY, Vllm, running_vllm
from jobs.ledger import Ledger
from jobs.process.settings import EngineSettings
from worker.engine.client import EngineClient
from worker.engine.command import cpu_engine
from worker.engine.request import ChatRequest
from worker.supervise.services import HOST, engine_home

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


async def shares(
    system: System, vllm: Vllm, in_flight: int, seconds: float, rounds: int
) -> Sequence[float]:
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
            found.append(batch / loop)
            print(f"loop {loop:.0f}, batch {batch:.0f} tokens/s: {found[-1]:.1%}", flush=True)
        if (await who.batch(batch_id))["status"] != "in_progress":
            raise RuntimeError("the batch ended before the measurement")
        with suppress(TimeoutError):
            await who.cancel_batch(batch_id)
    await ledger.close()
    return found


def run_batch_rate(model: str, count: int, in_flight: int, folder: Path) -> float:
    """Generated tokens per second of `vllm run-batch`."""
    command = cpu_engine(engine_home(), model, HOST, 0, dummy_weights=model in TINY)
    path = str(engine_home().resolve() / "models" / model)
    argv = [command.argv[0], "run-batch", "--model", path, "--served-model-name", model]
    argv += ["--dtype", "float32", "--enforce-eager", "--max-model-len", "2048"]
    argv += ["--max-num-seqs", str(in_flight), "-i", "IN", "-o", str(folder / "out.jsonl")]
    argv += ["--load-format", "dummy"] if model in TINY else []
    taken, tokens = [], []
    for lines in (1, count):
        file = folder / f"{lines}.jsonl"
        file.write_bytes(SHORT.lines(lines, model))
        argv[argv.index("-i") + 1] = str(file)
        began = time.perf_counter()
        with (folder / "run-batch.log").open("wb") as log:
            env = {**os.environ, **command.env}
            subprocess.run(
                argv, check=True, env=env, stdout=log, stderr=log, timeout=LONGEST_SECONDS
            )
        taken.append(time.perf_counter() - began)
        tokens.append(_completion_tokens(folder / "out.jsonl"))
    return (tokens[1] - tokens[0]) / (taken[1] - taken[0])


def _completion_tokens(output: Path) -> int:
    answers = map(json.loads, output.read_text("utf-8").splitlines())
    return sum(each["response"]["body"]["usage"]["completion_tokens"] for each in answers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="tiny-qwen2")
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each steady state")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run-batch", action="store_true")
    options = parser.parse_args()
    settings = {
        "CHANCERY_CONCURRENCY": str(options.in_flight),
        "CHANCERY_INTERACTIVE_PLACES": "0",
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            running_vllm(options.model, folder) as vllm,
            running_system(vllm.url, settings=settings) as system,
        ):
            found = uvloop.run(
                shares(system, vllm, options.in_flight, options.seconds, options.rounds)
            )
        share = statistics.median(found)
        print(f"{options.model}: {share:.1%} of the plain loop; {machine()}")
        report({f"share of {options.model}": share})
        if options.run_batch:
            rate = run_batch_rate(options.model, 600, options.in_flight, folder)
            print(f"vllm run-batch: {rate:.0f} tokens/s")
            report({f"run-batch tokens/s of {options.model}": rate})


if __name__ == "__main__":
    main()
