"""Every test that docs/security.md names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`((?:unit|integration|system|hostile|compose)/[\w/]+(?:\.py)?)`")


def test_the_tests_that_the_threats_name_exist() -> None:
    named = set(NAMED.findall((ROOT / "docs/security.md").read_text()))
    assert len(named) > 15
    assert [name for name in sorted(named) if not (ROOT / "tests" / name).exists()] == []
