"""Reads what a batch's files need of chats that have ended."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from jobs.batches.batch import EndedChat
from jobs.ledger.job_records import error_of, provenance_of, to_line
from jobs.ledger.records import Record
from jobs.ledger.unreadable import PROBLEM, readable
from jobs.model.states import JobStatus

# The fields of a job's record that are read, for the script `batches/unflushed`.
FIELDS = (
    *("batch_id", "status", "blob", "line", "offset", "length"),
    *(
        "result",
        "result_blob",
        "error",
        "provenance",
        "approval",
        "finished_at",
        "held_blob",
        "case_blob",
    ),
)


def read_ended_chat(values: Sequence[str | None]) -> EndedChat | None:
    """From the values of `FIELDS`, and the id; None if there is no such job.

    A chat whose record cannot be read has failed.
    """
    record = {
        name: value
        for name, value in zip((*FIELDS, "id"), values, strict=True)
        if value is not None
    }
    if "status" not in record:
        return None
    chat = readable("job", record["id"], partial(_ended_chat, record))
    return chat or EndedChat(
        id=record["id"],
        batch_id=record.get("batch_id"),
        status=JobStatus.failed,
        line=None,
        result_json=None,
        result_blob=None,
        error=PROBLEM.to_dict(),
        provenance=None,
        held_blob=None,
        case_blob=None,
    )


def _ended_chat(record: Record) -> EndedChat:
    return EndedChat(
        id=record["id"],
        batch_id=record.get("batch_id"),
        status=JobStatus(record["status"]),
        line=to_line(record) if "line" in record else None,
        result_json=record.get("result") or None,
        result_blob=record.get("result_blob") or None,
        error=error_of(record),
        provenance=provenance_of(record),
        held_blob=record.get("held_blob") or None,
        case_blob=record.get("case_blob") or None,
    )
