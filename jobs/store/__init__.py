"""The object store: the bytes of documents and of large results, in a folder or on S3."""

from __future__ import annotations

from jobs.store.backend import Backend
from jobs.store.folder import Folder
from jobs.store.incoming import Incoming
from jobs.store.opening import keys_of
from jobs.store.store import Blob, Store

__all__ = ["Backend", "Blob", "Folder", "Incoming", "Store", "keys_of"]
