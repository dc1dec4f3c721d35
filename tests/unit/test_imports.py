"""Import rules that the contracts in pyproject.toml cannot express."""

from __future__ import annotations

import sys
from graphlib import TopologicalSorter
from subprocess import run

import grimp
import pytest

from tasks.registry import BUILT_IN
from worker.process import ROLES

PACKAGES = ("api", "bench", "chancery", "documents", "jobs", "standin", "tasks", "worker")


def test_there_are_no_import_cycles() -> None:
    graph = grimp.build_graph(*PACKAGES)
    imports = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    assert len(imports) > 300
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the cycle


# What a process loads when it needs it, and not to become ready. Its import takes 10 ms and more.
LATER = {
    *("cv2", "numpy", "onnxruntime", "pypdfium2", "lxml", "charset_normalizer"),
    *("opentelemetry.sdk", "obstore", "joserfc", "jinja2", "rjieba"),
    *("documents.read", "documents.ocr", "jobs.bucket", "jobs.batches.input.chat"),
    *(f"tasks.{name}" for name in BUILT_IN),
}
# Only these look for secrecy markings, talk to engines, or need the client for the web.
OF_SOME = {
    "tasks.secrecy.markings": {"api.process", "worker.roles.worker", "worker.roles.scheduler"},
    "worker.engine.client": {"worker.roles.worker"},
    "documents.readers.text": {"api.process", "worker.roles.worker", "worker.roles.scheduler"},
    "celery": {"worker.roles.worker", "worker.roles.courier", "worker.roles.scheduler"},
    "fastapi": {"api.process"},
}


def loaded_by(code: str) -> set[str]:
    """The modules that a new process has loaded after `code`."""
    command = [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"]
    return set(run(command, check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize(
    "module", ["api.process", "worker.commands.up", *(f"worker.roles.{role}" for role in ROLES)]
)
def test_a_process_starts_without_what_it_does_not_need_to_be_ready(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert not loaded & LATER
    assert not loaded & {name for name, users in OF_SOME.items() if module not in users}


def test_the_tasks_are_loaded_without_the_dictionary_of_words() -> None:
    """It stops every thread of the process for 0.1 s: a worker loads the tasks while jobs run."""
    loaded = loaded_by("from tasks.registry import load_built_in; load_built_in()")
    assert "tasks.redact.finders.names" in loaded
    assert "rjieba" not in loaded


def test_one_command_of_celery_runs_without_its_others() -> None:
    """Worker, courier and Flower are such commands."""
    loaded = loaded_by(
        "import click; from worker.celery.app import app; from worker.celery import command_line;"
        "command_line.run_command(click.Command('one', callback=print), app, [])"
    )
    assert "celery.bin.base" in loaded
    assert not loaded & {"celery.bin.celery", "prompt_toolkit"}
