"""Import rules that the contracts in pyproject.toml cannot express."""

from __future__ import annotations

import sys
from graphlib import TopologicalSorter
from subprocess import run

import grimp
import pytest

from tasks.registry import TASKS
from worker.__main__ import ROLES

PACKAGES = ("api", "bench", "chancery", "documents", "jobs", "standin", "tasks", "worker")


def test_there_are_no_import_cycles() -> None:
    graph = grimp.build_graph(*PACKAGES)
    imports = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    assert len(imports) > 300
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the cycle


@pytest.mark.parametrize("module", ["api.app", *(f"worker.roles.{role}" for role in ROLES)])
def test_a_process_starts_without_the_readers_and_the_tasks(module: str) -> None:
    """They take half a second of each process's start, and are imported when a job needs them."""
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    packages = {name for name in loaded.split() if name.count(".") < 2}
    tasks = {f"tasks.{name}" for name in TASKS}
    assert not packages & ({"documents.read", "cv2", "numpy", "onnxruntime", "pypdfium2"} | tasks)
    assert "opentelemetry.sdk" not in packages
