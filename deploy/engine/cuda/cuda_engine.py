"""The installation for NVIDIA's GPUs: vLLM for CUDA, without a model.

Every downloaded file is verified against the digests in the lock file in this folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from installation import Engine, Installation, Step, make_venv
from machine import check_cuda_engine, check_disk

LOCK = Path(__file__).resolve().parent / "requirements.lock"
VLLM = "0.32.0"
# An estimate: torch takes 4.7 GB with its CUDA libraries, vLLM and its kernels about as much, and
# pip keeps what it has downloaded until it is unpacked.
NEEDED_BYTES = 15_000_000_000


def install_vllm(engine: Engine) -> None:
    check_room(engine.root)
    engine.install(LOCK)


def steps(root: Path) -> list[Step]:
    return [
        Step("a Python environment", f"{sys.base_prefix} {sys.version} {root}", make_venv),
        Step(f"vLLM {VLLM} for CUDA", LOCK.read_text(), install_vllm),
    ]


def check_room(folder: Path) -> None:
    check_disk(folder, NEEDED_BYTES, "the engine")


INSTALLATION = Installation(steps, check_cuda_engine, check_room)
