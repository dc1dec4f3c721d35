"""Optional programs: tests that need a missing one are skipped, and fail in CI."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

# Possible names or files of each program or library, and its packages in Debian, if it has some.
PROGRAMS = {
    "chromium": (("chromium", "chromium-browser"), "chromium"),
    "go": (("go",), "golang-go"),
    "helm": ((str(Path(__file__).parents[1] / ".helm/helm"), "helm"), ""),  # `make helm`
    "httpmime": (
        ("/usr/share/java/httpmime.jar",),
        "libhttpmime-java libjakarta-annotation-api-java",
    ),
    "java": (("javac",), "default-jdk-headless"),
    "nginx": (("nginx", "/usr/sbin/nginx"), "nginx-light"),
    "node": (("node",), "nodejs"),
    "openssl": (("openssl",), "openssl"),
    "php": (("php",), "php-cli"),
    "soffice": (("soffice",), "libreoffice-writer-nogui libreoffice-calc-nogui"),
    "systemd-analyze": (("systemd-analyze",), "systemd"),
}


def find_program(name: str) -> str | None:
    names, _ = PROGRAMS[name]
    return next((path for each in names if (path := shutil.which(each) or _file(each))), None)


def _file(name: str) -> str | None:
    return name if Path(name).is_absolute() and Path(name).exists() else None


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
    packages = " ".join(package for name in sorted(skipped) if (package := PROGRAMS[name][1]))
    commands = [f"apt-get install --no-install-recommends {packages}"] if packages else []
    commands += ["make helm"] if "helm" in skipped else []
    return f"tests skipped: {counts}. To run them: {'; '.join(commands)}"
