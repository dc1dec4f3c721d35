"""Files as the ledger keeps them, made for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ulid import ULID

from jobs.batches.file import FilePurpose, StoredFile


def a_file(*, made: int = 0, **changes: Any) -> StoredFile:
    """A file of tax's that stays for an hour, its id of so many seconds after a moment in 2026."""
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(seconds=made)
    now = datetime.now(UTC).replace(microsecond=0)
    return StoredFile(
        **{
            "id": f"file_{str(ULID.from_datetime(moment)).lower()}",
            "department": "tax",
            "purpose": FilePurpose.batch,
            "filename": "notices.jsonl",
            "bytes": 3,
            "lines": 1,
            "created_at": now,
            "expires_at": now + timedelta(hours=1),
            "blobs": ("tax/aa/blob",),
            **changes,
        }
    )
