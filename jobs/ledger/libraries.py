"""Libraries in the ledger: documents of a department that are kept until they are taken out.

`chancery:libraries:DEPARTMENT` has a member `NAME/DOCUMENT_ID` for each, sorted by bytes; a
library is there as long as it has a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.records import to_document
from jobs.model.job import StoredDocument
from jobs.model.problems import ProblemError

MOST_DOCUMENTS = 2_000


class LibraryLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, department: str, name: str, document_id: str) -> bool:
        """Put a document into a library; False where the department has no such document.

        Raises `ProblemError`: `library-full`.
        """
        answer = await self._connection.run(
            "add_to_library", department, name, document_id, MOST_DOCUMENTS
        )
        if answer == "full":
            raise ProblemError(
                "library-full",
                f"A library may have {MOST_DOCUMENTS} documents. Take some out, or begin another.",
                max_documents=MOST_DOCUMENTS,
            )
        return bool(answer == "kept")

    async def take_out(self, department: str, name: str, document_id: str) -> bool:
        """Take a document out of a library; False where it was not in there."""
        answer = await self._connection.run("take_out_of_library", department, name, document_id)
        return bool(answer)

    async def sizes(self, department: str) -> Mapping[str, int]:
        """How many documents each library has, by its name, in order."""
        redis = self._connection.redis
        members = await self._connection.ask(redis.zrange(_key(department), 0, -1))
        return Counter(member.partition("/")[0] for member in members)

    async def missing(self, department: str, names: Collection[str]) -> frozenset[str]:
        """Those of `names` that the department has no library of."""
        if not names:
            return frozenset()
        pipeline = self._connection.redis.pipeline(transaction=False)
        for name in names:
            pipeline.zlexcount(_key(department), *_range(name))
        counts = await self._connection.ask(pipeline.execute())
        return frozenset(name for name, count in zip(names, counts, strict=True) if not count)

    async def documents(self, department: str, name: str) -> Sequence[StoredDocument]:
        """A library's documents, in the order of their ids; none where there is no such library."""
        redis = self._connection.redis
        members = await self._connection.ask(redis.zrangebylex(_key(department), *_range(name)))
        pipeline = redis.pipeline(transaction=False)
        for member in members:
            pipeline.hgetall(f"{PREFIX}document:{department}:{member.partition('/')[2]}")
        records = await self._connection.ask(pipeline.execute())
        return [to_document(record) for record in records if record]


def _key(department: str) -> str:
    return f"{PREFIX}libraries:{department}"


def _range(name: str) -> tuple[str, str]:
    """From `NAME/` up to what comes after all that begins so: `0` follows `/`."""
    return f"[{name}/", f"({name}0"
