"""No regular expression of ours takes more than linear time, whatever text it meets."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.unit.regexes.measure import slow
from tests.unit.regexes.patterns import PACKAGES, ROOT, Use

# A pattern that hangs is stopped after a second; this is for a machine that stands still.
SECONDS = 1_500


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("package", PACKAGES)
def test_every_pattern_takes_linear_time(package: str) -> None:
    command = [sys.executable, "-m", "tests.unit.regexes.measure", package]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    *found, counted = [json.loads(line) for line in done.stdout.splitlines()]
    assert found == []
    assert counted["patterns"] > 0


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a|a)*b",
        r"\s*x",
        r"<[^>]*>",
        r"(?:<!--.*?-->\s*)*!",
    ],
)
def test_a_slow_pattern_is_found(pattern: str) -> None:
    assert slow(Use("here", re.compile(pattern, re.DOTALL), anchored=False)) is not None


@pytest.mark.parametrize("pattern", [r"\s+", r"(?<!\s)\s*+x", r"[a-z]{1,9}b", r"<[^<>]{0,99}>"])
def test_a_linear_pattern_is_not_found(pattern: str) -> None:
    assert slow(Use("here", re.compile(pattern), anchored=False)) is None
