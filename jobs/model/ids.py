"""Identifiers. All but those of documents contain a ULID, which sorts by creation time."""

from __future__ import annotations

import re

from ulid import ULID

_JOB = re.compile(r"job_[0-9a-z]{26}")
_CALLBACK = re.compile(r"evt_[0-9a-z]{26}")
_FILE = re.compile(r"file_[0-9a-z]{26}")
_GROUP = re.compile(r"grp_[0-9a-z]{26}")
_BATCH = re.compile(r"batch_[0-9a-z]{26}")


def new_job_id() -> str:
    return f"job_{str(ULID()).lower()}"


def new_callback_id() -> str:
    """Also the event's `webhook-id`."""
    return f"evt_{str(ULID()).lower()}"


def new_file_id() -> str:
    return f"file_{str(ULID()).lower()}"


def new_batch_id() -> str:
    return f"batch_{str(ULID()).lower()}"


def new_group_id() -> str:
    """Of jobs that a person submitted together."""
    return f"grp_{str(ULID()).lower()}"


def document_id(sha256: str) -> str:
    """The same bytes are the same document within a department."""
    return f"doc_{sha256}"


def digest_in(document_id: str) -> str:
    """The SHA-256 of the document's bytes, in hexadecimal."""
    return document_id.removeprefix("doc_")


def is_job_id(text: str) -> bool:
    return _JOB.fullmatch(text) is not None


def is_callback_id(text: str) -> bool:
    return _CALLBACK.fullmatch(text) is not None


def is_file_id(text: str) -> bool:
    return _FILE.fullmatch(text) is not None


def is_group_id(text: str) -> bool:
    return _GROUP.fullmatch(text) is not None


def is_batch_id(text: str) -> bool:
    return _BATCH.fullmatch(text) is not None
