"""Reads records out of the audit record, as JSON Lines or CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import IO, Any

from pydantic_core import to_json

from jobs.audit.chain import parse_line
from jobs.audit.files import AuditFiles
from jobs.csv_cells import csv_cell

COLUMNS = (
    "seq", "at", "until", "times", "action", "status", "problem", "department", "key", "source",
    "target", "task", "request_id", "detail",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """Days in UTC, both included; None for no limit."""

    first: date | None = None
    last: date | None = None
    department: str | None = None

    def contains(self, fields: Mapping[str, Any]) -> bool:
        day = str(fields["at"])[:10]
        return (
            (self.first is None or day >= self.first.isoformat())
            and (self.last is None or day <= self.last.isoformat())
            and self.department in (None, fields.get("department"))
        )


def records(files: AuditFiles, selection: Selection) -> Iterator[Mapping[str, Any]]:
    """The fields of the selected lines, in order. Lines that cannot be read are skipped."""
    for day in files.days():
        # A line is in the file of the day on which it was written: shortly after it happened.
        if selection.first and day < selection.first.isoformat():
            continue
        if selection.last and day > (selection.last + timedelta(days=1)).isoformat():
            continue
        with files.day(day).open("rb") as file:
            for text in file:
                line = parse_line(text.rstrip(b"\n"))
                if line is not None and selection.contains(line.fields):
                    yield line.fields


def write_json_lines(found: Iterable[Mapping[str, Any]], file: IO[str]) -> None:
    for fields in found:
        file.write(to_json(fields).decode() + "\n")


def write_csv(found: Iterable[Mapping[str, Any]], file: IO[str]) -> None:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for fields in found:
        writer.writerow([_cell(fields.get(column)) for column in COLUMNS])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return csv_cell(value if isinstance(value, str) else to_json(value).decode())
