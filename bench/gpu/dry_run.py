"""Runs the measurement of `bench.gpu.measure` on a tiny model on this machine's CPUs, briefly."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.vllm import TINY, running_vllm

IN_FLIGHT = ("4", "8")
SECONDS = "6"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_vllm(TINY[0], Path(folder)) as vllm:
        argv = [sys.executable, "-m", "bench.gpu.measure", "--engine-url", vllm.url]
        argv += ["--in-flight", *IN_FLIGHT, "--seconds", SECONDS, *sys.argv[1:]]
        subprocess.run(argv, check=True)


if __name__ == "__main__":
    main()
