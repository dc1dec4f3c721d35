"""Releases beside each other: which one is used, and which one may be used."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

import pytest
from commands import write_commands
from contents import SUMS, Manifest, check_sums, write_sums
from progress import Failed
from releases import CURRENT, PREVIOUS, Releases
from rollback import rollback


def install(releases: Releases, name: str, ledger_format: int = 1) -> Manifest:
    manifest = Manifest(name, "0" * 40, "3.11", "x86_64", ledger_format)
    releases.folder(name).mkdir(parents=True)
    manifest.write(releases.folder(name))
    return manifest


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    """A folder in which `old` was used, and then `new`."""
    releases = Releases(tmp_path / "a folder")
    for name in ("old", "new"):
        install(releases, name)
        releases.use(name)
    return releases


def links(releases: Releases) -> tuple[str | None, str | None]:
    return releases.linked(CURRENT), releases.linked(PREVIOUS)


def test_a_rollback_changes_to_the_previous_release_and_back(releases: Releases) -> None:
    assert links(releases) == ("new", "old")
    assert rollback(releases, None, restored=False) == "new"
    assert links(releases) == ("old", "new")
    assert Manifest.read(releases.root / CURRENT).release == "old"
    rollback(releases, None, restored=False)
    assert links(releases) == ("new", "old")


def test_the_same_release_again_keeps_the_previous_one(releases: Releases) -> None:
    releases.use("new")
    assert links(releases) == ("new", "old")


def test_a_release_that_cannot_read_the_data_is_refused(releases: Releases) -> None:
    install(releases, "newest", ledger_format=2)
    releases.check_format(Manifest.read(releases.folder("newest")))
    releases.use("newest")
    with pytest.raises(Failed, match=r"format 2\. Nothing was changed.*restore the backup"):
        rollback(releases, "old", restored=False)
    assert links(releases) == ("newest", "new")
    rollback(releases, "old", restored=True)
    assert links(releases) == ("old", "newest")


def test_there_must_be_a_release_to_go_back_to(tmp_path: Path, releases: Releases) -> None:
    with pytest.raises(Failed, match=r"run install\.sh of its bundle"):
        rollback(releases, "missing", restored=False)
    empty = Releases(tmp_path / "empty")
    install(empty, "only")
    empty.use("only")
    with pytest.raises(Failed, match="nothing to go back to"):
        rollback(empty, None, restored=False)


def test_a_running_system_is_recognised_by_its_lock(releases: Releases) -> None:
    assert not releases.is_running()
    releases.data.mkdir()
    with (releases.data / "lock").open("w") as lock:
        assert not releases.is_running()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert releases.is_running()


def test_the_command_reads_the_settings_without_a_shell(releases: Releases) -> None:
    program = releases.folder("new") / "venv" / "bin" / "chancery"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/bash\necho "$1|$CHANCERY_BULK_WINDOW|$CHANCERY_DATA_DIR"\n')
    program.chmod(0o755)
    (releases.root / "chancery.env").write_text(
        "# comment\nCHANCERY_BULK_WINDOW=20:00-06:00, weekends $(id)\nnot a setting"
    )
    write_commands(releases)
    done = subprocess.run(
        (releases.root / "bin" / "chancery", "up"), capture_output=True, text=True, check=True
    )
    assert done.stdout == f"up|20:00-06:00, weekends $(id)|{releases.data}\n"


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_bundle_is_refused(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "wheels" / "one two.whl"
    file.parent.mkdir()
    file.write_bytes(b"content")
    write_sums(tmp_path, tmp_path / SUMS)
    assert check_sums(tmp_path, tmp_path / SUMS) == 1
    subprocess.run(("sha256sum", "--quiet", "-c", SUMS), cwd=tmp_path, check=True)
    if damage == "changed":
        file.write_bytes(b"Content")
    else:
        file.unlink()
    with pytest.raises(Failed, match=r"1 of 1 files .* first wheels/one two\.whl"):
        check_sums(tmp_path, tmp_path / SUMS)
