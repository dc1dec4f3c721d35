"""`python -m bench [NAME ...]`: run the measurements named, or all of them."""

from __future__ import annotations

import subprocess
import sys

MEASUREMENTS = {
    "submissions": "what appendfsync costs a submission",
    "jobs": "jobs per second from submission to callback, against an instant engine",
    "secrecy": "what looking for secrecy markings costs submissions and uploads",
    "doubts": "wrong numbers that the cascade's checks see",
    "batches": "lines per second of a batch, and what is left of the engine client's throughput",
    "waiting": "what waiting lines cost: memory, interactive latency, the scheduler's time",
    "flood": "a department's wait while another floods the system, against alone",
    "interactive": "interactive latency under a full bulk load, against idle",
}


def main() -> None:
    names = sys.argv[1:] or list(MEASUREMENTS)
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        listed = "\n".join(f"  {name:12} {what}" for name, what in MEASUREMENTS.items())
        sys.exit(f"there is no {', '.join(unknown)}; there are:\n{listed}")
    for name in names:
        print(f"== {name}: {MEASUREMENTS[name]}", flush=True)
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)


if __name__ == "__main__":
    main()
