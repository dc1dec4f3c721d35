"""`chancery backup` and `restore`: all data of a system in a folder, and back."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click
from pydantic import SecretStr

from jobs.backup.backup import Source, back_up
from jobs.backup.contents import BackupFailed, Contents
from jobs.backup.restore import restore as restore_backup
from jobs.ledger import Ledger
from jobs.process.environment import read_or_exit
from jobs.process.settings import RedisSettings, StoreSettings
from worker.commands.messages import detail, message
from worker.commands.system import find_redis, system_options, with_ledger

_FOLDER = click.Path(path_type=Path, file_okay=False)
_OTHERS = 0o077


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery backup /backup/2026-11-30 --data-dir var\n"
    "  chancery backup /backup/2026-11-30 --keys-to /other-disk/keys",
)
@click.argument("folder", type=_FOLDER)
@click.option("--keys-to", type=_FOLDER, help="Where the keys of encrypted documents are copied.")
@system_options
def backup(*, folder: Path, keys_to: Path | None, data_dir: Path, redis_url: str | None) -> None:
    """Copy all data of the system to FOLDER, which must be empty or new.

    The system may run: the copy is of one moment, and every document that its jobs need is in it.
    FOLDER is as confidential as the documents. Master keys and settings are not in it.
    """
    os.umask(_OTHERS)
    store = read_or_exit(lambda: StoreSettings(data_dir=data_dir))
    url = find_redis(data_dir, redis_url)

    async def copy(_: Ledger) -> Contents:
        source = Source.of(store, RedisSettings(url=SecretStr(url)))
        return await asyncio.to_thread(back_up, source, folder, keys_to)

    try:
        contents = with_ledger(data_dir, redis_url, copy)
    except (BackupFailed, OSError) as error:
        raise click.ClickException(detail(str(error))) from error
    click.echo(
        message(
            "{folder}: the ledger, and {contents.files} files with {contents.bytes} bytes",
            folder=folder,
            contents=contents,
        )
    )


@click.command(
    epilog="\b\nExamples:\n  chancery restore /backup/2026-11-30 --data-dir new",
)
@click.argument("folder", type=_FOLDER)
@click.option("--keys-from", type=_FOLDER, help="The folder with the keys of encrypted documents.")
@click.option(
    "--data-dir",
    type=_FOLDER,
    envvar="CHANCERY_DATA_DIR",
    default=Path("var"),
    show_default=True,
    help="The data dir to write, which must be empty or new.",
)
def restore(*, folder: Path, keys_from: Path | None, data_dir: Path) -> None:
    """Write the backup in FOLDER to a data dir, for `chancery up`.

    Stop the system that the backup was made of first: both would run the same jobs and send the
    same callbacks. Jobs that were open go on, and those that ended after the backup run again.
    """
    os.umask(_OTHERS)
    store = read_or_exit(lambda: StoreSettings(data_dir=data_dir))
    try:
        contents = restore_backup(folder, store, keys_from)
    except (BackupFailed, OSError) as error:
        raise click.ClickException(detail(str(error))) from error
    click.echo(
        message(
            "{data_dir}: as it was at {contents.created_at:%Y-%m-%d %H:%M:%S} UTC; start it with "
            "`chancery up --data-dir {data_dir}`. A Redis of your own gets "
            "{data_dir}/redis/appendonly.aof into its folder before it starts.",
            data_dir=data_dir,
            contents=contents,
        )
    )
