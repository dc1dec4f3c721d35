"""The ledger: the truth about jobs, documents, callbacks and departments, kept in Redis."""

from jobs.ledger.connection import UnsafeServer
from jobs.ledger.ledger import Ledger
from jobs.ledger.page import Page
from jobs.ledger.replies import IdempotencyKey, Reply

__all__ = ["IdempotencyKey", "Ledger", "Page", "Reply", "UnsafeServer"]
