"""`chancery department rotate-secret` and `rotate-key`."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import click

from jobs.ledger import Ledger
from jobs.model.api_key import NewKey
from worker.commands.department.arguments import DurationType, NameType, json_option, no_such
from worker.commands.messages import message
from worker.commands.system import system_options, with_ledger

keep_option = click.option(
    "--keep",
    type=DurationType(),
    default="24h",
    show_default=True,
    help="How long the old ones stay valid: 30m, 24h, 7d, or 0.",
)


@click.command(
    "rotate-secret",
    epilog="\b\nExamples:\n  chancery department rotate-secret tax --keep 24h",
)
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


@click.command(
    "rotate-key",
    epilog="\b\nExamples:\n  chancery department rotate-key tax --keep 7d",
)
@click.argument("name", type=NameType())
@keep_option
@json_option
@system_options
def rotate_key(
    *, name: str, keep: timedelta, as_json: bool, data_dir: Path, redis_url: str | None
) -> None:
    """Create an API key for the department NAME that may do everything, and print it once.

    All its other keys expire. `chancery department key rotate` replaces a single one.
    """

    async def rotate(ledger: Ledger) -> NewKey | None:
        return await ledger.keys.rotate(name, keep)

    key = with_ledger(data_dir, redis_url, rotate)
    if key is None:
        raise no_such(name)
    if as_json:
        click.echo(json.dumps({"department": name, "api_key": key.text}))
        return
    click.echo(f"department  {name}")
    click.echo(f"api_key     {key.text}")
    click.echo(message("The key cannot be shown again: only its hash is stored."), err=True)
