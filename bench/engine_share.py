"""The share of a real vLLM's throughput that bulk work reaches in steady state.

    python -m bench.engine_share [--model tiny-qwen2] [--in-flight 64] [--pairs 8] [--seconds 10]
                                 [--settle 8] [--answer-tokens 64] [--quick]
                                 [--bench-serve] [--run-batch]

On one start of vLLM (`make engine`), by turns in the order ABBA: a plain loop over the worker's
engine client, and a large batch through the whole system. Both send the same kind of chats with the
same number in flight. A segment is measured when the engine is full and `--settle` seconds have
passed, and ends before the load does, so that neither the start of a load nor its end counts; the
batch was read before. The share is the median of the pairs' ratios of the tokens that vLLM says it
generated in a second, with an interval for it. The plain loop stores nothing.

The processor time shows what the share can be at least: a core that others use is taken from one of
vLLM's threads, and the others wait for it at most as long. `--bench-serve` adds `vllm bench serve`
before the same server, `--run-batch` adds `vllm run-batch` with the same lines, which starts an
engine of its own. `--quick` shows only whether the measurement works.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import uvloop

from bench.department import CHATS, department
from bench.figures import report
from bench.pairs import Ratio, abba
from bench.system import System, cpu_seconds_with_children, machine, running_system
from bench.vllm import Vllm, running_vllm
from bench.vllm_clients import bench_serve, run_batch_rate
from bench.vllm_loads import (
    LONGEST_SECONDS,
    Load,
    looping,
    requests_at,
    resumed,
    wait_full,
    wait_idle,
)

SAMPLE_SECONDS = 1.0
# Seconds of a segment besides settling and measuring, at most: filling and emptying the engine.
AROUND_SECONDS = 20.0
MOST_REQUESTS_PER_SECOND = 60


Running = AbstractAsyncContextManager[None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """`seconds` of each segment are measured, after `settle` seconds with a full engine."""

    in_flight: int
    pairs: int
    seconds: float
    settle: float


@dataclass(frozen=True, slots=True)
class Segment:
    """What was measured of one load in so many `seconds`. `in_flight`: the mean at the engine.
    `engine_cores`, `system_cores` and `load_cores`: processor seconds a second of vLLM, of Chancery
    and of this process.
    """

    seconds: float
    tokens: float
    answers: float
    in_flight: float
    engine_cores: float
    system_cores: float
    load_cores: float

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds

    def __str__(self) -> str:
        return (
            f"{self.rate:.0f} tokens/s, {self.in_flight:.1f} in flight; cores: "
            f"vLLM {self.engine_cores:.2f}, Chancery {self.system_cores:.3f}, "
            f"load {self.load_cores:.3f}"
        )


async def measured(vllm: Vllm, system_pids: Collection[int], seconds: float) -> Segment:
    """Measure the load that runs now."""

    async def read() -> Sequence[float]:
        return (
            time.perf_counter(),
            *await vllm.counters("generation_tokens_total", "request_success_total"),
            cpu_seconds_with_children([vllm.pid]),
            cpu_seconds_with_children(system_pids),
            time.process_time(),
        )

    before, in_flight = await read(), list[float]()
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        await asyncio.sleep(min(left, SAMPLE_SECONDS))
        in_flight.append(await requests_at(vllm))
    took, tokens, answers, *spent = (
        now - then for now, then in zip(await read(), before, strict=True)
    )
    cores = (one / took for one in spent)
    return Segment(took, tokens, answers, statistics.mean(in_flight), *cores)


@dataclass(frozen=True, slots=True)
class Pair:
    loop: Segment
    batch: Segment


async def compare(system: System, vllm: Vllm, load: Load, sizes: Sizes) -> Sequence[Pair]:
    """Measure the pairs on a system whose only work is this batch."""
    ledger = system.ledger()
    seconds = sizes.pairs * (sizes.seconds + sizes.settle + AROUND_SECONDS)
    lines = int(seconds * MOST_REQUESTS_PER_SECOND) + sizes.in_flight
    async with department(system, "bench") as who:
        await ledger.pauses.pause(who.name)
        batch_id = await who.begin_batch(load.lines(lines, vllm.model), CHATS, LONGEST_SECONDS)
        await system.wait_started()
        # No prompt is sent twice.
        loop = partial(looping, vllm, sizes.in_flight, load, count(lines))
        batch = partial(resumed, ledger, who, vllm)

        async def segment(
            name: str, load: Callable[[], AbstractAsyncContextManager[None]]
        ) -> Segment:
            async with load():
                await wait_full(vllm, sizes.in_flight)
                await asyncio.sleep(sizes.settle)
                found = await measured(vllm, system.pids.values(), sizes.seconds)
            await wait_idle(vllm)
            print(f"  {name:5} {found}", flush=True)
            return found

        pairs = []
        for order in abba(sizes.pairs):
            by_kind = {
                is_batch: await (segment("batch", batch) if is_batch else segment("loop", loop))
                for is_batch in order
            }
            pairs.append(Pair(by_kind[False], by_kind[True]))
        if (await who.batch(batch_id))["status"] != "in_progress":
            raise RuntimeError("the batch ended before the measurement")
        with suppress(TimeoutError):
            await who.cancel_batch(batch_id)
    await ledger.close()
    return pairs


def shares_by_processor_time(pairs: Sequence[Pair], cores: int) -> Sequence[float]:
    """What the share is by the cores that others than vLLM used in both kinds of segments: if a
    core that they use stops all threads of vLLM, and if it stops one. Sorted.
    """
    loop, batch = (
        statistics.median(one.system_cores + one.load_cores for one in kind)
        for kind in ([pair.loop for pair in pairs], [pair.batch for pair in pairs])
    )
    return sorted([(1 - batch) / (1 - loop), (cores - batch) / (cores - loop)])


def show(model: str, pairs: Sequence[Pair]) -> Mapping[str, float]:
    """Print the figures; returns them by name."""
    cores = os.cpu_count() or 1
    share = Ratio.of([(one.batch.rate, one.loop.rate) for one in pairs])
    worked = Ratio.of(
        [
            (one.batch.rate / one.batch.engine_cores, one.loop.rate / one.loop.engine_cores)
            for one in pairs
        ]
    )
    low, high = shares_by_processor_time(pairs, cores)
    print(f"{model}: share of the plain loop: {share}")
    print(f"    for each processor second of vLLM: {worked}")
    figures = {
        f"share of {model}": share.median,
        f"share of {model}, low": share.interval.low,
        f"share of {model}, high": share.interval.high,
        f"share of {model}, coverage": share.interval.coverage,
        f"share of {model} a processor second": worked.median,
        f"share of {model} by processor time, low": low,
        f"share of {model} by processor time, high": high,
    }
    for kind in ("loop", "batch"):
        segments: list[Segment] = [getattr(one, kind) for one in pairs]
        tokens, answers = (
            sum(getattr(one, what) for one in segments) for what in ("tokens", "answers")
        )
        system, load = (
            statistics.median(getattr(one, f"{what}_cores") for one in segments) / cores
            for what in ("system", "load")
        )
        print(
            f"    {kind}: {tokens / max(1.0, answers):.1f} tokens an answer; of {cores} cores "
            f"Chancery took {system:.2%}, the load {load:.2%}"
        )
        figures |= {
            f"{kind} tokens/s of {model}": statistics.median(one.rate for one in segments),
            f"in flight in the {kind} of {model}": statistics.mean(o.in_flight for o in segments),
            f"part of the cores, Chancery, {kind} of {model}": system,
            f"part of the cores, load, {kind} of {model}": load,
        }
    print(
        f"    by this processor time the share is {low:.3f} to {high:.3f}; {machine()}", flush=True
    )
    return figures


async def bench_serve_rate(vllm: Vllm, load: Load, sizes: Sizes, folder: Path) -> float:
    async with bench_serve(vllm, sizes.in_flight, load.answer_tokens, folder):
        await asyncio.sleep(sizes.settle)
        return (await measured(vllm, (), 2 * sizes.seconds)).rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="tiny-qwen2")
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each segment, measured")
    parser.add_argument("--settle", type=float, default=8.0, help="seconds of each before that")
    parser.add_argument("--answer-tokens", type=int, default=64)
    parser.add_argument("--quick", action="store_true", help="two pairs of short segments")
    parser.add_argument("--bench-serve", action="store_true", help="also `vllm bench serve`")
    parser.add_argument("--run-batch", action="store_true", help="also `vllm run-batch`")
    options = parser.parse_args()
    sizes = Sizes(options.in_flight, options.pairs, options.seconds, options.settle)
    if options.quick:
        sizes = Sizes(options.in_flight, pairs=2, seconds=3.0, settle=1.0)
    model, load = options.model, Load(answer_tokens=options.answer_tokens)
    settings = {
        "CHANCERY_CONCURRENCY": str(sizes.in_flight),
        "CHANCERY_INTERACTIVE_PLACES": "0",
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_vllm(model, folder) as vllm:
            with running_system(vllm.url, settings=settings) as system:
                report(show(model, uvloop.run(compare(system, vllm, load, sizes))))
            if options.bench_serve:
                rate = uvloop.run(bench_serve_rate(vllm, load, sizes, folder))
                print(f"vllm bench serve: {rate:.0f} tokens/s", flush=True)
                report({f"bench tokens/s of {model}": rate})
        if options.run_batch:
            files = [load.lines(n * sizes.in_flight, model) for n in (2, 12)]
            rate = run_batch_rate(model, files, sizes.in_flight, folder)
            print(f"vllm run-batch: {rate:.0f} tokens/s")
            report({f"run-batch tokens/s of {model}": rate})


if __name__ == "__main__":
    main()
