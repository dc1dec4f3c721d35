"""The folder of data keys: destroyed at once, wrapped again, checked with the master key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jobs.model.problems import ProblemError
from jobs.sealing.ciphers import CipherName
from jobs.sealing.errors import Damaged, UnusableKeys
from jobs.sealing.key_folder import KeyFolder
from jobs.sealing.master_keys import MasterKeys
from tests.sealing import master_key

NAME, OTHER = "tax/aa/doc_1-1.sealed", "tax/bb/doc_2-2.sealed"


def folder(path: Path, *numbers: int, cipher: CipherName = CipherName.aes) -> KeyFolder:
    text = "\n".join(map(master_key, numbers or (1,)))
    keys = KeyFolder.opened(path, MasterKeys.parse(text, cipher))
    assert keys is not None
    return keys


def test_a_key_is_read_until_it_is_destroyed(tmp_path: Path) -> None:
    keys = folder(tmp_path)
    key = keys.new_key()
    keys.keep(NAME, key)
    assert key not in (tmp_path / NAME).read_bytes()
    assert folder(tmp_path).read(NAME) == key
    assert list(keys.names()) == [NAME]
    held = (tmp_path / NAME).open("rb")
    keys.destroy(NAME)
    keys.destroy(NAME)
    with held:  # the bytes themselves are overwritten
        assert not held.read().strip(b"\0")
    with pytest.raises(FileNotFoundError):
        keys.read(NAME)


def test_a_key_copied_to_another_blob_does_not_open(tmp_path: Path) -> None:
    keys = folder(tmp_path)
    for name in (NAME, OTHER):
        keys.keep(name, keys.new_key())
    shutil.copy(tmp_path / NAME, tmp_path / OTHER)
    with pytest.raises(Damaged):
        keys.read(OTHER)


def test_rotation_leaves_every_key_as_it_was_to_the_new_master_key_alone(tmp_path: Path) -> None:
    keys = folder(tmp_path)
    key = keys.new_key()
    keys.keep(NAME, key)
    both = folder(tmp_path, 2, 1)
    assert both.rewrap() == (2, 0)  # this one, and the one that is checked at the start
    assert both.rewrap() == (0, 0)
    assert folder(tmp_path, 2).read(NAME) == key
    with pytest.raises(ProblemError, match="which this process does not have"):
        keys.read(NAME)
    assert folder(tmp_path, 3, 2).rewrap() == (2, 0)
    assert folder(tmp_path, 3).read(NAME) == key


def test_rotation_to_another_cipher_keeps_the_keys_of_the_first(tmp_path: Path) -> None:
    keys = folder(tmp_path)
    key = keys.new_key()
    keys.keep(NAME, key)
    changed = folder(tmp_path, cipher=CipherName.sm4)
    assert changed.rewrap() == (2, 0)
    assert changed.read(NAME) == key


@pytest.mark.parametrize("torn", [0, 1, 30, 100])
def test_a_crash_in_rotation_leaves_the_key_readable(tmp_path: Path, torn: int) -> None:
    keys = folder(tmp_path)
    key = keys.new_key()
    keys.keep(NAME, key)
    before = (tmp_path / NAME).read_bytes()
    both = folder(tmp_path, 2, 1)
    both.rewrap()
    after = (tmp_path / NAME).read_bytes()
    # The new slot was written in part, and the old one not cleared.
    (tmp_path / NAME).write_bytes(before[:128] + after[128 : 128 + torn] + before[128 + torn :])
    assert both.read(NAME) == key
    both.rewrap()
    assert folder(tmp_path, 2).read(NAME) == key


class DestroyedMeanwhile(KeyFolder):
    """A folder in which another process destroys each key after it was read."""

    def read(self, name: str) -> bytes:
        key = super().read(name)
        if name == NAME:
            self.destroy(name)
        return key


def test_a_key_destroyed_while_it_is_wrapped_anew_does_not_come_back(tmp_path: Path) -> None:
    keys = folder(tmp_path)
    keys.keep(NAME, keys.new_key())
    both = MasterKeys.parse(f"{master_key(2)}\n{master_key(1)}", CipherName.aes)
    DestroyedMeanwhile(tmp_path, both).rewrap()
    assert not (tmp_path / NAME).exists()


def test_a_damaged_key_is_counted_and_the_others_are_wrapped(tmp_path: Path) -> None:
    keys = folder(tmp_path)
    for name in (NAME, OTHER):
        keys.keep(name, keys.new_key())
    (tmp_path / NAME).write_bytes(b"\x46" + bytes(255))
    assert folder(tmp_path, 2, 1).rewrap() == (2, 1)


def test_without_or_with_another_master_key_nothing_starts(tmp_path: Path) -> None:
    assert KeyFolder.opened(tmp_path / "keys", None) is None
    assert not (tmp_path / "keys").exists()
    folder(tmp_path / "keys")
    with pytest.raises(UnusableKeys, match="no master key is set"):
        KeyFolder.opened(tmp_path / "keys", None)
    with pytest.raises(UnusableKeys, match="of another master key"):
        folder(tmp_path / "keys", 2)
    folder(tmp_path / "keys", 2, 1)


def test_a_lost_or_damaged_check_is_reported(tmp_path: Path) -> None:
    keys = folder(tmp_path)
    keys.keep(NAME, keys.new_key())
    (tmp_path / "check").write_bytes(bytes(256))
    with pytest.raises(UnusableKeys, match="damaged"):
        folder(tmp_path)
    (tmp_path / "check").unlink()
    with pytest.raises(UnusableKeys, match="missing"):
        folder(tmp_path)
