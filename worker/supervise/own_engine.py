"""The engine that the system starts itself: on this machine's GPUs, or on its CPUs."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from jobs.process.settings import EngineSettings
from worker.engine.start.architectures import ArchitectureUnknown, check_architecture
from worker.engine.start.command import Command, cpu_engine, gpu_engine
from worker.engine.start.main_memory import check_main_memory, free_memory
from worker.engine.start.memory import DoesNotFit
from worker.engine.start.preflight import CannotServe, Fit, fit
from worker.supervise.checks import free_port, http_answers
from worker.supervise.child import ChildSpec, Report
from worker.supervise.environment import foreign_environment

HOST = "127.0.0.1"
HOME = "CHANCERY_ENGINE_HOME"
CPU_HOME, CUDA_HOME = ".engine", ".engine-cuda"
# It holds nothing that a kill would lose once its clients have stopped.
_GRACE_SECONDS = 5.0
CPU_CONTEXT = 4_096
_SHARDS = re.compile(r"% Completed \| {0,4}(\d{1,6})/(\d{1,6})")


class EngineUnusable(Exception):
    """The engine cannot be started; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine's URL, and the child that serves it if the system starts it. `settings`: those of
    engines that run elsewhere.
    """

    url: str
    child: ChildSpec | None = None
    settings: tuple[EngineSettings, ...] = ()


def engine_home(folder: str = CPU_HOME) -> Path:
    """`CHANCERY_ENGINE_HOME`, or else `folder` in the working directory or beside the venv."""
    if home := os.environ.get(HOME):
        return Path(home)
    local = Path(folder)
    return local if local.is_dir() else Path(sys.prefix).parent / folder


def small_engine(model: str) -> Engine:
    """vLLM on this machine's CPUs with one of the models that are installed with it.

    Raises `FileNotFoundError`.
    """
    port = free_port(HOST)
    return _engine(cpu_engine(engine_home(), model, HOST, port), port)


def engine_for(path: Path, context: int | None, report: Report) -> Engine:
    """vLLM with the model in the folder `path`, on all of this machine's GPUs, or without any on
    its CPUs. `context`: the tokens of prompt and answer; None: what fits, 32,768 at most.

    Checks first that the model is complete, that this vLLM knows it, and that it fits, which blocks
    for up to some minutes. Raises `EngineUnusable`.
    """
    port = free_port(HOST)
    try:
        found = fit(path.resolve(), context, report)
        command = _command(found, context, port, report)
        python = Path(command.argv[0]).with_name("python")
        check_architecture(
            python, found.model.architecture, found.model.path.name, foreign_environment()
        )
    except (CannotServe, FileNotFoundError, ArchitectureUnknown, DoesNotFit) as error:
        raise EngineUnusable(str(error)) from error
    return _engine(command, port)


def _command(found: Fit, context: int | None, port: int, report: Report) -> Command:
    path = found.model.path
    if found.plan:
        return gpu_engine(engine_home(CUDA_HOME), path, HOST, port, found.plan)
    check_main_memory(found.model.config, found.model.weights, free_memory(), path.name)
    length = min(context or CPU_CONTEXT, found.longest)
    report(f"no NVIDIA card: runs on the CPUs, with {length:,} tokens of context")
    return cpu_engine(engine_home(), path, HOST, port, max_model_len=length)


def _engine(command: Command, port: int) -> Engine:
    url = f"http://{HOST}:{port}"
    child = ChildSpec(
        name="engine",
        argv=command.argv,
        env=foreign_environment() | command.env,
        ready=http_answers(f"{url}/health"),
        start_attempts=2,
        grace_seconds=_GRACE_SECONDS,
        progress=loading_progress,
    )
    return Engine(url, child)


def loading_progress(log: str) -> str | None:
    """What the end of vLLM's log says of the loading; None if nothing."""
    found = list(_SHARDS.finditer(log))
    return f"{found[-1][1]} of {found[-1][2]} files of weights" if found else None
