"""Converts between hashes in Redis and documents."""

from __future__ import annotations

from documents.kinds import PLAIN_TEXT
from jobs.ledger.records import Record, to_moment
from jobs.model.ids import digest_in
from jobs.model.job import NewDocument, StoredDocument


def document_record(document: NewDocument, keep_ms: int) -> dict[str, str | int]:
    """All fields except `expires_at`, which the scripts set by Redis's clock, and the digest, which
    the id has. `id` and `department` are for the scripts, which write them in the key alone. Left
    out: `secrecy_checked` if it is true, as of nearly all documents, an empty name, a text's type.
    """
    record: dict[str, str | int | None] = {
        "id": document.id,
        "department": document.department,
        "bytes": document.bytes,
        "media_type": None if document.media_type == PLAIN_TEXT else document.media_type,
        "filename": document.filename or None,
        "blob": document.blob,
        "keep_ms": keep_ms,
        "secrecy_checked": None if document.secrecy_checked else 0,
    }
    return {name: value for name, value in record.items() if value is not None}


def to_document(department: str, document_id: str, record: Record) -> StoredDocument:
    return StoredDocument(
        id=document_id,
        department=department,
        sha256=digest_in(document_id),
        bytes=int(record["bytes"]),
        media_type=record.get("media_type", PLAIN_TEXT),
        filename=record.get("filename") or None,
        expires_at=to_moment(record["expires_at"]),
        blob=record["blob"],
        secrecy_checked=record.get("secrecy_checked") != "0",
    )
