"""How operators' commands find the system, and its ledger."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import structlog
from click.core import ParameterSource
from pydantic import SecretStr, ValidationError

from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.environment import wrong_settings
from jobs.process.private_files import read_private
from jobs.process.settings import RedisSettings
from worker.commands.messages import detail, message
from worker.commands.recording import entry_of
from worker.supervise.machine import REDIS_URL_FILE

REDIS_URL = "CHANCERY_REDIS_URL"

Command = TypeVar("Command", bound=Callable[..., Any])
Result = TypeVar("Result")


def system_options(command: Command) -> Command:
    """Add `--data-dir` and `--redis-url`."""
    data_dir = click.option(
        "--data-dir",
        type=click.Path(path_type=Path),
        envvar="CHANCERY_DATA_DIR",
        default=Path("var"),
        show_default=True,
        help="The data dir of a running `chancery up`.",
    )
    redis_url = click.option(
        "--redis-url",
        help=f"The system's Redis. Use {REDIS_URL} to keep a password off the command line.",
    )
    return data_dir(redis_url(command))


def find_redis(data_dir: Path, redis_url: str | None) -> str:
    """The URL of the system's Redis: `redis_url`, a data dir named on the command line, the
    environment, the default data dir, in this order. Raises `click.UsageError` if none has it.
    """
    if redis_url:
        return redis_url
    in_file, in_environment = read_private(data_dir / REDIS_URL_FILE), os.environ.get(REDIS_URL)
    source = click.get_current_context().get_parameter_source("data_dir")
    named = source is ParameterSource.COMMANDLINE
    url = in_file or in_environment if named else in_environment or in_file
    if not url:
        raise click.UsageError(
            message(
                "no running system in {data_dir}: start one with `chancery up`, or name "
                "one with --data-dir or --redis-url",
                data_dir=data_dir,
            )
        )
    return url


def silence_logs() -> None:
    """Keep the ledger's log lines out of a command's output."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def open_ledger(redis_url: str) -> Ledger:
    """The ledger in the Redis at `redis_url`. Raises `click.BadParameter` for an invalid URL."""
    silence_logs()
    try:
        return Ledger(RedisSettings(url=SecretStr(redis_url)))
    except ValidationError as error:
        raise click.ClickException("\n".join(map(detail, wrong_settings(error)))) from error
    except OSError as error:
        name = "CHANCERY_REDIS_PASSWORD_FILE"
        raise click.ClickException(
            message("{name} cannot be read: {error}", name=name, error=error)
        ) from error
    except ValueError as error:
        raise click.BadParameter(detail(str(error)), param_hint="--redis-url") from error


def with_ledger(
    data_dir: Path, redis_url: str | None, work: Callable[[Ledger], Awaitable[Result]]
) -> Result:
    """Run `work` with the system's ledger; a problem becomes one line and status 1.

    A command that changes something is recorded in the audit before it prints anything.
    """
    url, context = find_redis(data_dir, redis_url), click.get_current_context()

    async def run() -> Result:
        ledger = open_ledger(url)
        done, result = False, None
        try:
            result = await work(ledger)
            done = result is not None and result is not False
            return result
        finally:
            try:
                if entry := entry_of(context, done=done, result=result):
                    await ledger.audit.add(entry)
            finally:
                await ledger.close()

    try:
        return asyncio.run(run())
    except ProblemError as error:
        raise click.ClickException(_advice(error)) from error


def _advice(error: ProblemError) -> str:
    if error.problem.code == "unavailable":
        return message(
            "the system's Redis does not answer: check that the system runs (`chancery up`) and "
            "that this is its Redis"
        )
    return detail(error.problem.detail)
