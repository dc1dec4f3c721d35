"""Parts of a running system are killed here, by a seed: `pytest tests/chaos --chaos-seed 7`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

DEFAULT_SEED = 20_261


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos-seed", type=int, default=DEFAULT_SEED, help="the order of faults")


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--chaos-seed"))


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a line that is seen also where the test passes."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", flush=True)

    return say
