"""The ledger: all records of jobs, documents, callbacks and departments, in Redis."""

from jobs.ledger.ledger import Ledger
from jobs.ledger.page import Page
from jobs.ledger.replies import IdempotencyKey, Reply
from jobs.ledger.server.connection import UnsafeServer

__all__ = ["IdempotencyKey", "Ledger", "Page", "Reply", "UnsafeServer"]
