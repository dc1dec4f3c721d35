"""An audit record in a folder, with a clock that tests set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jobs.audit.chain import ChainKey
from jobs.audit.files import AuditFiles
from jobs.audit.record import AuditRecord
from jobs.audit.verify import Verification, verify
from jobs.audit.writer import ChainWriter

KEY = ChainKey(b"an obviously false key for tests")
FIRST_NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def record(number: int = 0, **fields: Any) -> AuditRecord:
    values = {"action": "job.read", "status": 200, "source": "10.1.2.3", "target": f"job_{number}"}
    return AuditRecord(**{"at": FIRST_NOON, **values, **fields})


class Book:
    """`now` is the clock of its writers."""

    def __init__(self, folder: Path) -> None:
        self.files = AuditFiles(folder)
        self.now = FIRST_NOON
        self.writer = self.new_writer()

    def new_writer(self, key: ChainKey = KEY) -> ChainWriter:
        """As another process would have it."""
        return ChainWriter(self.files, key, now=lambda: self.now)

    def write(self, lines: int = 1) -> None:
        for number in range(lines):
            self.writer.append([record(number)])

    def write_days(self, days: int, lines: int = 3) -> None:
        for _ in range(days):
            self.write(lines)
            self.now += timedelta(days=1)

    def verify(self, *keys: ChainKey) -> Verification:
        return verify(self.files, keys or (KEY,))

    def findings(self) -> list[str]:
        return list(self.verify().findings)

    def lines(self, day: str) -> list[str]:
        return self.files.day(day).read_text().splitlines()

    def set_lines(self, day: str, lines: list[str]) -> None:
        self.files.day(day).write_text("".join(line + "\n" for line in lines))
