"""Clocks of machines that differ, where a C compiler is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

# Seconds that a machine's clock is ahead. Receivers take callbacks of the last five minutes, and
# leases jump by what the clocks of the Redis servers differ.
AHEAD = {"machine-1": 200, "machine-2": -100, "data-2": 2, "data-3": -1}
SOURCE = Path(__file__).with_name("clock.c")


def clock_library(folder: Path) -> Path | None:
    """The library that sets clocks; None without a compiler."""
    if not (compiler := shutil.which("cc")):
        return None
    library = folder / "clock.so"
    subprocess.run((compiler, "-O1", "-shared", "-fPIC", "-o", library, SOURCE), check=True)
    return library


def clock_env(library: Path | None, machine: str) -> Mapping[str, str]:
    """The variables with which a machine's processes see its clock."""
    if library is None or machine not in AHEAD:
        return {}
    return {"LD_PRELOAD": str(library), "CLOCK_AHEAD": str(AHEAD[machine])}
