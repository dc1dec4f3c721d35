"""For every suite: settings of hypothesis, the state of the process after each test, and advice on
programs that are not installed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from tests.programs import advice, require_program

# Without a deadline per example, because the machines are shared.
settings.register_profile("chancery", deadline=None)
settings.load_profile("chancery")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(program): one of tests/programs.py")


@pytest.fixture(autouse=True)
def reset_process() -> Iterator[None]:
    """Operators' commands, when tests call them, silence this process's logs and set its umask."""
    before = os.umask(0o022)
    yield
    os.umask(before)
    structlog.reset_defaults()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        require_program(*marker.args)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if line := advice(str(report.longrepr[2]) for report in skipped):
        terminalreporter.write_line(line)
