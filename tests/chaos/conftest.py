"""Tests that kill services of a running system: `pytest tests/chaos --chaos-seed 7`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

DEFAULT_SEED = 20_261


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--chaos-seed", type=int, default=DEFAULT_SEED, help="seed for the order of faults"
    )


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--chaos-seed"))


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a line even if the test passes."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", flush=True)

    return say
