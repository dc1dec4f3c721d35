"""Records of files. Their bytes are in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from jobs.batches.file import FilePurpose, StoredFile
from jobs.ledger.department_records import over_quota
from jobs.ledger.page import Order, Page, check_after, read_ids
from jobs.ledger.records import Record, dump, to_moment, to_ms
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.ledger.unreadable import readable
from jobs.model.ids import is_file_id
from jobs.model.problems import ProblemError

_SCAN = 500


class FileLedger:
    """Every method raises `ProblemError("unavailable")` while Redis cannot be reached."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def keep(self, file: StoredFile) -> StoredFile:
        """Store a file's record and the names of its blobs, in one step.

        Returns the file with times by Redis's clock: it was created now, and expires as long after
        as it was given. Raises `OverQuotaError`.
        """
        answer = await self._connection.run("files/keep", dump(file_record(file)), *file.blobs)
        if answer[0] == "over":
            raise over_quota(file.department, answer)
        _, created_at, expires_at = answer
        return replace(file, created_at=to_moment(created_at), expires_at=to_moment(expires_at))

    async def get(self, department: str, file_id: str) -> StoredFile | None:
        """A department's file, with its size and blobs of one moment. None: no such file."""
        if not is_file_id(file_id):
            return None
        (file,) = await self._read([file_id])
        return file if file is not None and file.department == department else None

    async def list(
        self,
        department: str,
        *,
        purpose: FilePurpose | None = None,
        after: str | None = None,
        limit: int = 100,
        order: Order = Order.desc,
    ) -> Page[StoredFile]:
        """A page of a department's files by time of creation. Only the last page may be short.

        `after` is the id of the last file of the page before. Raises
        `ProblemError("invalid-request")` if it is not a file's id.
        """
        check_after(after, is_file_id, "file")
        index, files = f"{PREFIX}files:{department}", list[StoredFile]()
        while True:
            count = limit + 1 - len(files) if purpose is None else _SCAN
            ids = await read_ids(self._connection, index, after=after, count=count, order=order)
            for file in await self._read(ids):
                if file is not None and purpose in (None, file.purpose):
                    if len(files) == limit:
                        return Page(files, files[-1].id)
                    files.append(file)
            if len(ids) < count:
                return Page(files, None)
            after = ids[-1]

    async def delete(self, department: str, file_id: str) -> Sequence[str] | None:
        """Remove a file's record. Returns its blobs, which the caller deletes. None: no such file.

        Raises `ProblemError("file-in-use")` while a batch that has not ended needs it.
        """
        if not is_file_id(file_id):
            return None
        match await self._connection.run("files/delete", department, file_id):
            case ["deleted", blobs]:
                return list(blobs)
            case ["in-use", uses]:
                raise ProblemError(
                    "file-in-use",
                    f"The file is used by {uses} batches that have not ended. Delete it after they "
                    "end, or cancel them first.",
                )
        return None

    async def _read(self, ids: Sequence[str]) -> Sequence[StoredFile | None]:
        # In a transaction, because an output file's size and blobs grow together.
        pipeline = self._connection.redis.pipeline(transaction=True)
        for file_id in ids:
            pipeline.hgetall(f"{PREFIX}file:{file_id}")
            pipeline.lrange(f"{PREFIX}blobs:{file_id}", 0, -1)
        answers = await self._connection.ask(pipeline.execute())
        return [
            readable("file", record.get("id", ""), partial(to_file, record, blobs))
            if record
            else None
            for record, blobs in zip(answers[::2], answers[1::2], strict=True)
        ]


def file_record(file: StoredFile) -> dict[str, str | int]:
    """All fields except the blobs, which Redis keeps in a list."""
    return {
        "id": file.id,
        "department": file.department,
        "purpose": file.purpose.value,
        "filename": file.filename,
        "bytes": file.bytes,
        "lines": file.lines,
        "created_at": to_ms(file.created_at),
        "expires_at": to_ms(file.expires_at),
    }


def to_file(record: Record, blobs: Sequence[str]) -> StoredFile:
    return StoredFile(
        id=record["id"],
        department=record["department"],
        purpose=FilePurpose(record["purpose"]),
        filename=record["filename"],
        bytes=int(record["bytes"]),
        lines=int(record["lines"]),
        created_at=to_moment(record["created_at"]),
        expires_at=to_moment(record["expires_at"]),
        blobs=tuple(blobs),
    )
