"""The ledger: one object with a part for each subject."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs.ledger.accounts import AccountLedger
from jobs.ledger.activity import ActivityLedger
from jobs.ledger.approvals import ApprovalLedger
from jobs.ledger.audit_queue import AuditQueue
from jobs.ledger.batches import BatchLedger
from jobs.ledger.callbacks import CallbackLedger
from jobs.ledger.credentials import CredentialLedger
from jobs.ledger.departments import DepartmentLedger
from jobs.ledger.documents import DocumentLedger
from jobs.ledger.endings import Endings
from jobs.ledger.engines import EngineLedger
from jobs.ledger.failures import FailureLedger
from jobs.ledger.files import FileLedger
from jobs.ledger.health import HealthLedger
from jobs.ledger.job_metrics import JobMetricsLedger
from jobs.ledger.jobs import JobLedger
from jobs.ledger.keys import KeyLedger
from jobs.ledger.libraries import LibraryLedger
from jobs.ledger.pauses import PauseLedger
from jobs.ledger.processes import ProcessLedger
from jobs.ledger.replies import Replies
from jobs.ledger.runs import RunLedger
from jobs.ledger.server.connection import Connection, check_server
from jobs.ledger.server.format import check_format
from jobs.ledger.statistics import Statistics, StatisticsLedger
from jobs.ledger.upkeep import UpkeepLedger
from jobs.process.settings import CallbackSettings, LimitSettings, RedisSettings, RetentionSettings


class Ledger:
    """One connection pool, shared by the parts of the ledger.

    Making a ledger opens no connection. While the server cannot be reached, calls raise
    `ProblemError("unavailable")`.
    """

    def __init__(
        self,
        redis: RedisSettings,
        retention: RetentionSettings | None = None,
        limits: LimitSettings | None = None,
        callbacks: CallbackSettings | None = None,
    ) -> None:
        retention = retention or RetentionSettings()
        limits = limits or LimitSettings()
        self._settings = redis
        self._connection = Connection.to(redis)
        self._endings = Endings(self._connection.redis)
        self.jobs = JobLedger(
            self._connection,
            self._endings,
            job_keep_hours=retention.job_retention_hours,
            document_keep_hours=retention.document_retention_hours,
            reply_keep_hours=retention.idempotency_hours,
            max_queued=limits.max_queued,
        )
        self.runs = RunLedger(self._connection)
        self.approvals = ApprovalLedger(self._connection)
        self.activity = ActivityLedger(self._connection)
        self.batches = BatchLedger(
            self._connection,
            keep_hours=retention.job_retention_hours,
            file_keep_hours=retention.file_retention_hours,
            reply_keep_hours=retention.idempotency_hours,
            max_waiting_lines=limits.max_waiting_lines,
        )
        self.documents = DocumentLedger(self._connection, retention.document_retention_hours)
        self.libraries = LibraryLedger(self._connection)
        self.files = FileLedger(self._connection)
        self.callbacks = CallbackLedger(self._connection, callbacks or CallbackSettings())
        self.departments = DepartmentLedger(self._connection)
        self.accounts = AccountLedger(
            self._connection, record_keep_hours=retention.job_retention_hours
        )
        self.audit = AuditQueue(self._connection)
        self.keys = KeyLedger(self._connection)
        self.credentials = CredentialLedger(self._connection)
        self.pauses = PauseLedger(self._connection)
        self.engines = EngineLedger(self._connection)
        self.processes = ProcessLedger(self._connection)
        self.replies = Replies(self._connection, retention.idempotency_hours)
        self.upkeep = UpkeepLedger(self._connection)
        self.failures = FailureLedger(self._connection)
        self.health = HealthLedger(self._connection)
        self.job_metrics = JobMetricsLedger(self._connection)
        self.statistics = StatisticsLedger(self._connection, self.batches)

    async def check(self) -> None:
        """Raise `UnsafeServer` if the server could lose accepted jobs, or a newer release wrote
        what it has. What an older one wrote is brought to this release's format.
        """
        redis = self._connection.redis
        await self._connection.ask(check_server(redis, self._settings))
        await self._connection.ask(check_format(redis))

    async def ping(self) -> None:
        await self._connection.ask(self._connection.redis.ping())

    async def now(self) -> datetime:
        """The time by the server's clock, by which windows and deadlines are decided: the clocks of
        machines differ.
        """
        seconds, micros = await self._connection.ask(self._connection.redis.time())
        return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)

    async def read_statistics(self) -> Statistics:
        """Statistics of all departments."""
        return await self.statistics.read(await self.departments.names())

    async def close(self) -> None:
        await self._endings.close()
        await self._connection.close()
