"""The ledger: all records of jobs, documents, callbacks and departments, in Redis."""

from jobs.ledger import redis_library  # noqa: F401 - before anything imports redis
from jobs.ledger.ledger import Ledger
from jobs.ledger.page import Page
from jobs.ledger.replies import IdempotencyKey, Reply
from jobs.ledger.server.errors import UnsafeServer

__all__ = ["IdempotencyKey", "Ledger", "Page", "Reply", "UnsafeServer"]
