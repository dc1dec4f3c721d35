"""Puts a backup into an empty data dir."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from jobs.backup.backup import sha256_of
from jobs.backup.contents import BackupFailed, BackupFolder, Contents
from jobs.backup.copying import copy_new, total
from jobs.process.settings import StoreSettings

# Where a server that keeps an append-only file looks for one at its start. It may be a file in the
# RDB format, and servers from Redis 7 on convert it to the folder that they use.
LEDGER_FILE = "appendonly.aof"


def restore(backup_folder: Path, store: StoreSettings, keys_from: Path | None = None) -> Contents:
    """Copy a backup to the data dir, which must be empty or new. Blocking.

    `keys_from`: the folder with the keys of encrypted documents. Raises `BackupFailed`, and
    `OSError`.
    """
    backup, data_dir = BackupFolder(backup_folder), store.data_dir
    contents = backup.contents()
    keys = store.keys_dir or data_dir / "keys"
    _check(backup, contents)
    _check_target(data_dir)
    _check_keys(contents, keys, keys_from)
    copy_new(backup.blobs, data_dir / "store" / "blobs")
    if backup.audit.is_dir():
        copy_new(backup.audit, data_dir / "audit")
    if keys_from is not None:
        copy_new(keys_from, keys)
    redis = data_dir / "redis"
    redis.mkdir(mode=0o700, parents=True)
    # Last: a system that is started in an incomplete data dir must not find a ledger.
    shutil.copyfile(backup.ledger, redis / LEDGER_FILE)
    os.sync()
    return contents


def _check(backup: BackupFolder, contents: Contents) -> None:
    if not backup.ledger.is_file() or sha256_of(backup.ledger) != contents.ledger_sha256:
        raise BackupFailed(f"{backup.ledger} is not the file that was written: use another backup")
    files, size = total(backup.blobs)
    if (files, size) != (contents.files, contents.bytes):
        raise BackupFailed(
            f"{backup.blobs} has {files} files of {size} bytes, and the backup was made with "
            f"{contents.files} of {contents.bytes}: use another backup"
        )


def _check_target(data_dir: Path) -> None:
    if data_dir.is_dir() and any(data_dir.iterdir()):
        raise BackupFailed(
            f"{data_dir} is not empty: name a new folder, or stop the system and move the old one"
        )


def _check_keys(contents: Contents, keys: Path, keys_from: Path | None) -> None:
    if not contents.encrypted:
        return
    if keys_from is None:
        raise BackupFailed(
            "documents in the backup are encrypted: name the folder with their keys with "
            "--keys-from"
        )
    if not keys_from.is_dir() or not any(keys_from.iterdir()):
        raise BackupFailed(f"there are no keys in {keys_from}")
    if keys.is_dir() and any(keys.iterdir()):
        raise BackupFailed(f"{keys} is not empty: it has the keys of another system")
