"""`chancery up`: the whole system on one machine, in the foreground."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from jobs.process.environment import unknown_variable, unknown_variables, wrong_settings
from jobs.process.settings import FlowerSettings, WorkerSettings
from worker.commands.messages import detail, message
from worker.commands.system import silence_logs
from worker.supervise.child import StartFailed
from worker.supervise.machine import CannotStart, SystemOptions, run

DEFAULT_MODEL = "SmolLM2-135M-Instruct"


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery up --port 8080 --data-dir var\n"
    "  chancery up --model /models/DeepSeek-R1-Distill-Qwen-7B\n"
    "  chancery up --engine-url http://gpu1.intranet:8000/v1",
)
@click.option(
    "--port",
    default=8080,
    envvar="CHANCERY_API_PORT",
    show_default=True,
    help="The port of the api.",
)
@click.option(
    "--flower-port",
    default=5555,
    envvar="CHANCERY_FLOWER_PORT",
    show_default=True,
    help="The port of Flower.",
)
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CHANCERY_DATA_DIR",
    default=Path("var"),
    show_default=True,
    help="The folder for documents, results, logs and the data of Redis.",
)
@click.option(
    "--tasks-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CHANCERY_TASKS_DIR",
    help="The folder with departments' own tasks, one file per task.",
)
@click.option(
    "--redis-url",
    envvar="CHANCERY_REDIS_URL",
    help="A Redis that already runs. Default: start one. "
    "Use CHANCERY_REDIS_URL to keep a password off the command line.",
)
@click.option(
    "--engine-url",
    envvar="CHANCERY_ENGINE_URL",
    help="A vLLM that already runs, with or without /v1. Default: start one on this "
    "machine's CPUs.",
)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="The folder of a model: vLLM is started with it on this machine's NVIDIA cards, or on "
    "its CPUs if it has none.",
)
@click.option(
    "--context",
    type=click.IntRange(min=1024),
    help="Tokens of prompt and answer with --model.  [default: what fits, 32768 at most]",
)
@click.option(
    "--fast-engine-url",
    envvar="CHANCERY_FAST_ENGINE_URL",
    help="A vLLM with a smaller model, for jobs with model `fast` or `auto`.",
)
@click.option(
    "--engine-model",
    default=DEFAULT_MODEL,
    show_default=True,
    help="The model of the vLLM that is started: a folder in .engine/models.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    envvar="CHANCERY_CONCURRENCY",
    help="Requests that the worker keeps in flight on the engine.  [default: 64]",
)
@click.option(
    "--api-processes",
    type=click.IntRange(1, 64),
    default=1,
    envvar="CHANCERY_API_PROCESSES",
    show_default=True,
    help="How many api processes listen on the port.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many workers run; each keeps --concurrency requests in flight.",
)
@click.option(
    "--couriers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many couriers deliver callbacks.",
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
    model: Path | None,
    context: int | None,
    concurrency: int | None,
    api_processes: int,
    workers: int,
    couriers: int,
) -> None:
    """Run the whole system on this machine, in the foreground.

    Prints a line that starts with `ready` when everything answers. Ctrl-C or SIGTERM stops
    everything; a second signal kills it at once.
    """
    if model and engine_url:
        raise click.UsageError(
            message("--model starts an engine: omit --engine-url and its variable")
        )
    if context and not model:
        raise click.UsageError(message("--context needs --model"))
    flower, worker = _settings()
    options = SystemOptions(
        port=port,
        flower_port=flower_port,
        data_dir=data_dir.resolve(),
        tasks_dir=tasks_dir.resolve() if tasks_dir else None,
        redis_url=redis_url or None,
        engine_url=engine_url.rstrip("/") if engine_url else None,
        fast_engine_url=fast_engine_url.rstrip("/") if fast_engine_url else None,
        engine_model=engine_model,
        concurrency=concurrency,
        flower=flower,
        grace_seconds=worker.grace_seconds,
        api_processes=api_processes,
        workers=workers,
        couriers=couriers,
        model=model,
        context=context,
    )
    for name, nearest in unknown_variables(os.environ):
        click.echo(
            message("warning: {text}", text=detail(unknown_variable(name, nearest))), err=True
        )
    silence_logs()
    try:
        asyncio.run(run(options, _report))
    except CannotStart as reason:
        raise click.ClickException(detail(str(reason))) from reason
    except StartFailed as failure:
        click.echo(
            message(
                "\n{failure}. The end of {log}:\n{tail}",
                failure=detail(str(failure)),
                log=failure.log_path,
                tail=failure.tail,
            ),
            err=True,
        )
        sys.exit(1)


def _report(line: str) -> None:
    click.echo(detail(line))


def _settings() -> tuple[FlowerSettings, WorkerSettings]:
    try:
        return FlowerSettings(), WorkerSettings()
    except (ValidationError, SettingsError) as error:
        raise click.ClickException("\n".join(map(detail, wrong_settings(error)))) from error
