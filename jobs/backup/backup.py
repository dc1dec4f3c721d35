"""Makes a backup of a running system.

The order makes it consistent. A document is in the store before its record is in the ledger, so the
store is copied first and, after the ledger, once more for what was added meanwhile: every file that
the copy of the ledger refers to is there, unless somebody deleted it while the backup was made. The
first copy has what is deleted between the two.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jobs.audit.files import AuditFiles
from jobs.audit.writer import held
from jobs.backup.contents import BackupFailed, BackupFolder, Contents
from jobs.backup.copying import copy_file, copy_new, mirror, total
from jobs.ledger.server.snapshot import SnapshotFailed, SnapshotRefused, write_snapshot
from jobs.process.build import build
from jobs.process.settings import RedisSettings, StoreSettings

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """What is copied: the folders of the system, and its Redis. `keys`: None without encryption."""

    data_dir: Path
    keys: Path | None
    redis: RedisSettings

    @classmethod
    def of(cls, store: StoreSettings, redis: RedisSettings) -> Source:
        """Raises `BackupFailed` for a store on S3."""
        if store.store_url is not None:
            raise BackupFailed(
                "documents are in a bucket on S3, and this command copies a store that is a "
                "folder: use the bucket's versions or replication, and valkey-cli --rdb for Redis "
                "(docs/operations.md, Backup with a store on S3)"
            )
        keys = store.keys_dir or store.data_dir / "keys"
        return cls(store.data_dir, keys if keys.is_dir() and any(keys.iterdir()) else None, redis)


def back_up(source: Source, folder: Path, keys_to: Path | None = None) -> Contents:
    """Copy all data to `folder`, and the keys of encrypted documents to `keys_to`. Blocking.

    `folder` must be empty or new. Raises `BackupFailed`, and `OSError`.
    """
    _check(source, folder, keys_to)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    backup, blobs = BackupFolder(folder), source.data_dir / "store" / "blobs"
    copy_new(blobs, backup.blobs)
    ledger_format = _copy_ledger(source.redis, backup.ledger)
    copy_new(blobs, backup.blobs)
    _copy_audit(source.data_dir, backup.audit)
    if source.keys is not None and keys_to is not None:
        mirror(source.keys, keys_to)
    os.sync()
    files, size = total(backup.blobs)
    contents = Contents(
        created_at=datetime.now(UTC),
        build=build(),
        ledger_sha256=sha256_of(backup.ledger),
        ledger_format=ledger_format,
        files=files,
        bytes=size,
        encrypted=source.keys is not None,
    )
    contents.write(folder)
    os.sync()
    return contents


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _check(source: Source, folder: Path, keys_to: Path | None) -> None:
    if not source.data_dir.is_dir():
        raise BackupFailed(f"there is no data dir {source.data_dir}")
    if folder.is_dir() and any(folder.iterdir()):
        raise BackupFailed(f"{folder} is not empty: name a new folder for each backup")
    if source.data_dir.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise BackupFailed(f"{folder} is in the data dir: name a folder on another disk")
    if source.keys is None:
        return
    if keys_to is None:
        raise BackupFailed(
            "documents are encrypted: name a folder for their keys with --keys-to, on another disk "
            "than the backup and the same one each time, so that a deleted document is in no backup"
        )
    if folder.resolve() in (keys_to.resolve(), *keys_to.resolve().parents):
        raise BackupFailed(f"{keys_to} is in the backup: keep the keys in another place")


def _copy_ledger(redis: RedisSettings, path: Path) -> int:
    """Returns the format of the ledger in the copy."""
    try:
        with path.open("xb") as file:
            return write_snapshot(redis, file)
    except SnapshotRefused as error:
        raise BackupFailed(
            "Redis does not let this user copy its data: give it +replconf and +sync, or another "
            f"user's name in --redis-url ({error})"
        ) from error
    except SnapshotFailed as error:
        raise BackupFailed(f"Redis did not send its data: {error}") from error


def _copy_audit(data_dir: Path, target: Path) -> None:
    """The files of earlier days first, so that nobody waits for them to write to the record."""
    files, copies = AuditFiles.of(data_dir), AuditFiles(target)
    if not files.folder.is_dir():
        return
    target.mkdir(mode=0o700)
    for day in files.days()[:-1]:
        copy_file(files.day(day), copies.day(day))
    with held(files):
        for day in files.days():
            if not copies.day(day).exists():
                copy_file(files.day(day), copies.day(day))
        for source, copy in ((files.head, copies.head), (files.key, copies.key)):
            copy_file(source, copy)
