"""For every suite: settings of hypothesis, and advice on programs that are not installed."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.programs import advice, require_program

# Without a deadline per example, because the machines are shared.
settings.register_profile("chancery", deadline=None)
settings.load_profile("chancery")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(program): one of tests/programs.py")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        require_program(*marker.args)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if line := advice(str(report.longrepr[2]) for report in skipped):
        terminalreporter.write_line(line)
