"""The data dir is readable by its owner alone, whatever it was before."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from jobs.process.data_dir import keep_private, make_private, open_or_exit
from jobs.process.settings import StoreSettings
from tests.sealing import master_key, sealed_settings, sealed_store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_created_from_now_on_is_private(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    data_dir.mkdir(mode=0o777)
    data_dir.chmod(0o777)
    keep_private(data_dir)
    (data_dir / "logs").mkdir()
    (data_dir / "logs" / "api.log").write_text("x")
    assert [mode(path) for path in (data_dir, data_dir / "logs")] == [0o700, 0o700]
    assert mode(data_dir / "logs" / "api.log") == 0o600
    keep_private(tmp_path / "new" / "var")
    assert mode(tmp_path / "new" / "var") == 0o700


def test_what_existed_before_becomes_private_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    data_dir = tmp_path / "var"
    for folder in ("redis/appendonlydir", "store/blobs/tax/aa", "keys/tax/aa", "logs"):
        (data_dir / folder).mkdir(parents=True, mode=0o755)
    files = [
        data_dir / name
        for name in ("redis/appendonlydir/a.aof", "store/blobs/tax/aa/b", "keys/tax/aa/b", "x.db")
    ]
    for file in files:
        file.write_text("x")
        file.chmod(0o664)
    (data_dir / "link").symlink_to(outside)
    (data_dir / "folder-link").symlink_to(tmp_path)
    changed, failed = make_private(data_dir)
    assert (changed, failed) == (len(files) + 10, 0)
    folders = [path for path in data_dir.rglob("*") if path.is_dir() and not path.is_symlink()]
    assert {mode(path) for path in folders} == {0o700}
    assert {mode(path) for path in files} == {0o600}
    assert mode(outside) == 0o644
    assert make_private(data_dir) == (0, 0)


def test_a_master_key_that_does_not_fit_ends_the_process(tmp_path: Path) -> None:
    sealed_store(tmp_path)
    open_or_exit(sealed_settings(tmp_path))
    for settings in (StoreSettings(data_dir=tmp_path), sealed_settings(tmp_path, master_key(2))):
        with pytest.raises(SystemExit, match=r"Nothing was started: .*master key"):
            open_or_exit(settings)
