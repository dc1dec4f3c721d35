"""`chancery encryption`: the keys of the encrypted store."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.environment import read_or_exit
from jobs.process.settings import StoreSettings
from jobs.sealing.data_keys import DataKeys
from jobs.sealing.errors import UnusableKeys
from jobs.sealing.master_keys import MasterKeys
from jobs.sealing.secrets import Secrets
from jobs.store import keys_of
from worker.commands.messages import detail, message
from worker.commands.system import system_options, with_ledger


@click.group(epilog="\b\nExamples:\n  chancery encryption rotate --data-dir var")
def encryption() -> None:
    """Encryption of stored documents."""


@encryption.command(
    epilog="\b\nExamples:\n  chancery encryption rotate --data-dir var",
)
@system_options
def rotate(*, data_dir: Path, redis_url: str | None) -> None:
    """Encrypt all keys and secrets with the first key of the master key file.

    Documents are not rewritten, and the system may run. First add the new key as the first line of
    the file and restart all processes, so that each has both; remove the old line afterwards, and
    restart again.
    """
    try:
        settings = read_or_exit(lambda: StoreSettings(data_dir=data_dir))
        master, keys = MasterKeys.from_settings(settings), keys_of(settings)
    except (UnusableKeys, ProblemError) as error:
        raise click.ClickException(detail(str(error))) from error
    if master is None or keys is None:
        raise click.ClickException(
            message(
                "nothing is encrypted here: set CHANCERY_MASTER_KEY_FILE or CHANCERY_MASTER_KEY",
            )
        )
    changed, damaged, departments = with_ledger(
        data_dir, redis_url, lambda ledger: _rotate(ledger, keys, master)
    )
    click.echo(
        message(
            "master key {master.current_id}: {changed} keys and the secrets of "
            "{departments} departments were encrypted with it; the rest were before",
            master=master,
            changed=changed,
            departments=departments,
        )
    )
    if damaged:
        raise click.ClickException(
            message(
                "{damaged} keys are damaged and were left as they are: their documents "
                "are lost, unless you restore the folder of keys from a backup",
                damaged=damaged,
            )
        )


async def _rotate(ledger: Ledger, keys: DataKeys, master: MasterKeys) -> tuple[int, int, int]:
    await _check_processes(ledger, master.current_id)
    secrets = Secrets(master)
    # Secrets first: the check in the folder of keys is rewrapped last of all.
    names = await ledger.departments.names()
    departments = sum([await ledger.credentials.seal_secrets(name, secrets) for name in names])
    return *keys.rewrap(), departments


async def _check_processes(ledger: Ledger, key_id: str) -> None:
    """Raise `ClickException` if a running process could not read what is encrypted with the key."""
    processes = [process for process in await ledger.processes.list() if process.live]
    lacking = [each.name for each in processes if key_id not in each.detail.get("master_keys", ())]
    if lacking:
        raise click.ClickException(
            message(
                "master key {key_id} is not known to {names}: give every process, the "
                "api too, the new key and the old one, and restart them before you rotate",
                key_id=key_id,
                names=", ".join(lacking),
            )
        )
