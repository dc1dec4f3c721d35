"""Runs measurements in interleaved rounds, and writes their figures and a table.

    python -m bench [NAME ...] [--rounds 3]

Each round runs every measurement once, so that a change of the machine's load meets all of them.
Writes `bench/results/NAME.json`, with the figures of each round, and `bench/results/table.md`, with
medians, ranges, targets and ratios to the peers. What one figure shows: `bench/README.md`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench.results import Results
from bench.rows import MEASUREMENTS, Measurement
from bench.vllm import installed


def chosen(names: Sequence[str]) -> Sequence[Measurement]:
    """The named measurements; without names, all of the default run that can run here."""
    known = {one.name: one for one in MEASUREMENTS}
    unknown = [name for name in names if name not in known]
    if unknown:
        listed = "\n".join(f"  {one.name:14} {one.shows}" for one in MEASUREMENTS)
        sys.exit(f"unknown: {', '.join(unknown)}. Measurements:\n{listed}")
    if names:
        return [known[name] for name in names]
    default = [one for one in MEASUREMENTS if one.by_default]
    missing = [one.name for one in default if one.needs_vllm and not installed()]
    if missing:
        print(f"skipped without vLLM (make engine): {', '.join(missing)}", flush=True)
    return [one for one in default if one.name not in missing]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    measurements, results = chosen(options.names), Results.stored()
    failed = set[str]()
    for one in measurements:
        results.clear(one)
    for number in range(1, options.rounds + 1):
        for one in measurements:
            print(f"== round {number} of {options.rounds}, {one.name}: {one.shows}", flush=True)
            if not results.add_round(one):
                failed.add(one.name)
        results.write()
    print(results.table())
    if failed:
        sys.exit(f"failed: {', '.join(sorted(failed))}")


if __name__ == "__main__":
    main()
