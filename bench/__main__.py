"""`python -m bench [NAME ...]`: run the named measurements, by default all of them."""

from __future__ import annotations

import subprocess
import sys

MEASUREMENTS = {
    "submissions": "submissions per second with appendfsync everysec and always",
    "jobs": "jobs per second from submission to callback, against an instant engine",
    "store": "the time of the store's operations, plain and with each cipher",
    "secrecy": "the cost of the check for secrecy markings on submissions and uploads",
    "masking": "the time and memory of masking a long PDF, a scan and a large workbook",
    "doubts": "wrong numbers that the checks of the model cascade detect",
    "batches": "lines per second of a batch, and its share of a plain loop's throughput",
    "waiting": "the cost of waiting lines: memory, interactive latency, the scheduler's CPU time",
    "flood": "a department's waiting time while another floods the system",
    "interactive": "interactive latency under a full bulk load",
}


def main() -> None:
    names = sys.argv[1:] or list(MEASUREMENTS)
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        listed = "\n".join(f"  {name:12} {what}" for name, what in MEASUREMENTS.items())
        sys.exit(f"unknown: {', '.join(unknown)}. Measurements:\n{listed}")
    for name in names:
        print(f"== {name}: {MEASUREMENTS[name]}", flush=True)
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)


if __name__ == "__main__":
    main()
