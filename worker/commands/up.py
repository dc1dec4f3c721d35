"""`chancery up`: the whole system on one machine, in the foreground."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from worker.commands.system import only_speak_yourself
from worker.supervise.child import StartFailed
from worker.supervise.machine import CannotStart, Wanted, run

DEFAULT_MODEL = "SmolLM2-135M-Instruct"


@click.command()
@click.option(
    "--port", default=8080, envvar="CHANCERY_API_PORT", show_default=True, help="The api's port."
)
@click.option(
    "--flower-port",
    default=5555,
    envvar="CHANCERY_FLOWER_PORT",
    show_default=True,
    help="Flower's port.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CHANCERY_DATA_DIR",
    default=Path("var"),
    show_default=True,
    help="Documents, results, logs, and the files of our own Redis.",
)
@click.option(
    "--tasks-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CHANCERY_TASKS_DIR",
    help="The folder with departments' own tasks, one file a task.",
)
@click.option(
    "--redis-url",
    envvar="CHANCERY_REDIS_URL",
    help="A Redis that is there, instead of our own. "
    "CHANCERY_REDIS_URL keeps a password off the command line.",
)
@click.option(
    "--engine-url",
    envvar="CHANCERY_ENGINE_URL",
    help="A vLLM that is there, without /v1, instead of our own on this machine's processors.",
)
@click.option(
    "--fast-engine-url",
    envvar="CHANCERY_FAST_ENGINE_URL",
    help="A vLLM with a smaller model, for jobs that ask for `fast` or `auto`.",
)
@click.option(
    "--engine-model",
    default=DEFAULT_MODEL,
    show_default=True,
    help="The model of our own vLLM: a folder of .engine/models.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    envvar="CHANCERY_CONCURRENCY",
    help="Requests that the worker keeps in flight on the engine.  [default: 64]",
)
def up(
    *,
    port: int,
    flower_port: int,
    data_dir: Path,
    tasks_dir: Path | None,
    redis_url: str | None,
    engine_url: str | None,
    fast_engine_url: str | None,
    engine_model: str,
    concurrency: int | None,
) -> None:
    """Run the whole system on this machine, in the foreground.

    Prints one line starting with `ready` when everything answers. Ctrl-C or SIGTERM stops all of
    it; a second one kills it at once.
    """
    wanted = Wanted(
        port=port,
        flower_port=flower_port,
        data_dir=data_dir.resolve(),
        tasks_dir=tasks_dir.resolve() if tasks_dir else None,
        redis_url=redis_url or None,
        engine_url=engine_url.rstrip("/") if engine_url else None,
        fast_engine_url=fast_engine_url.rstrip("/") if fast_engine_url else None,
        engine_model=engine_model,
        concurrency=concurrency,
    )
    only_speak_yourself()
    try:
        asyncio.run(run(wanted, _say))
    except CannotStart as reason:
        raise click.ClickException(str(reason)) from reason
    except StartFailed as failure:
        click.echo(f"\n{failure}. The end of {failure.log_path}:\n{failure.tail}", err=True)
        sys.exit(1)


def _say(line: str) -> None:
    click.echo(line)  # flushes
