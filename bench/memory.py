"""Memory of each process of `chancery up`: at rest, and its growth during a soak.

    python -m bench.memory [--minutes 20] [--load 0.8]

The soak submits single jobs at a part of the rate that the system reached before. The growth an
hour is the slope of a line through the samples after the first quarter, which fills caches. The
noise is the range of the samples around that line: growth is beyond it if the line rises by more
than that in the time. Valkey grows with the jobs that it keeps, so it is shown but not judged.
Submissions that the system refuses for the moment or does not answer in time are counted, not
repeated.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvloop

from bench.callbacks import Receiver, client, receiver, run_jobs
from bench.figures import report
from bench.latency import at_rate
from bench.system import machine, memory_mib, running_engine
from bench.up import Up, running_up

REST_SECONDS = 12.0  # tasks are imported and reading processes started 4 s after the start
SAMPLE_SECONDS = 2.0
BURST_JOBS = 600
IN_FLIGHT = 32
# A process that rises by less in the whole soak is not judged: the kernel counts in pages.
LEAST_MIB = 1.0


@dataclass(frozen=True, slots=True)
class Trend:
    """`an_hour`: MiB an hour. `rise` of the line in the time, and `noise` around it: MiB."""

    an_hour: float
    rise: float
    noise: float

    @classmethod
    def of(cls, seconds: Sequence[float], mib: Sequence[float]) -> Trend:
        """Of at least two samples."""
        slope, start = statistics.linear_regression(seconds, mib)
        around = [value - slope * at - start for at, value in zip(seconds, mib, strict=True)]
        rise = slope * (seconds[-1] - seconds[0])
        return cls(slope * 3600, rise, max(around) - min(around))

    @property
    def beyond_noise(self) -> float:
        """How many times the noise the rise is; 0 for a rise too small to judge."""
        return self.rise / self.noise if self.rise >= LEAST_MIB and self.noise else 0.0


@dataclass(frozen=True, slots=True)
class Sample:
    seconds: float
    mib: Mapping[str, float]


def resident(up: Up) -> Mapping[str, float]:
    """MiB by process."""
    return {name: memory_mib(pid)[0] for name, pid in up.pids().items()}


def proportional_mib(pid: int) -> float:
    """MiB of a process and all that it has started, with shared pages divided (PSS, proc(5))."""
    kib, pids = 0, [pid]
    while pids:
        folder = Path(f"/proc/{pids.pop()}")
        with suppress(OSError):  # it has ended
            found = re.search(
                r"^Pss:\s*(\d+) kB", (folder / "smaps_rollup").read_text(), re.MULTILINE
            )
            kib += int(found[1]) if found else 0
            for children in folder.glob("task/*/children"):
                pids += map(int, children.read_text().split())
    return kib / 1024


async def soak(
    up: Up,
    http: httpx.AsyncClient,
    here: Receiver,
    rate: float,
    seconds: float,
    *,
    refused: Counter[str],
) -> Sequence[Sample]:
    """Submit jobs at `rate`, and sample the memory meanwhile."""
    already, samples = len(here.received), []
    began = time.perf_counter()
    load = asyncio.create_task(at_rate(http, here, rate, int(rate * seconds), refused))
    while (passed := time.perf_counter() - began) < seconds and not load.done():
        await asyncio.sleep(SAMPLE_SECONDS)
        samples.append(Sample(passed, resident(up)))
    await here.wait(already + len(await load))
    return samples


def trend(samples: Sequence[Sample], name: str) -> Trend:
    settled = [one for one in samples[len(samples) // 4 :] if name in one.mib]
    return Trend.of([one.seconds for one in settled], [one.mib[name] for one in settled])


async def measure(up: Up, minutes: float, load: float) -> None:
    await asyncio.sleep(REST_SECONDS)
    rest, together = resident(up), proportional_mib(up.pid)
    async with receiver() as here:
        api_key = await up.system.department("bench", callback_url=here.url)
        async with client(up.system.api, api_key, IN_FLIGHT) as http:
            burst = await run_jobs(
                [http], "/v1/jobs", here, dict, count=BURST_JOBS, in_flight=IN_FLIGHT
            )
            rate = burst.jobs * load
            refused = Counter[str]()
            samples = await soak(up, http, here, rate, minutes * 60, refused=refused)
    trends = {name: trend(samples, name) for name in rest}
    print(f"at rest all together, shared pages counted once: {together:.0f} MiB")
    print(f"soak of {minutes:g} minutes at {rate:.0f} jobs/s; MiB at rest, at the end, an hour;")
    print("    the rise of the line in the soak, and the noise around it:")
    for name, mib in rest.items():
        one = trends[name]
        print(f"    {name:12} {mib:6.0f} {samples[-1].mib.get(name, 0):6.0f}", end=" ")
        print(f"{one.an_hour:+7.1f}; {one.rise:+6.1f}, {one.noise:.1f}")
    print(f"refused or not answered in time: {dict(refused) or 'none'}")
    print(machine())
    report({f"MiB at rest, {name}": mib for name, mib in rest.items()})
    report({f"MiB an hour in the soak, {name}": one.an_hour for name, one in trends.items()})
    judged = [one.beyond_noise for name, one in trends.items() if name != "valkey"]
    report({"MiB at rest, all (PSS)": together, "growth/noise in the soak": max(judged)})
    report({"minutes of the soak": minutes, "jobs/s in the soak": rate})
    report({"submissions refused in the soak": refused.total()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--load", type=float, default=0.8, help="of the rate reached before")
    options = parser.parse_args()
    with running_engine() as (engine_url, _), running_up(engine_url) as up:
        uvloop.run(measure(up, options.minutes, options.load))


if __name__ == "__main__":
    main()
