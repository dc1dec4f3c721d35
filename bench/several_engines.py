"""The share of two engines of fixed latency that bulk work uses, by how they are connected.

    python -m bench.several_engines [--arrangement one-engine one-worker worker-each]
                                    [--in-flight 64] [--latency 1.0] [--seconds 10]

`one-engine`: a worker with one of them, for comparison. `one-worker`: a worker for both, by
`CHANCERY_ENGINES`. `worker-each`: two workers, each with one. Each engine takes `--latency` seconds
for a request and has `--in-flight` slots. The shares are measured as by `bench.ideal_share`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx
import uvloop

from bench.department import CHATS, department
from bench.figures import report
from bench.ideal_share import LONGEST_SECONDS, SETTLE_SECONDS, finished
from bench.instant_engine import MODEL
from bench.system import CpuTime, System, machine, processes, running_engine, running_system

ARRANGEMENTS = ("one-engine", "one-worker", "worker-each")


@dataclass(frozen=True, slots=True)
class Parameters:
    arrangement: Sequence[str]
    in_flight: int
    latency: float
    seconds: float


@contextmanager
def running_workers(
    arrangement: str, system: System, engines: Sequence[str], in_flight: int
) -> Iterator[Sequence[int]]:
    """Run the workers of the arrangement; yields their pids."""
    common = {
        "CHANCERY_REDIS_URL": system.redis_url,
        "CHANCERY_DATA_DIR": str(system.folder),
        "CHANCERY_INTERACTIVE_PLACES": "0",
    }
    own: list[Mapping[str, str]]
    if arrangement == "one-worker":
        listed = json.dumps([{"url": url, "model": MODEL} for url in engines])
        concurrency = str(in_flight * len(engines))
        own = [{"CHANCERY_ENGINES": listed, "CHANCERY_CONCURRENCY": concurrency}]
    else:
        concurrency = str(in_flight)
        own = [{"CHANCERY_ENGINE_URL": url, "CHANCERY_CONCURRENCY": concurrency} for url in engines]
    with ExitStack() as stack:
        pids: list[int] = []
        for number, settings in enumerate(own):
            argvs = {f"worker{number}": ["worker", "worker"]}
            started = processes(system.folder, {**common, **settings}, argvs)
            pids += stack.enter_context(started).values()
        yield pids


async def measure(arrangement: str, what: Parameters) -> None:
    number = 1 if arrangement == "one-engine" else 2
    best = number * what.in_flight / what.latency
    with ExitStack() as stack:
        engines = [
            stack.enter_context(running_engine(latency=what.latency, slots=what.in_flight))
            for _ in range(number)
        ]
        urls = [url for url, _ in engines]
        system = stack.enter_context(running_system(urls[0], workers=0))
        workers = stack.enter_context(running_workers(arrangement, system, urls, what.in_flight))
        pids = [*(pid for _, pid in engines), *workers, *system.pids.values()]
        async with department(system, "bench") as who, httpx.AsyncClient() as http:
            settle = SETTLE_SECONDS + 2 * what.latency
            lines = int(best * (settle + what.seconds) * 1.3) + number * what.in_flight
            batch_id = await who.submit_batch(await who.upload(CHATS, lines), CHATS)
            await who.wait_batch(batch_id, "in_progress", seconds=LONGEST_SECONDS)
            await asyncio.sleep(settle)
            cpu, began = CpuTime.now(pids), time.perf_counter()
            before = [await finished(http, url) for url in urls]
            await asyncio.sleep(what.seconds)
            done = [await finished(http, url) - was for url, was in zip(urls, before, strict=True)]
            share = sum(done) / (time.perf_counter() - began) / best
            others = CpuTime.now(pids).others_since(cpu)
            if (await who.batch(batch_id))["status"] != "in_progress":
                raise RuntimeError("the batch ended before the measurement")
            await who.cancel_batch(batch_id)
    print(f"{arrangement:11}: {share:.1%} of {best:.0f} requests/s, by engine {done};", end=" ")
    print(f"other processes took {others:.0%} of the machine; {machine()}", flush=True)
    report({f"share of {arrangement}": share})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arrangement", nargs="+", choices=ARRANGEMENTS, default=ARRANGEMENTS)
    parser.add_argument("--in-flight", type=int, default=64, help="of each engine")
    parser.add_argument("--latency", type=float, default=1.0, help="seconds per request")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the steady state")
    what = Parameters(**vars(parser.parse_args()))
    for arrangement in what.arrangement:
        uvloop.run(measure(arrangement, what))


if __name__ == "__main__":
    main()
