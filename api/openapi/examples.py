"""Examples for the OpenAPI document."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

_SHA256 = hashlib.sha256(b"notice.pdf").hexdigest()

DOCUMENT: dict[str, Any] = {
    "id": f"doc_{_SHA256}",
    "sha256": _SHA256,
    "bytes": 48213,
    "media_type": "application/pdf",
    "filename": "notice.pdf",
    "expires_at": "2026-11-30T09:00:00Z",
    "secrecy_checked": True,
}

JOB: dict[str, Any] = {
    "id": "job_01m858vwdrw07k0198937535dv",
    "object": "job",
    "task": "summarize",
    "department": "tax",
    "lane": "interactive",
    "model": "auto",
    "status": "failed",
    "substatus": None,
    "awaiting_until": None,
    "created_at": "2026-11-23T09:00:00Z",
    "started_at": "2026-11-23T09:00:01Z",
    "finished_at": "2026-11-23T09:00:02Z",
    "attempts": 1,
    "batch_id": None,
    "custom_id": None,
    "document_id": DOCUMENT["id"],
    "metadata": {"case": "2026-1187"},
    "progress": {"done": 0, "total": 0},
    "result": None,
    "result_url": None,
    "error": {
        "type": "/problems/document-encrypted",
        "title": "The document is encrypted",
        "detail": "It asks for a password. Remove it and send the document again.",
    },
    "usage": {
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "cached_tokens": 0,
        "engine_seconds": 0.0,
        "reasoning_tokens": 0,
        "gpu_seconds": 0.0,
        "joules": 0.0,
    },
    "provenance": None,
}

FILE: dict[str, Any] = {
    "id": "file_01m858vwdrw07k0198937535dx",
    "object": "file",
    "bytes": 1_204_224,
    "created_at": 1_795_424_400,
    "expires_at": 1_798_016_400,
    "filename": "notices.jsonl",
    "purpose": "batch",
    "status": "processed",
}

CALLBACK: dict[str, Any] = {
    "id": "evt_01m858vwdrw07k0198937535dw",
    "job_id": JOB["id"],
    "batch_id": None,
    "type": "job.succeeded",
    "url": "http://oa.tax.intranet/hooks/chancery",
    "status": "pending",
    "attempts": [
        {
            "at": "2026-11-23T09:00:09Z",
            "status_code": 503,
            "error": None,
            "seconds": 0.04,
            "response": "The system is being updated.",
        }
    ],
    "next_attempt_at": "2026-11-23T09:00:14Z",
    "error": None,
}


REDELIVERED: dict[str, Any] = {"redelivered": 500, "remaining": 187}

# By the names that the OpenAPI document gives to the schemas.
EXAMPLES: Mapping[str, dict[str, Any]] = {
    "DocumentView": DOCUMENT,
    "JobView": JOB,
    "FileView": FILE,
    "CallbackView": CALLBACK,
    "RedeliveredView": REDELIVERED,
}
