"""Chooses the build of torch: PyTorch's CPU build, or the public index's larger one with CUDA."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from progress import Failed

HERE = Path(__file__).resolve().parent
VERSION = "2.13.0"
CPU_LOCK = HERE / "torch-cpu.lock"
PUBLIC_LOCK = HERE / "torch-public.lock"
# PyTorch's own index of CPU builds; CHANCERY_TORCH_INDEX names a mirror of it.
PYTORCH_INDEX = "https://download.pytorch.org/whl/cpu"
ANSWER_SECONDS = 5

CPU_BYTES = 5_500_000_000
PUBLIC_BYTES = 11_000_000_000
CPU_COST = "the engine takes 3.7 GB of disk and about two minutes"
PUBLIC_COST = (
    "the engine takes 6.9 GB of disk (11 GB while it is installed) and about three minutes"
)

Pip = Callable[..., str]


@dataclass(frozen=True)
class Build:
    """A build of torch: its lock file, pip arguments, disk space and an explanation to print."""

    lock: Path
    pip_arguments: tuple[str, ...]
    needed_bytes: int
    explanation: str


def choose(pip: Pip) -> Build:
    """The build to install: the CPU build if an index has it, else the public one.

    `pip` runs pip with the given arguments and returns its output, or raises `Failed`.
    """
    cpu = f"{VERSION}+cpu"
    if cpu in _versions(pip):
        why = f"torch {cpu}: your package index has the CPU build"
        return Build(CPU_LOCK, (), CPU_BYTES, f"{why}; {CPU_COST}")
    index = os.environ.get("CHANCERY_TORCH_INDEX", PYTORCH_INDEX)
    source = ("--index-url", index)
    quickly = ("--timeout", str(ANSWER_SECONDS), "--retries", "0")
    if cpu in _versions(pip, *source, *quickly):
        why = f"torch {cpu} from {index}: your package index has no CPU build"
        return Build(CPU_LOCK, source, CPU_BYTES, f"{why}; {CPU_COST}")
    why = (
        f"torch {VERSION} with CUDA libraries: your package index has no CPU build, and {index} "
        f"did not answer in {ANSWER_SECONDS} s or has none for this Python"
    )
    return Build(PUBLIC_LOCK, (), PUBLIC_BYTES, f"{why}; {PUBLIC_COST}")


def pins() -> str:
    """The contents of both lock files: if they change, torch is installed again."""
    return CPU_LOCK.read_text() + PUBLIC_LOCK.read_text()


def _versions(pip: Pip, *arguments: str) -> list[str]:
    """The versions of torch for this Python and machine; empty if the index does not answer."""
    try:
        printed = pip("index", "versions", "torch", *arguments)
    except Failed:
        return []
    listed = printed.partition("Available versions:")[2].partition("\n")[0]
    return [version.strip() for version in listed.split(",")]
