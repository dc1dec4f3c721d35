"""Runs measurements in interleaved rounds, and writes their figures and a table.

    python -m bench [NAME ...] [--rounds 3] [--quick]

Each round runs every measurement once, so that a change of the machine's load meets all of them;
some run in the last round only. Writes `bench/results/NAME.json`, with the figures of each round,
and `bench/results/table.md`, with medians, ranges, targets and ratios to the peers. `--quick` runs
one round of small sizes, which shows only whether the measurements work, and writes to
`.bench/quick`. What one figure shows: `bench/README.md`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.measured import QUICK, STORED, TABLE, Results
from bench.measurements import MEASUREMENTS, Measurement
from bench.table import figures, missed, table
from bench.vllm import installed


def chosen(names: Sequence[str], *, quick: bool) -> Sequence[Measurement]:
    """The named measurements; without names, all of the default run that can run here."""
    known = {one.name: one for one in MEASUREMENTS}
    unknown = [name for name in names if name not in known]
    if unknown:
        listed = "\n".join(f"  {one.name:17} {one.shows}" for one in MEASUREMENTS)
        sys.exit(f"unknown: {', '.join(unknown)}. Measurements:\n{listed}")
    if names:
        return [one for one in MEASUREMENTS if one.name in names]
    default = [
        one for one in MEASUREMENTS if one.by_default and (not quick or one.quick is not None)
    ]
    missing = [one.name for one in default if one.needs_vllm and not installed()]
    if missing:
        print(f"skipped without vLLM (make engine): {', '.join(missing)}", flush=True)
    return [one for one in default if one.name not in missing]


def run(results: Results, chosen: Sequence[Measurement], rounds: int, *, quick: bool) -> set[str]:
    """Run the rounds. Returns what failed in one of them."""
    began, failed = datetime.now(UTC).isoformat(timespec="seconds"), set[str]()
    for one in chosen:
        results.begin(one, began, quick=quick)
    for number in range(1, rounds + 1):
        for one in chosen:
            if one.once and number < rounds:
                continue
            print(f"== round {number} of {rounds}, {one.name}: {one.shows}", flush=True)
            if failure := results.add_round(one, quick=quick):
                failed.add(one.name)
                print(f"FAILED: {one.name}: {failure}", flush=True)
            took = results.measured[one.name].seconds[-1]
            print("\n".join((f"-- took {took:.0f} s", *figures(results, one.name))), flush=True)
            (results.folder / TABLE).write_text(table(results), "utf-8")
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round of small sizes")
    options = parser.parse_args()
    quick, began = options.quick, time.perf_counter()
    results = Results.read(QUICK if quick else STORED)
    failed = run(
        results, chosen(options.names, quick=quick), 1 if quick else options.rounds, quick=quick
    )
    print(table(results))
    print(f"{(time.perf_counter() - began) / 60:.0f} minutes; {results.folder / TABLE}")
    if not quick and not options.names:
        print(f"missed or not measured: {'; '.join(missed(results)) or 'nothing'}")
    if failed:
        sys.exit(f"failed: {', '.join(sorted(failed))}")


if __name__ == "__main__":
    main()
