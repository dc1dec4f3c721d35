"""`chancery department rotate-secret`, `rotate-key` and `revoke`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click

from jobs.ledger import Ledger
from worker.commands.department.arguments import DurationType, NameType, json_option, no_such
from worker.commands.system import system_options, with_ledger

keep_option = click.option(
    "--keep",
    type=DurationType(),
    default="24h",
    show_default=True,
    help="How long the old ones stay valid: 30m, 24h, 7d, or 0.",
)


@click.command("rotate-secret")
@click.argument("name", type=NameType())
@keep_option
@json_option
@system_options
def rotate_secret(
    *, name: str, keep: timedelta, as_json: bool, data_dir: Path, redis_url: str | None
) -> None:
    """Create a new callback secret for the department NAME and print it.

    Until the old secret expires, callbacks carry a signature of each.
    """

    async def rotate(ledger: Ledger) -> str | None:
        return await ledger.credentials.rotate_secret(name, keep)

    secret = with_ledger(data_dir, redis_url, rotate)
    if secret is None:
        raise no_such(name)
    if as_json:
        click.echo(json.dumps({"department": name, "callback_secret": secret}))
        return
    click.echo(f"department       {name}")
    click.echo(f"callback_secret  {secret}")


@click.command("rotate-key")
@click.argument("name", type=NameType())
@keep_option
@json_option
@system_options
def rotate_key(
    *, name: str, keep: timedelta, as_json: bool, data_dir: Path, redis_url: str | None
) -> None:
    """Create a new API key for the department NAME and print it once."""

    async def rotate(ledger: Ledger) -> str | None:
        return await ledger.credentials.rotate_key(name, keep)

    key = with_ledger(data_dir, redis_url, rotate)
    if key is None:
        raise no_such(name)
    if as_json:
        click.echo(json.dumps({"department": name, "api_key": key}))
        return
    click.echo(f"department  {name}")
    click.echo(f"api_key     {key}")
    click.echo("The key cannot be shown again: only its hash is stored.", err=True)


@click.command()
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
    """Revoke API keys of the department NAME.

    KEY is a key, or its id from `chancery department show`. The api applies it within five seconds.
    """
    ids = [key.split("_")[1] if key.startswith("chy_") else key for key in keys]

    async def revoke_all(ledger: Ledger) -> Sequence[str]:
        return [key_id for key_id in ids if not await ledger.credentials.revoke(name, key_id)]

    unknown = with_ledger(data_dir, redis_url, revoke_all)
    for key_id in ids:
        if key_id in unknown:
            click.echo(f"{name} has no key {key_id}", err=True)
        else:
            click.echo(f"key {key_id} is revoked")
    if unknown:
        context.exit(1)
