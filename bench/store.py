"""Throughput of the store with and without encryption: `python -m bench.store [FOLDER]`.

Without FOLDER it measures in a temporary folder of the system. With `CHANCERY_STORE_URL` it
measures the bucket too.
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import SecretStr

from jobs.process.settings import StoreSettings
from jobs.sealing.ciphers import CipherName
from jobs.store import Store

MB = 1_000_000
SIZES = {"10 kB": (MB // 100, 100), "1 MB": (MB, 30), "100 MB": (100 * MB, 4)}


async def measure(store: Store, size: int, times: int) -> dict[str, float]:
    """The median seconds of each operation."""
    data = os.urandom(size)
    blobs: list[str] = []

    async def put() -> None:
        blobs.append(await store.put(data, "tax", "doc_1"))

    async def upload() -> None:
        async with store.incoming(size) as incoming:
            for start in range(0, size, 64 * 1024):
                incoming.write(data[start : start + 64 * 1024])
            blobs.append(await store.keep(incoming, "tax", "doc_1"))

    async def get() -> None:
        async for _ in store.pieces(blobs[0]):
            pass

    async def open_in_process() -> None:
        async with store.readable(blobs[0]) as path:
            os.close(os.open(path, os.O_RDONLY))

    async def line() -> None:
        await store.slices([(blobs[0], size // 2, 1_000)])

    operations = {
        "put": put, "upload": upload, "get": get, "open": open_in_process, "line": line,
    }  # fmt: skip
    seconds = {name: await _median(work, times) for name, work in operations.items()}
    for blob in blobs:
        await store.delete(blob)
    return seconds


async def _median(work: Callable[[], Awaitable[None]], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def main(folder: Path) -> None:
    key = SecretStr(base64.b64encode(secrets.token_bytes(32)).decode())
    stores = {"plain": Store.opened(StoreSettings(data_dir=folder / "plain", store_url=None))}
    for cipher in CipherName:
        data_dir = folder / cipher
        settings = StoreSettings(
            data_dir=data_dir, store_url=None, master_key=key, encryption_cipher=cipher
        )
        stores[cipher] = Store.opened(settings)
    if StoreSettings().store_url:
        stores["s3"] = Store.opened(StoreSettings(data_dir=folder / "s3"))
    for label, (size, times) in SIZES.items():
        for name, store in stores.items():
            seconds = await measure(store, size, times)
            figures = "  ".join(
                f"{operation} {1000 * taken:7.2f} ms" for operation, taken in seconds.items()
            )
            print(f"{label:>6} {name:12} {figures}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        asyncio.run(main(Path(folder)))
