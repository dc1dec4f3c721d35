"""What the commands of `chancery department` share: their arguments, and the way to the ledger."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.submit.targets import AllowEntry
from worker.commands.system import find_redis, open_ledger

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
DURATION = re.compile(r"(\d{1,5})([mhd])|0")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

Answer = TypeVar("Answer")


class DurationType(click.ParamType[timedelta]):
    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        match = DURATION.fullmatch(str(value))
        if not match:
            self.fail(f"{value!r} is not a duration: write 30m, 24h, 7d or 0.", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match[2] else timedelta()


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class NameType(click.ParamType[str]):
    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not NAME.fullmatch(value):
            self.fail(
                f"{value!r} is not a department's name: use up to 63 of a-z, 0-9 and -, and begin "
                "with a letter or digit.",
                param,
                ctx,
            )
        return str(value)


class AllowType(click.ParamType[str]):
    name = "HOST_OR_CIDR[:PORT]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            AllowEntry.parse(value)
        except ValueError as error:
            self.fail(f"{error}. Write HOST, ADDRESS or CIDR, and :PORT if need be.", param, ctx)
        return str(value)


@contextmanager
def new_private_file(path: Path) -> Iterator[IO[str]]:
    """A new file that only its owner can read; removed again where the block fails."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be made: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "w") as file:
            yield file
    except BaseException:
        path.unlink()
        raise


def no_such(name: str) -> click.ClickException:
    return click.ClickException(f"there is no department {name}: see `chancery department list`")


def with_ledger(
    data_dir: Path, redis_url: str | None, work: Callable[[Ledger], Awaitable[Answer]]
) -> Answer:
    """Do `work` with the ledger of the system; a problem becomes one line and status 1."""

    url = find_redis(data_dir, redis_url)

    async def run() -> Answer:
        ledger = open_ledger(url)
        try:
            return await work(ledger)
        finally:
            await ledger.close()

    try:
        return asyncio.run(run())
    except ProblemError as error:
        raise click.ClickException(_advice(error)) from error


def _advice(error: ProblemError) -> str:
    if error.problem.code == "unavailable":
        return (
            "the system's Redis does not answer: is it up (`chancery up`), and is this its Redis?"
        )
    return error.problem.detail
