"""Seconds from `chancery up` to its line `ready`, with an engine that already runs.

python -m bench.start [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics

from bench.figures import report
from bench.system import cpu_seconds, machine, running_engine
from bench.up import running_up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    seconds = []
    with running_engine() as (engine_url, _):
        for _ in range(options.rounds):
            with running_up(engine_url) as up:
                used = {name: cpu_seconds(pid) for name, pid in up.pids().items()}
                seconds.append(up.seconds)
            print(
                f"ready after {up.seconds:.1f} s; {sum(used.values()):.1f} s of one core:", end=" "
            )
            print(", ".join(f"{name} {value:.1f}" for name, value in used.items()), flush=True)
    print(machine())
    report({"seconds to ready": statistics.median(seconds)})


if __name__ == "__main__":
    main()
