"""`chancery department`: who may use the system."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import click

from jobs.ledger import Ledger
from jobs.model.department import NewDepartment, Quota
from worker.commands.department.arguments import (
    AllowType,
    NameType,
    json_option,
    new_private_file,
    no_such,
    with_ledger,
)
from worker.commands.department.options import set_
from worker.commands.department.quota import quota_options
from worker.commands.department.secrets import revoke, rotate_key, rotate_secret
from worker.commands.department.shown import look
from worker.commands.system import system_options


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
@quota_options
@json_option
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it into a new file as JSON, which only you can read, instead of printing it.",
)
@system_options
def create(
    *,
    name: str,
    callback_allow: tuple[str, ...],
    weight: int,
    as_json: bool,
    save: Path | None,
    data_dir: Path,
    redis_url: str | None,
    **quota: Any,
) -> None:
    """Make the department NAME and print its API key and callback secret, this once.

    A quota that is not given is no limit. `chancery department set` changes them.
    """

    async def make(ledger: Ledger) -> NewDepartment:
        return await ledger.departments.create(
            name, callback_allow=callback_allow, weight=weight, quota=Quota(**quota)
        )

    with new_private_file(save) if save else nullcontext() as file:
        made = with_ledger(data_dir, redis_url, make)
        if file:
            file.write(json.dumps(asdict(made)) + "\n")
    if save:
        click.echo(f"{save} holds the API key and the callback secret of {name}.")
        return
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

    if not with_ledger(data_dir, redis_url, change):
        raise no_such(name)
    click.echo(f"{name} may be called back at {', '.join(targets)}")


@department.command("list")
@json_option
@system_options
def list_(*, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """The departments, by name, with their windows where they have one of their own."""

    async def all_of_them(ledger: Ledger) -> Sequence[tuple[str, str | None]]:
        return [(one.name, one.window) for one in await ledger.departments.all()]

    departments = with_ledger(data_dir, redis_url, all_of_them)
    if as_json:
        click.echo(json.dumps([name for name, _ in departments]))
        return
    for name, window in departments:
        click.echo(f"{name}  {window}" if window else name)


@department.command()
@click.argument("name", type=NameType())
@json_option
@system_options
def show(*, name: str, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """The department NAME, without its secrets."""

    found = with_ledger(data_dir, redis_url, partial(look, name=name))
    if found is None:
        raise no_such(name)
    click.echo(json.dumps(found.as_json()) if as_json else "\n".join(found.lines()))


@department.command()
@click.argument("name", type=NameType())
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@system_options
def reopen(*, name: str, urls: tuple[str, ...], data_dir: Path, redis_url: str | None) -> None:
    """Call back at URLs of the department NAME again, after their receivers answered 410.

    What was given up meanwhile stays so until it is sent again.
    """

    async def all_of_them(ledger: Ledger) -> Sequence[str]:
        return [url for url in urls if not await ledger.callbacks.reopen(name, url)]

    not_gone = with_ledger(data_dir, redis_url, all_of_them)
    for url in urls:
        click.echo(f"{url} was not gone" if url in not_gone else f"{url} is open again")


for command in (rotate_secret, rotate_key, revoke, set_):
    department.add_command(command)
