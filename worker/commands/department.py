"""`chancery department`: who may use the system."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from jobs.department import Department, NewDepartment
from jobs.ledger import Ledger
from jobs.problems import ProblemError
from jobs.targets import AllowEntry
from worker.commands.system import find_redis, open_ledger, system_options

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/s)?")

Answer = TypeVar("Answer")

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


class RateType(click.ParamType[float]):
    name = "N/s"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        match = RATE.fullmatch(str(value))
        if not match or float(match[1]) <= 0:
            self.fail(f"{value!r} is not a rate: write a number above 0, such as 20/s.", param, ctx)
        return float(match[1])


@click.group()
def department() -> None:
    """Make departments and look at them."""


@department.command()
@click.argument("name", type=NameType())
@click.option(
    "--callback-allow",
    type=AllowType(),
    multiple=True,
    help="Where its callbacks may go; may be given more than once.",
)
@click.option(
    "--weight",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Its share of bulk work beside other departments.",
)
@click.option("--rate", type=RateType(), help="Submissions per second.  [default: no limit]")
@json_option
@system_options
def create(
    *,
    name: str,
    callback_allow: tuple[str, ...],
    weight: int,
    rate: float | None,
    as_json: bool,
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Make the department NAME and print its API key and callback secret, this once."""

    async def make(ledger: Ledger) -> NewDepartment:
        return await ledger.departments.create(
            name, callback_allow=callback_allow, weight=weight, rate=rate
        )

    made = _with_ledger(find_redis(data_dir, redis_url), make)
    if as_json:
        click.echo(json.dumps(asdict(made)))
        return
    click.echo(f"department       {made.department}")
    click.echo(f"api_key          {made.api_key}")
    click.echo(f"callback_secret  {made.callback_secret}")
    click.echo("The key cannot be shown again: only its hash is kept.", err=True)


@department.command()
@click.argument("name", type=NameType())
@click.argument("targets", type=AllowType(), nargs=-1, required=True)
@system_options
def allow(*, name: str, targets: tuple[str, ...], data_dir: Path, redis_url: str | None) -> None:
    """Let callbacks of the department NAME go to TARGETS, and to nothing else.

    The api learns it within five seconds.
    """

    async def change(ledger: Ledger) -> bool:
        return await ledger.departments.allow(name, targets)

    if not _with_ledger(find_redis(data_dir, redis_url), change):
        raise click.ClickException(f"there is no department {name}: see `chancery department list`")
    click.echo(f"{name} may be called back at {', '.join(targets)}")


@department.command("list")
@json_option
@system_options
def list_(*, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """The departments, by name."""

    async def all_names(ledger: Ledger) -> Sequence[str]:
        return await ledger.departments.names()

    names = _with_ledger(find_redis(data_dir, redis_url), all_names)
    if as_json:
        click.echo(json.dumps(list(names)))
        return
    for name in names:
        click.echo(name)


@department.command()
@click.argument("name", type=NameType())
@json_option
@system_options
def show(*, name: str, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """The department NAME, without its secrets."""

    async def one(ledger: Ledger) -> Department | None:
        return await ledger.departments.get(name)

    found = _with_ledger(find_redis(data_dir, redis_url), one)
    if found is None:
        raise click.ClickException(f"there is no department {name}: see `chancery department list`")
    shown = {
        "department": found.name,
        "callback_allow": list(found.callback_allow),
        "weight": found.weight,
        "rate": found.rate,
    }
    if as_json:
        click.echo(json.dumps(shown))
        return
    click.echo(f"department      {found.name}")
    click.echo(f"callback_allow  {', '.join(found.callback_allow) or 'nothing'}")
    click.echo(f"weight          {found.weight}")
    click.echo(f"rate            {'no limit' if found.rate is None else f'{found.rate:g}/s'}")


def _with_ledger(redis_url: str, work: Callable[[Ledger], Awaitable[Answer]]) -> Answer:
    """Do `work` with the ledger at `redis_url`; a problem becomes one line and status 1."""

    async def run() -> Answer:
        ledger = open_ledger(redis_url)
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
