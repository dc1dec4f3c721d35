"""`python -m worker ROLE`."""

from __future__ import annotations

import gc
import sys
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from worker import __main__ as entry
from worker import process


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules whose `main` was called."""
    modules: list[str] = []

    def import_module(name: str) -> SimpleNamespace:
        return SimpleNamespace(main=lambda: modules.append(name))

    monkeypatch.setattr(process, "import_module", import_module)
    monkeypatch.setattr(process, "set_up_logs", lambda _: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(gc, "set_threshold", lambda _: None)
    return modules


def test_a_role_starts_its_module(started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["worker", "scheduler"])
    with capture_logs() as logs:
        entry.main()
    assert started == ["worker.roles.scheduler"]
    assert logs == []


def test_the_garbage_of_many_jobs_is_collected_at_once(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    thresholds: list[int] = []
    monkeypatch.setattr(gc, "set_threshold", thresholds.append)
    monkeypatch.setattr(sys, "argv", ["worker", "worker"])
    entry.main()
    assert started == ["worker.roles.worker"]
    assert thresholds == [10_000]


def test_the_old_name_of_the_scheduler_is_accepted_with_a_warning(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["worker", "clerk"])
    with capture_logs() as logs:
        entry.main()
    assert started == ["worker.roles.scheduler"]
    assert logs == [
        {"event": "role.renamed", "old": "clerk", "new": "scheduler", "log_level": "warning"}
    ]


@pytest.mark.parametrize("argv", [["worker"], ["worker", "engine"]])
def test_an_unknown_role_prints_the_usage(
    started: list[str], monkeypatch: pytest.MonkeyPatch, argv: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    with pytest.raises(SystemExit, match=r"usage: python -m worker \{worker\|courier"):
        entry.main()
    assert started == []
