"""Blobs as objects of an S3 bucket, which all machines share.

An object appears when its upload is complete. What is received waits on this machine's disk, so
that it is checked before it is sent and never read back for that.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import structlog

from jobs.bucket import Bucket, BucketUnavailable
from jobs.process.settings import StoreSettings
from jobs.unfinished_uploads import UnfinishedUploads

_THREADS = 32  # they wait for the server most of the time
_START_BYTES = 256 * 1024


class S3:
    """A `Backend` below `url`, `s3://BUCKET/PREFIX`. `incoming`: a folder of this machine."""

    def __init__(self, url: str, settings: StoreSettings, incoming: Path) -> None:
        self._bucket = Bucket(url, settings)
        self._unfinished = UnfinishedUploads(url, settings)
        self.incoming = incoming
        self.executor: Executor | None = ThreadPoolExecutor(_THREADS, "store")
        incoming.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, blob: str, write: Callable[[BinaryIO], None]) -> None:
        content = io.BytesIO()
        write(content)
        self._bucket.put(blob, content.getvalue())

    def move(self, blob: str, path: Path) -> None:
        self._bucket.put(blob, path)

    def open(self, blob: str) -> ObjectSource:
        return ObjectSource(self._bucket, blob)

    def size(self, blob: str) -> int:
        return self._bucket.size(blob)

    def path(self, blob: str) -> Path | None:  # noqa: ARG002 - the interface
        return None

    def delete(self, blob: str) -> None:
        self._bucket.delete(blob)

    def older_than(self, seconds: float) -> Iterator[str]:
        return (item.name for item in self._bucket.older_than(seconds))

    def missing(self, blobs: Iterable[str]) -> Iterator[str]:
        # By folder: one listing instead of a request for each.
        for folder, names in groupby(sorted(blobs), lambda blob: blob.rpartition("/")[0]):
            stored = {item.name for item in self._bucket.list(folder)}
            yield from (name for name in names if name not in stored)

    def fault(self) -> str | None:
        try:
            self._bucket.probe()
        except BucketUnavailable as error:
            return error.reason
        return None

    def abort_older_than(self, seconds: float) -> int:
        try:
            return self._unfinished.abort_older_than(seconds)
        except OSError as error:
            # The next call tries again, and no reader sees what is left.
            structlog.get_logger().warning("store.uploads_not_aborted", why=str(error))
            return 0


class ObjectSource:
    """The bytes of an object: a small one in one request, a larger one by ranges."""

    window = 4 * 1024 * 1024

    def __init__(self, bucket: Bucket, name: str) -> None:
        self._bucket = bucket
        self._name = name
        self.size, self._start = bucket.start(name, _START_BYTES)

    def read(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        if end <= len(self._start):
            return self._start[offset:end]
        return self._bucket.read(self._name, offset, end)

    def close(self) -> None:
        self._start = b""
