"""Hostile inputs: `pytest tests/hostile --all-inputs` sends all, otherwise the short list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.hostile.sender import Input


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-inputs", action="store_true", help="send all hostile inputs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--all-inputs"):
        return
    longer = [item for item in items if not _is_short(item)]
    items[:] = [item for item in items if item not in longer]
    config.hook.pytest_deselected(items=longer)


def _is_short(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return True
    given = item.callspec.params.get("given")
    return not isinstance(given, Input) or given.short


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a line even if the test passes."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", flush=True)

    return say
