"""`chancery department key`: create, list, rotate and revoke API keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import click

from jobs.ledger import Ledger
from jobs.model.api_key import ALL_SCOPES, ApiKey, KeyRules, NewKey, Scope
from jobs.process.settings import Network
from worker.commands.department.arguments import (
    DurationType,
    NameType,
    NetworkType,
    json_option,
    new_private_file,
    no_such,
)
from worker.commands.department.credentials import keep_option
from worker.commands.department.key_text import key_as_json, key_line
from worker.commands.messages import message
from worker.commands.system import system_options, with_ledger

save_option = click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the key to a new file as JSON, readable only by you, instead of printing it.",
)


@click.group(epilog="\b\nExamples:\n  chancery department key list tax")
def key() -> None:
    """Create, list, rotate and revoke the API keys of a department."""


@key.command(
    epilog="\b\nExamples:\n  chancery department key create tax --label reporting --scope read",
)
@click.argument("name", type=NameType())
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    help="What the key may do; repeatable. Default: everything.",
)
@click.option("--expires", type=DurationType(), help="When it expires: 12h, 90d. Default: never.")
@click.option(
    "--network",
    "networks",
    type=NetworkType(),
    multiple=True,
    help="A network from which the key may be used; repeatable. Default: any.",
)
@click.option("--label", default="", help="A note for operators, such as the system that uses it.")
@save_option
@json_option
@system_options
def create(
    *,
    name: str,
    scopes: tuple[str, ...],
    expires: timedelta | None,
    networks: tuple[Network, ...],
    label: str,
    save: Path | None,
    as_json: bool,
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Create an API key for the department NAME and print it once. Its other keys stay valid."""
    if expires is not None and not expires:
        raise click.UsageError(message("--expires: a key must be valid for some time."))
    if len(label) > 100:
        raise click.UsageError(message("--label: use at most 100 characters."))
    rules = KeyRules(
        scopes=frozenset(map(Scope, scopes)) or ALL_SCOPES,
        networks=networks,
        lifetime_ms=None if expires is None else round(expires.total_seconds() * 1000),
        label=label,
    )

    async def add(ledger: Ledger) -> NewKey | None:
        return await ledger.keys.create(name, rules)

    with new_private_file(save) if save else nullcontext() as file:
        new = with_ledger(data_dir, redis_url, add)
        if new is None:
            raise no_such(name)
        if file:
            file.write(_new_as_json(name, new) + "\n")
    if save:
        click.echo(
            message("The API key {new.id} of {name} is in {save}.", new=new, name=name, save=save)
        )
    else:
        _print_new(name, new, as_json=as_json)


@key.command(
    "list",
    epilog="\b\nExamples:\n  chancery department key list tax",
)
@click.argument("name", type=NameType())
@json_option
@system_options
def list_(*, name: str, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """List the API keys of the department NAME, also those that ended in the last 30 days."""

    async def read(ledger: Ledger) -> Sequence[ApiKey] | None:
        if await ledger.departments.get(name) is None:
            return None
        return await ledger.keys.list(name)

    keys = with_ledger(data_dir, redis_url, read)
    if keys is None:
        raise no_such(name)
    if as_json:
        click.echo(json.dumps([key_as_json(each) for each in keys]))
        return
    for each in keys:
        click.echo(key_line(each))


@key.command(
    epilog="\b\nExamples:\n  chancery department key rotate tax 6ee7ea9e244b --keep 7d",
)
@click.argument("name", type=NameType())
@click.argument("key_id", metavar="KEY")
@keep_option
@json_option
@system_options
def rotate(
    *,
    name: str,
    key_id: str,
    keep: timedelta,
    as_json: bool,
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Replace one API key of the department NAME by a new one with the same rules.

    KEY is its id from `chancery department key list`.
    """

    async def replace(ledger: Ledger) -> NewKey | None:
        return await ledger.keys.rotate(name, keep, _id(key_id))

    new = with_ledger(data_dir, redis_url, replace)
    if new is None:
        raise click.ClickException(
            message(
                "{name} has no valid key {id}: see `chancery department key list {name}`",
                name=name,
                id=_id(key_id),
            )
        )
    _print_new(name, new, as_json=as_json)


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery department key revoke tax 6ee7ea9e244b\n"
    "  chancery department revoke tax 6ee7ea9e244b",
)
@click.argument("name", type=NameType())
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@system_options
@click.pass_context
def revoke(
    context: click.Context,
    *,
    name: str,
    keys: tuple[str, ...],
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Revoke API keys of the department NAME at once.

    KEY is a key's id from `chancery department key list`, or a key.
    """
    ids = [_id(text) for text in keys]

    async def revoke_all(ledger: Ledger) -> Sequence[str]:
        return [key_id for key_id in ids if not await ledger.keys.revoke(name, key_id)]

    unknown = with_ledger(data_dir, redis_url, revoke_all)
    for key_id in ids:
        if key_id in unknown:
            click.echo(message("{name} has no key {key_id}", name=name, key_id=key_id), err=True)
        else:
            click.echo(message("key {key_id} is revoked", key_id=key_id))
    if unknown:
        context.exit(1)


key.add_command(revoke)


def _id(text: str) -> str:
    return text.split("_")[1] if text.startswith("chy_") else text


def _new_as_json(name: str, new: NewKey) -> str:
    return json.dumps({"department": name, "key_id": new.id, "api_key": new.text})


def _print_new(name: str, new: NewKey, *, as_json: bool) -> None:
    if as_json:
        click.echo(_new_as_json(name, new))
        return
    click.echo(f"department  {name}")
    click.echo(f"key_id      {new.id}")
    click.echo(f"api_key     {new.text}")
    click.echo(message("The key cannot be shown again: only its hash is stored."), err=True)
