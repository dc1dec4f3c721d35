"""The places that the settings name for blobs and for data keys."""

from __future__ import annotations

from jobs.process.settings import StoreSettings
from jobs.sealing.data_keys import DataKeys
from jobs.sealing.key_folder import KeyFolder
from jobs.sealing.master_keys import MasterKeys
from jobs.store.backend import Backend
from jobs.store.folder import Folder


def backend_of(settings: StoreSettings) -> Backend:
    root = settings.data_dir / "store"
    if settings.store_url is None:
        return Folder(root)
    # The libraries for S3 take a twentieth of each process's start.
    from jobs.store.s3 import S3  # noqa: PLC0415

    return S3(f"{settings.store_url}/blobs", settings, root / "incoming")


def keys_of(settings: StoreSettings) -> DataKeys | None:
    """The data keys of the store. None: nothing is encrypted.

    Raises `UnusableKeys`, and `ProblemError("storage-unavailable")`.
    """
    master = MasterKeys.from_settings(settings)
    url = settings.keys_url or (settings.store_url and f"{settings.store_url}/keys")
    if url is None or settings.keys_dir is not None:
        return KeyFolder.opened(settings.keys_dir or settings.data_dir / "keys", master)
    from jobs.bucket import Bucket  # noqa: PLC0415
    from jobs.sealing.key_objects import KeyObjects  # noqa: PLC0415

    return KeyObjects.opened(Bucket(url, settings), master)
