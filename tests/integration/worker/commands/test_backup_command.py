"""What `chancery backup` and `restore` copy, and what they refuse."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from redis import Redis

from jobs.audit.files import AuditFiles
from jobs.audit.verify import verify
from jobs.audit.writer import ChainWriter
from jobs.process.build import build
from jobs.process.settings import AuditSettings
from tests.sealing import master_key, sealed_store
from tests.unit.jobs.audit.audit_kit import record
from worker.commands.backup import backup, restore

DOCUMENT = b"The water is off in the mill."


@pytest.fixture
def url(redis_url: str) -> str:
    """A server that sends its data at once, with one record."""
    with Redis.from_url(redis_url) as redis:
        redis.config_set("repl-diskless-sync-delay", "0")
        redis.set("chancery:record", "kept")
    return redis_url


def run(command: click.Command, *arguments: str | Path, **settings: str) -> Result:
    env = {"CHANCERY_MASTER_KEY": None, "CHANCERY_DATA_DIR": None, **settings}
    return CliRunner().invoke(command, list(map(str, arguments)), env=env)


def back_up(
    url: str, data_dir: Path, folder: Path, *arguments: str | Path, **settings: str
) -> Result:
    there = ("--data-dir", data_dir, "--redis-url", url)
    return run(backup, folder, *there, *arguments, **settings)


def test_the_audit_record_is_copied_whole_and_has_the_backup(url: str, tmp_path: Path) -> None:
    files = AuditFiles.of(tmp_path / "old")
    ChainWriter(files, files.chain_key(AuditSettings())).append([record(1), record(2)])
    made = back_up(url, tmp_path / "old", tmp_path / "copy")
    assert made.exit_code == 0, made.output
    assert run(restore, tmp_path / "copy", "--data-dir", tmp_path / "new").exit_code == 0
    copied = AuditFiles.of(tmp_path / "new")
    found = verify(copied, [copied.chain_key(AuditSettings())])
    assert (found.lines, found.findings) == (2, ())
    with Redis.from_url(url, decode_responses=True) as redis:
        entry = json.loads(redis.lrange("chancery:audit", 0, -1)[-1])
    assert (entry["action"], entry["detail"]) == (
        "command.backup",
        {"folder": str(tmp_path / "copy")},
    )


def test_nobody_else_can_read_a_backup_or_what_is_restored(url: str, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    assert back_up(url, tmp_path / "old", tmp_path / "copy").exit_code == 0
    assert run(restore, tmp_path / "copy", "--data-dir", tmp_path / "new").exit_code == 0
    for path in (*(tmp_path / "copy").rglob("*"), *(tmp_path / "new").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_keys_are_in_no_backup_and_those_of_deleted_documents_nowhere(
    url: str, tmp_path: Path
) -> None:
    old, keys = sealed_store(tmp_path / "old"), tmp_path / "keys"
    kept, deleted = (asyncio.run(old.put(DOCUMENT, "tax", f"doc_{n}")) for n in (1, 2))
    refused = back_up(url, tmp_path / "old", tmp_path / "first")
    assert refused.exit_code == 1
    assert "--keys-to" in refused.output
    first = back_up(url, tmp_path / "old", tmp_path / "first", "--keys-to", keys)
    assert first.exit_code == 0, first.output
    asyncio.run(old.delete(deleted))
    assert back_up(url, tmp_path / "old", tmp_path / "2nd", "--keys-to", keys).exit_code == 0

    there = ("--data-dir", tmp_path / "new")
    assert "--keys-from" in run(restore, tmp_path / "first", *there).output
    restored = run(restore, tmp_path / "first", *there, "--keys-from", keys)
    assert restored.exit_code == 0, restored.output
    new = sealed_store(tmp_path / "new", master_key())
    assert asyncio.run(new.read(kept)) == DOCUMENT
    assert (tmp_path / "new/store/blobs" / deleted).exists()
    with pytest.raises(FileNotFoundError):
        asyncio.run(new.read(deleted))


def test_only_an_empty_folder_is_written(url: str, tmp_path: Path) -> None:
    old, copy = tmp_path / "old", tmp_path / "copy"
    old.mkdir()
    assert "is in the data dir" in back_up(url, old, old / "copy").output
    assert back_up(url, old, copy).exit_code == 0
    again = back_up(url, old, copy)
    assert again.exit_code == 1
    assert "is not empty: name a new folder for each backup" in again.output
    (old / "file").touch()
    over = run(restore, copy, "--data-dir", old)
    assert over.exit_code == 1
    assert "is not empty: name a new folder, or stop the system" in over.output


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("backup.json", None, "it is no backup, or one that was not completed"),
        ("backup.json", "{", "backup.json is damaged"),
        ("ledger.rdb", "REDIS", "is not the file that was written"),
        ("store/blobs/tax/aa/doc_1", "x", "has 1 files of 1 bytes"),
    ],
)
def test_a_backup_that_is_not_as_it_was_written_is_not_restored(
    url: str, tmp_path: Path, name: str, text: str | None, expected: str
) -> None:
    (tmp_path / "old").mkdir()
    assert back_up(url, tmp_path / "old", tmp_path / "copy").exit_code == 0
    path = tmp_path / "copy" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_text(text)
    refused = run(restore, tmp_path / "copy", "--data-dir", tmp_path / "new")
    assert refused.exit_code == 1
    assert expected in refused.output
    assert not (tmp_path / "new" / "redis").exists()


def test_a_backup_of_a_later_format_names_the_version_that_reads_it(
    url: str, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    assert back_up(url, tmp_path / "old", tmp_path / "copy").exit_code == 0
    path = tmp_path / "copy" / "backup.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 9, "build": "9.0+aa"}))
    refused = run(restore, tmp_path / "copy", "--data-dir", tmp_path / "new")
    assert refused.exit_code == 1
    assert "restore it with the version that made it, 9.0+aa" in refused.output


def test_a_ledger_of_a_later_format_is_refused_before_anything_is_written(
    url: str, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    with Redis.from_url(url) as redis:
        redis.set("chancery:format", "9")
    assert back_up(url, tmp_path / "old", tmp_path / "copy").exit_code == 0
    refused = run(restore, tmp_path / "copy", "--data-dir", tmp_path / "new")
    assert refused.exit_code == 1
    assert "a ledger in format 9, and this release knows formats up to 2" in refused.output
    assert f"{build()}, or a later one" in refused.output
    assert not (tmp_path / "new").exists()


def test_a_store_on_s3_is_refused_with_what_to_use_instead(url: str, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    refused = back_up(url, tmp_path / "old", tmp_path / "copy", CHANCERY_STORE_URL="s3://docs")
    assert refused.exit_code == 1
    assert "use the bucket's versions or replication, and valkey-cli --rdb" in refused.output
    assert not (tmp_path / "copy").exists()


def test_a_user_who_may_not_copy_redis_is_told_what_it_needs(url: str, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with Redis.from_url(url) as redis:
        redis.execute_command(
            "ACL", "SETUSER", "mine", "on", ">false", "~*", "+@all", "-sync", "-replconf"
        )
        mine = url.replace("//", "//mine:false@")
        refused = back_up(mine, tmp_path / "old", tmp_path / "copy")
        redis.execute_command("ACL", "DELUSER", "mine")
    assert refused.exit_code == 1
    assert "give it +replconf and +sync" in refused.output
    assert not (tmp_path / "copy" / "backup.json").exists()
