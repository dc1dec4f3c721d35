"""Checks before any large download that the installation can succeed on this machine."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
import sysconfig
from pathlib import Path

from progress import Failed

# The versions and machines for which vLLM for the CPU and torch are published.
ENGINE_PYTHONS = ((3, 11), (3, 12), (3, 13))
ENGINE_MACHINES = ("x86_64", "aarch64")
OLDEST_GLIBC = (2, 28)
OLDEST_ENGINE_GLIBC = (2, 31)
ELSEWHERE = "or use a vLLM server on another machine: CHANCERY_ENGINE_URL=http://HOST:8000"


def check_application(machine: str = platform.machine()) -> None:
    """Raise `Failed` if the application cannot be installed on this machine."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if importlib.util.find_spec("ensurepip") is None:
        raise Failed(
            f"Python {version} at {sys.executable} has no module ensurepip. On Debian and "
            f"Ubuntu: apt-get install python{version}-venv"
        )
    check_glibc(OLDEST_GLIBC, "the application")
    headers = Path(sysconfig.get_path("include"), "Python.h")
    if machine != "x86_64" and not (shutil.which("cc") and headers.exists()):
        raise Failed(
            f"On {machine} the package streaming-form-data is compiled during installation, which "
            f"needs a C compiler and Python's headers. On Debian and Ubuntu: "
            f"apt-get install gcc python{version}-dev"
        )


def check_glibc(oldest: tuple[int, int], purpose: str) -> None:
    """Raise `Failed` if the C library is not glibc, or is older than `oldest`."""
    name, release = platform.libc_ver()
    numbers = tuple(int(part) for part in release.split(".") if part.isdigit())
    if name != "glibc" or numbers < oldest:
        raise Failed(
            f"The C library here is {f'{name} {release}' if name else 'not glibc'}; {purpose} "
            f"needs glibc {oldest[0]}.{oldest[1]} or later."
        )


def check_engine(
    python: tuple[int, int] = sys.version_info[:2],
    system: str = platform.system(),
    machine: str = platform.machine(),
    cpuinfo: Path = Path("/proc/cpuinfo"),
) -> None:
    """Raise `Failed` if vLLM for the CPU cannot run on this machine."""
    if python not in ENGINE_PYTHONS:
        raise Failed(
            f"vLLM for the CPU has no wheels for Python {python[0]}.{python[1]}. Use "
            f"make PYTHON=python3.13 (or python3.12, python3.11), {ELSEWHERE}"
        )
    if system != "Linux" or machine not in ENGINE_MACHINES:
        raise Failed(
            f"vLLM for the CPU is not available for {system} on {machine}. Use Linux on x86_64 or "
            f"aarch64, {ELSEWHERE}"
        )
    check_glibc(OLDEST_ENGINE_GLIBC, "vLLM for the CPU")
    if machine == "x86_64" and "avx2" not in cpuinfo.read_text().split():
        raise Failed(
            f"This processor has no AVX2, which vLLM for the CPU needs. Use another machine, "
            f"{ELSEWHERE}"
        )


def check_cuda_engine(
    python: tuple[int, int] = sys.version_info[:2],
    system: str = platform.system(),
    machine: str = platform.machine(),
) -> None:
    """Raise `Failed` if vLLM for CUDA cannot be installed on this machine."""
    if python not in ENGINE_PYTHONS:
        raise Failed(
            f"vLLM has no wheels for Python {python[0]}.{python[1]}. Use make PYTHON=python3.13 "
            f"(or python3.12, python3.11), {ELSEWHERE}"
        )
    if system != "Linux" or machine != "x86_64":
        raise Failed(
            f"vLLM for CUDA cannot be installed from wheels for {system} on {machine}. Use Linux "
            f"on x86_64, {ELSEWHERE}"
        )
    check_glibc(OLDEST_ENGINE_GLIBC, "vLLM")


def check_disk(folder: Path, needed_bytes: int, purpose: str) -> None:
    """Raise `Failed` if fewer than `needed_bytes` are free on the disk of `folder`."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise Failed(
            f"{folder} has {free / 1e9:.1f} GB free; installing {purpose} needs "
            f"{needed_bytes / 1e9:.1f} GB. Free some space, or use a folder on a larger disk."
        )


def check_writable(folder: Path) -> None:
    """Raise `Failed` if `folder` is not writable."""
    if not os.access(folder, os.W_OK):
        raise Failed(f"{folder} is not writable. Use a checkout that you own.")
