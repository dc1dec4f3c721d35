"""The two places of a store for tests: a folder, and a bucket on an S3-compatible server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import httpx
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from jobs.bucket import Bucket
from jobs.process.settings import StoreSettings
from jobs.sealing.ciphers import CipherName
from jobs.store import Store
from tests.sealing import master_key

BUCKET = "documents"
_numbers = count(1)


class S3Server:
    """moto's server on a free port, with one bucket.

    The servers of a process share one set of buckets, so each has a bucket of its own.
    """

    def __init__(self) -> None:
        self.bucket = f"{BUCKET}-{next(_numbers)}"
        self._server: ThreadedMotoServer | None = None
        self._port = 0
        self._prefixes = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start on the port that it had before, with the objects that it had."""
        self._server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self._server.start()
        _, self._port = self._server.get_host_and_port()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def objects(self) -> Any:
        """The bucket's objects by name, as the server keeps them."""
        return s3_backends["123456789012"]["aws"].buckets[self.bucket].keys

    def settings(self, data_dir: Path) -> StoreSettings:
        """The settings for a prefix of its own."""
        self._prefixes += 1
        prefix = f"test/{self._prefixes}"
        return s3_settings(self.url, data_dir, store_url=f"s3://{self.bucket}/{prefix}")


def s3_settings(url: str, data_dir: Path, **others: Any) -> StoreSettings:
    given: dict[str, Any] = {
        "data_dir": data_dir,
        "s3_endpoint_url": url,
        "s3_access_key_id": "key",
        "s3_secret_access_key": SecretStr("not a secret"),
    }
    return StoreSettings(**(given | others))


@contextmanager
def s3_server() -> Iterator[S3Server]:
    server = S3Server()
    server.start()
    try:
        httpx.put(f"{server.url}/{server.bucket}", timeout=30).raise_for_status()
        yield server
    finally:
        server.stop()


class Place(Protocol):
    """Opens stores on the same blobs and keys, and reaches what they stored."""

    def settings(self, *keys: str, cipher: CipherName = CipherName.aes) -> StoreSettings:
        """`keys`: master keys, without which nothing is encrypted."""

    def stored(self) -> Sequence[str]:
        """The names of all blobs."""

    def raw(self, blob: str) -> bytes: ...

    def replace(self, blob: str, data: bytes) -> None:
        """Store other bytes under the name."""

    def remove(self, blob: str) -> None: ...

    def age(self, blob: str) -> None:
        """Make a blob look old."""

    def keys(self) -> Sequence[str]:
        """The names of all data keys."""

    def copy_key(self, blob: str, other: str) -> None: ...

    def age_key(self, blob: str) -> None: ...


def open_store(place: Place, *, inline_text_bytes: int = 0) -> Store:
    """A store that encrypts nothing."""
    settings = place.settings()
    settings.inline_text_max_bytes = inline_text_bytes
    return Store.opened(settings)


def open_sealed(place: Place, *keys: str, cipher: CipherName = CipherName.aes) -> Store:
    return Store.opened(place.settings(*(keys or (master_key(),)), cipher=cipher))


def sealing(keys: Sequence[str], cipher: CipherName) -> dict[str, Any]:
    if not keys:
        return {}
    return {"master_key": SecretStr("\n".join(keys)), "encryption_cipher": cipher}


class FolderPlace:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs = folder / "store" / "blobs"
        self._keys = folder / "keys"

    def settings(self, *keys: str, cipher: CipherName = CipherName.aes) -> StoreSettings:
        return StoreSettings(data_dir=self._folder, **sealing(keys, cipher))

    def stored(self) -> Sequence[str]:
        return _files(self._blobs)

    def raw(self, blob: str) -> bytes:
        return (self._blobs / blob).read_bytes()

    def replace(self, blob: str, data: bytes) -> None:
        (self._blobs / blob).write_bytes(data)

    def remove(self, blob: str) -> None:
        (self._blobs / blob).unlink()

    def age(self, blob: str) -> None:
        os.utime(self._blobs / blob, (0, 0))

    def keys(self) -> Sequence[str]:
        return _files(self._keys)

    def copy_key(self, blob: str, other: str) -> None:
        (self._keys / other).write_bytes((self._keys / blob).read_bytes())

    def age_key(self, blob: str) -> None:
        os.utime(self._keys / blob, (0, 0))


class BucketPlace:
    def __init__(self, server: S3Server, folder: Path) -> None:
        self._server = server
        self._base = server.settings(folder)
        self._prefix = (self._base.store_url or "").removeprefix(f"s3://{server.bucket}/")

    def settings(self, *keys: str, cipher: CipherName = CipherName.aes) -> StoreSettings:
        return self._base.model_copy(update=sealing(keys, cipher))

    def stored(self) -> Sequence[str]:
        return self._names("blobs")

    def raw(self, blob: str) -> bytes:
        return bytes(self._object("blobs", blob).value)

    def replace(self, blob: str, data: bytes) -> None:
        Bucket(f"{self._base.store_url}/blobs", self._base).put(blob, data)

    def remove(self, blob: str) -> None:
        self._server.objects.pop(f"{self._prefix}/blobs/{blob}")

    def age(self, blob: str) -> None:
        self._object("blobs", blob).last_modified = datetime(1980, 1, 1, tzinfo=UTC)

    def keys(self) -> Sequence[str]:
        return self._names("keys")

    def copy_key(self, blob: str, other: str) -> None:
        self._object("keys", other).value = self._object("keys", blob).value

    def age_key(self, blob: str) -> None:
        self._object("keys", blob).last_modified = datetime(1980, 1, 1, tzinfo=UTC)

    def _object(self, kind: str, name: str) -> Any:
        return self._server.objects[f"{self._prefix}/{kind}/{name}"]

    def _names(self, kind: str) -> Sequence[str]:
        start = f"{self._prefix}/{kind}/"
        names = map(str, self._server.objects)
        return sorted(name.removeprefix(start) for name in names if name.startswith(start))


def _files(folder: Path) -> Sequence[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
