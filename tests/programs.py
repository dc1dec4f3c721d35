"""Programs that only some machines have. CI has all; elsewhere tests that lack one are skipped."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable

import pytest

# By a name of ours: the names that the program can have, and Debian's packages.
PROGRAMS = {
    "chromium": (("chromium", "chromium-browser"), "chromium"),
    "openssl": (("openssl",), "openssl"),
    "soffice": (("soffice",), "libreoffice-writer-nogui libreoffice-calc-nogui"),
}


def find_program(name: str) -> str | None:
    names, _ = PROGRAMS[name]
    return next((path for each in names if (path := shutil.which(each))), None)


def require_program(name: str) -> str:
    """The path of the program. Skips the test where it is not installed; fails it in CI."""
    if path := find_program(name):
        return path
    if os.environ.get("CI"):
        pytest.fail(f"{name} is not installed, and CI skips nothing")
    pytest.skip(f"needs {name}")


def advice(reasons: Iterable[str]) -> str | None:
    """One line on what to install, by the reasons for which tests were skipped."""
    skipped = Counter(name for reason in reasons for name in PROGRAMS if f"needs {name}" in reason)
    if not skipped:
        return None
    counts = ", ".join(f"{count} for {name}" for name, count in sorted(skipped.items()))
    packages = " ".join(PROGRAMS[name][1] for name in sorted(skipped))
    return (
        f"tests skipped: {counts}. To run them: apt-get install --no-install-recommends {packages}"
    )
