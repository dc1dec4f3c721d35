"""Libraries: documents of a department that do not expire while they are in a library.

`chancery:libraries:DEPARTMENT` has a member `NAME/DOCUMENT_ID` for each document, in byte order. A
library exists while it has a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from jobs.ledger.document_records import to_document
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.ledger.unreadable import readable
from jobs.model.job import StoredDocument
from jobs.model.problems import ProblemError

MOST_DOCUMENTS = 2_000


class LibraryLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, department: str, name: str, document_id: str) -> bool:
        """Add a document to a library. False: the department has no such document.

        Raises `ProblemError("library-full")`.
        """
        answer = await self._connection.run(
            "documents/add_to_library", department, name, document_id, MOST_DOCUMENTS
        )
        if answer == "full":
            raise ProblemError(
                "library-full",
                f"A library may have {MOST_DOCUMENTS} documents. Remove some or use another one.",
                max_documents=MOST_DOCUMENTS,
            )
        return bool(answer == "added")

    async def remove(self, department: str, name: str, document_id: str) -> bool:
        """Remove a document from a library. False: it was not in the library."""
        return bool(
            await self._connection.run(
                "documents/remove_from_library", department, name, document_id
            )
        )

    async def sizes(self, department: str) -> Mapping[str, int]:
        """How many documents each library has, by name, in order."""
        redis = self._connection.redis
        members = await self._connection.ask(redis.zrange(_key(department), 0, -1))
        return Counter(member.partition("/")[0] for member in members)

    async def missing(self, department: str, names: Collection[str]) -> frozenset[str]:
        """Those of `names` that are not libraries of the department."""
        if not names:
            return frozenset()
        pipeline = self._connection.redis.pipeline(transaction=False)
        for name in names:
            pipeline.zlexcount(_key(department), *_range(name))
        counts = await self._connection.ask(pipeline.execute())
        return frozenset(name for name, count in zip(names, counts, strict=True) if not count)

    async def documents(self, department: str, name: str) -> Sequence[StoredDocument]:
        """A library's documents, by id. Empty: no such library."""
        redis = self._connection.redis
        members = await self._connection.ask(redis.zrangebylex(_key(department), *_range(name)))
        pipeline = redis.pipeline(transaction=False)
        ids = [member.partition("/")[2] for member in members]
        for id_ in ids:
            pipeline.hgetall(f"{PREFIX}document:{department}:{id_}")
        records = await self._connection.ask(pipeline.execute())
        documents = [
            readable("document", id_, partial(to_document, department, id_, record))
            for id_, record in zip(ids, records, strict=True)
            if record
        ]
        return [one for one in documents if one is not None]


def _key(department: str) -> str:
    return f"{PREFIX}libraries:{department}"


def _range(name: str) -> tuple[str, str]:
    """The members that begin with `NAME/`, as a range: in ASCII, `0` follows `/`."""
    return f"[{name}/", f"({name}0"
