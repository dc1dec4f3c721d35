"""Optional programs: tests that need a missing one are skipped, and fail in CI."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable

import pytest

# Possible names of each program, and its packages in Debian.
PROGRAMS = {
    "chromium": (("chromium", "chromium-browser"), "chromium"),
    "java": (("java",), "default-jdk-headless"),
    "openssl": (("openssl",), "openssl"),
    "soffice": (("soffice",), "libreoffice-writer-nogui libreoffice-calc-nogui"),
}


def find_program(name: str) -> str | None:
    names, _ = PROGRAMS[name]
    return next((path for each in names if (path := shutil.which(each))), None)


def require_program(name: str) -> str:
    """The path of the program. If it is not installed, skips the test, or fails it in CI."""
    if path := find_program(name):
        return path
    if os.environ.get("CI"):
        pytest.fail(f"{name} is not installed, and CI must not skip tests")
    pytest.skip(f"needs {name}")


def advice(reasons: Iterable[str]) -> str | None:
    """A line on what to install, from the reasons of skipped tests; None if nothing is missing."""
    skipped = Counter(name for reason in reasons for name in PROGRAMS if f"needs {name}" in reason)
    if not skipped:
        return None
    counts = ", ".join(f"{count} for {name}" for name, count in sorted(skipped.items()))
    packages = " ".join(PROGRAMS[name][1] for name in sorted(skipped))
    return (
        f"tests skipped: {counts}. To run them: apt-get install --no-install-recommends {packages}"
    )
