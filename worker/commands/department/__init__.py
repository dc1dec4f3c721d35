"""`chancery department`: create departments and change their settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from jobs.ledger import Ledger
from jobs.model.department import Department, NewDepartment, Quota
from worker.commands.department.allowed import allow, disallow
from worker.commands.department.approval import approval
from worker.commands.department.arguments import (
    AllowType,
    DisplayNameType,
    NameType,
    json_option,
    new_private_file,
    quota_options,
)
from worker.commands.department.callback_format import callback_format, callback_preview
from worker.commands.department.credentials import rotate_key, rotate_secret
from worker.commands.department.form import form
from worker.commands.department.keys import key, revoke
from worker.commands.department.settings import set_
from worker.commands.department.show import show
from worker.commands.messages import message
from worker.commands.system import system_options, with_ledger


@click.group(
    epilog="\b\nExamples:\n"
    "  chancery department create tax --display-name 税务局 --save tax.json\n"
    "  chancery department show tax",
)
def department() -> None:
    """Create departments, show them and change their settings."""


@department.command(
    epilog="\b\nExamples:\n  chancery department create tax --display-name 税务局 --save tax.json",
)
@click.argument("name", type=NameType())
@click.option(
    "--callback-allow",
    type=AllowType(),
    multiple=True,
    help="An allowed target of callbacks; repeatable.",
)
@click.option(
    "--weight",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Its share of bulk work relative to other departments.",
)
@click.option("--display-name", type=DisplayNameType(), help="Its name for people, such as 税务局.")
@quota_options
@json_option
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write them to a new file as JSON, readable only by you, instead of printing them.",
)
@system_options
def create(
    *,
    name: str,
    callback_allow: tuple[str, ...],
    weight: int,
    display_name: str | None,
    as_json: bool,
    save: Path | None,
    data_dir: Path,
    redis_url: str | None,
    **quota: Any,
) -> None:
    """Create the department NAME and print its API key and callback secret once.

    An omitted quota means no limit. `chancery department set` changes quotas.
    """

    async def make(ledger: Ledger) -> NewDepartment:
        return await ledger.departments.create(
            name,
            callback_allow=callback_allow,
            weight=weight,
            quota=Quota(**quota),
            display_name=display_name,
        )

    with new_private_file(save) if save else nullcontext() as file:
        created = with_ledger(data_dir, redis_url, make)
        if file:
            file.write(json.dumps(asdict(created)) + "\n")
    if save:
        click.echo(
            message(
                "The API key and the callback secret of {name} are in {save}.",
                name=name,
                save=save,
            )
        )
        return
    if as_json:
        click.echo(json.dumps(asdict(created)))
        return
    click.echo(f"department       {created.department}")
    click.echo(f"api_key          {created.api_key}")
    click.echo(f"callback_secret  {created.callback_secret}")
    click.echo(message("The key cannot be shown again: only its hash is stored."), err=True)


@department.command(
    "list",
    epilog="\b\nExamples:\n  chancery department list --data-dir var",
)
@json_option
@system_options
def list_(*, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """List the departments by name, with their names for people and their own windows."""

    async def read(ledger: Ledger) -> Sequence[Department]:
        return await ledger.departments.all()

    departments = with_ledger(data_dir, redis_url, read)
    if as_json:
        click.echo(json.dumps([each.name for each in departments]))
        return
    for each in departments:
        click.echo("  ".join(filter(None, (each.name, each.display_name, each.window))))


@department.command(
    epilog="\b\nExamples:\n  chancery department reopen tax http://oa.tax.intranet/hooks/chancery",
)
@click.argument("name", type=NameType())
@click.argument("urls", metavar="URL...", nargs=-1, required=True)
@system_options
def reopen(*, name: str, urls: tuple[str, ...], data_dir: Path, redis_url: str | None) -> None:
    """Send callbacks of the department NAME to URLs again whose receivers answered 410.

    Callbacks that are already dead stay dead until they are redelivered.
    """

    async def reopen_all(ledger: Ledger) -> Sequence[str]:
        return [url for url in urls if not await ledger.callbacks.reopen(name, url)]

    not_gone = with_ledger(data_dir, redis_url, reopen_all)
    for url in urls:
        click.echo(
            message("{url} was not gone", url=url)
            if url in not_gone
            else message("{url} is open again", url=url)
        )


for command in (
    allow,
    disallow,
    show,
    set_,
    approval,
    callback_format,
    callback_preview,
    form,
    rotate_secret,
    rotate_key,
    key,
    revoke,
):
    department.add_command(command)
