"""Data keys in a bucket: destroyed at once, wrapped again, checked with the master key."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.bucket import Bucket
from jobs.model.problems import ProblemError
from jobs.sealing.ciphers import CipherName
from jobs.sealing.errors import Damaged, UnusableKeys
from jobs.sealing.key_objects import KeyObjects
from jobs.sealing.master_keys import MasterKeys
from tests.sealing import master_key
from tests.storage import S3Server

NAME, OTHER = "tax/aa/doc_1-1.sealed", "tax/bb/doc_2-2.sealed"


@pytest.fixture
def bucket(s3: S3Server, tmp_path: Path) -> Bucket:
    settings = s3.settings(tmp_path)
    return Bucket(f"{settings.store_url}/keys", settings)


def opened(bucket: Bucket, *numbers: int) -> KeyObjects:
    text = "\n".join(map(master_key, numbers or (1,)))
    keys = KeyObjects.opened(bucket, MasterKeys.parse(text, CipherName.aes))
    assert keys is not None
    return keys


def test_a_key_is_read_until_it_is_destroyed(bucket: Bucket) -> None:
    keys = opened(bucket)
    key = keys.new_key()
    keys.keep(NAME, key)
    assert key not in bucket.get(NAME)[0]
    assert opened(bucket).read(NAME) == key
    assert list(keys.names()) == [NAME]
    assert list(keys.names(3600)) == []
    keys.destroy(NAME)
    keys.destroy(NAME)
    with pytest.raises(FileNotFoundError):
        keys.read(NAME)
    assert [item.name for item in bucket.list()] == ["check"]


def test_rotation_leaves_every_key_as_it_was_to_the_new_master_key_alone(bucket: Bucket) -> None:
    keys = opened(bucket)
    key = keys.new_key()
    keys.keep(NAME, key)
    both = opened(bucket, 2, 1)
    assert both.rewrap() == (2, 0)  # this one, and the one that is checked at the start
    assert both.rewrap() == (0, 0)
    assert opened(bucket, 2).read(NAME) == key
    with pytest.raises(ProblemError, match="which this process does not have"):
        keys.read(NAME)


class DestroyedMeanwhile(KeyObjects):
    """A bucket in which another process destroys each key after it was read."""

    def _unwrapped(self, name: str, slots: bytes) -> bytes:
        if name == NAME:
            self.destroy(name)
        return super()._unwrapped(name, slots)


def test_a_key_destroyed_while_it_is_wrapped_anew_does_not_come_back(bucket: Bucket) -> None:
    keys = opened(bucket)
    keys.keep(NAME, keys.new_key())
    both = MasterKeys.parse(f"{master_key(2)}\n{master_key(1)}", CipherName.aes)
    assert DestroyedMeanwhile(bucket, both).rewrap() == (1, 0)
    with pytest.raises(FileNotFoundError):
        bucket.get(NAME)


def test_a_damaged_or_copied_key_is_counted_and_the_others_are_wrapped(bucket: Bucket) -> None:
    keys = opened(bucket)
    keys.keep(NAME, keys.new_key())
    bucket.put(OTHER, bucket.get(NAME)[0])
    with pytest.raises(Damaged):
        keys.read(OTHER)
    assert opened(bucket, 2, 1).rewrap() == (2, 1)


def test_without_or_with_another_master_key_nothing_starts(bucket: Bucket) -> None:
    assert KeyObjects.opened(bucket, None) is None
    opened(bucket)
    with pytest.raises(UnusableKeys, match="no master key is set"):
        KeyObjects.opened(bucket, None)
    with pytest.raises(UnusableKeys, match="of another master key"):
        opened(bucket, 2)
    opened(bucket, 2, 1)


def test_a_lost_or_damaged_check_is_reported(bucket: Bucket) -> None:
    keys = opened(bucket)
    keys.keep(NAME, keys.new_key())
    bucket.put("check", bytes(256))
    with pytest.raises(UnusableKeys, match="damaged"):
        opened(bucket)
    bucket.delete("check")
    with pytest.raises(UnusableKeys, match="missing"):
        opened(bucket)
