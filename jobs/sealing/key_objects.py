"""The wrapped data keys as objects of an S3 bucket, apart from the blobs.

Nothing is overwritten in place there, so destroying a key is deleting its object: with versions of
objects switched off in that bucket, nothing of it is left.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobs.bucket import Bucket
from jobs.sealing.data_keys import CHECK, FREE, DataKeys, refuse_unkeyed
from jobs.sealing.master_keys import MasterKeys


class KeyObjects(DataKeys):
    """Data keys in a bucket that all machines share."""

    def __init__(self, bucket: Bucket, master: MasterKeys) -> None:
        super().__init__(master)
        self._bucket = bucket

    @classmethod
    def opened(cls, bucket: Bucket, master: MasterKeys | None) -> KeyObjects | None:
        """The keys, checked with the master key.

        None: nothing is encrypted and nothing was. Raises `UnusableKeys`, and
        `ProblemError("storage-unavailable")`.
        """
        if master is None:
            if next(bucket.list(), None) is not None:
                refuse_unkeyed(bucket.url)
            return None
        keys = cls(bucket, master)
        keys.check()
        return keys

    def __str__(self) -> str:
        return self._bucket.url

    def keep(self, name: str, key: bytes) -> None:
        self._bucket.put(name, self._slot(name, key) + FREE)

    def destroy(self, name: str) -> None:
        self._bucket.delete(name)

    def names(self, min_age_seconds: float = 0) -> Iterator[str]:
        items = self._bucket.older_than(min_age_seconds) if min_age_seconds else self._bucket.list()
        return (item.name for item in items if item.name != CHECK)

    def _stored(self, name: str) -> bytes:
        return self._bucket.get(name)[0]

    def _rewrap(self, name: str) -> bool:
        slots, etag = self._bucket.get(name)
        if self._is_current(slots):
            return False
        renewed = self._slot(name, self._unwrapped(name, slots)) + FREE
        # Only while it is the same object: a key that was destroyed meanwhile stays away.
        return self._bucket.replace(name, renewed, etag or "")

    def _create_check(self) -> None:
        self._bucket.create(CHECK, self._slot(CHECK, self.new_key()) + FREE)
