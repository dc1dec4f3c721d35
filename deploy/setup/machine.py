"""Checks that an installation can succeed on this machine, before anything large is downloaded."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path

from progress import Failed

# vLLM for the CPU is published for these, and so is torch.
ENGINE_PYTHONS = ((3, 11), (3, 12), (3, 13))
ENGINE_MACHINES = ("x86_64", "aarch64")
OLDEST_GLIBC = (2, 28)
ELSEWHERE = "or use a vLLM that runs elsewhere: set CHANCERY_ENGINE_URL=http://HOST:8000"


def check_application() -> None:
    """Raise `Failed` where the application cannot be installed: no `venv`, or an old glibc."""
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Failed(
            f"Python {version} at {sys.executable} cannot make environments. On Debian and "
            f"Ubuntu: apt-get install python{version}-venv"
        )
    name, release = platform.libc_ver()
    if name != "glibc" or _numbers(release) < OLDEST_GLIBC:
        raise Failed(
            f"The C library here is {name or 'not glibc'} {release}; the packages that are "
            "installed need glibc 2.28 or later (Debian 10, Ubuntu 18.10, RHEL 8 or later)."
        )


def check_engine(
    python: tuple[int, int] = sys.version_info[:2],
    system: str = platform.system(),
    machine: str = platform.machine(),
    cpuinfo: Path = Path("/proc/cpuinfo"),
) -> None:
    """Raise `Failed` where vLLM for the CPU cannot run on this machine."""
    if python not in ENGINE_PYTHONS:
        raise Failed(
            f"vLLM for the CPU has no wheels for Python {python[0]}.{python[1]}. Use "
            f"make PYTHON=python3.13 (or python3.12, python3.11), {ELSEWHERE}"
        )
    if system != "Linux" or machine not in ENGINE_MACHINES:
        raise Failed(
            f"There is no vLLM for the CPU for {system} on {machine}. Use Linux on x86_64 or "
            f"aarch64, {ELSEWHERE}"
        )
    if machine == "x86_64" and "avx2" not in cpuinfo.read_text().split():
        raise Failed(
            f"This processor has no AVX2, which vLLM for the CPU needs. Use another machine, "
            f"{ELSEWHERE}"
        )


def check_disk(folder: Path, needed_bytes: int, purpose: str) -> None:
    """Raise `Failed` where fewer than `needed_bytes` are free on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise Failed(
            f"{free / 1e9:.1f} GB are free in {folder}; {purpose} needs "
            f"{needed_bytes / 1e9:.1f} GB while it is installed. Free some space, or move the "
            f"checkout to a larger disk."
        )


def check_writable(folder: Path) -> None:
    """Raise `Failed` where `folder` cannot be written to."""
    if not os.access(folder, os.W_OK):
        raise Failed(f"{folder} cannot be written to: use a checkout of your own.")


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdigit())
