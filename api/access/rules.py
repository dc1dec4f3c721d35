"""Which scope each call needs, and what the audit record names it: one table for all routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.model.api_key import Scope


@dataclass(frozen=True, slots=True)
class Rule:
    """`action`: the call's name in the audit record."""

    scope: Scope
    action: str


_READ, _SUBMIT, _ADMIN, _APPROVE = Scope.read, Scope.submit, Scope.admin, Scope.approve

RULES: Mapping[tuple[str, str], Rule] = {
    ("GET", "/v1/tasks"): Rule(_READ, "task.list"),
    ("GET", "/v1/tasks/{name}"): Rule(_READ, "task.read"),
    ("POST", "/v1/documents"): Rule(_SUBMIT, "document.upload"),
    ("GET", "/v1/documents/{document_id}"): Rule(_READ, "document.read"),
    ("GET", "/v1/documents/{document_id}/content"): Rule(_READ, "document.download"),
    ("DELETE", "/v1/documents/{document_id}"): Rule(_ADMIN, "document.delete"),
    ("GET", "/v1/libraries"): Rule(_READ, "library.list"),
    ("GET", "/v1/libraries/{name}"): Rule(_READ, "library.read"),
    ("PUT", "/v1/libraries/{name}/documents/{document_id}"): Rule(_ADMIN, "library.add"),
    ("DELETE", "/v1/libraries/{name}/documents/{document_id}"): Rule(_ADMIN, "library.remove"),
    ("POST", "/v1/jobs"): Rule(_SUBMIT, "job.submit"),
    ("POST", "/v1/forms/{name}"): Rule(_SUBMIT, "job.submit"),
    ("GET", "/v1/jobs"): Rule(_READ, "job.list"),
    ("GET", "/v1/jobs/{job_id}"): Rule(_READ, "job.read"),
    ("GET", "/v1/jobs/{job_id}/result"): Rule(_READ, "job.download"),
    ("POST", "/v1/jobs/{job_id}/cancel"): Rule(_SUBMIT, "job.cancel"),
    ("DELETE", "/v1/jobs/{job_id}"): Rule(_ADMIN, "job.delete"),
    ("GET", "/v1/approvals"): Rule(_APPROVE, "approval.list"),
    ("GET", "/v1/approvals/cases"): Rule(_APPROVE, "approval.export"),
    ("GET", "/v1/jobs/{job_id}/approval"): Rule(_APPROVE, "approval.read"),
    ("POST", "/v1/jobs/{job_id}/approval"): Rule(_APPROVE, "approval.decide"),
    ("POST", "/v1/files"): Rule(_SUBMIT, "file.upload"),
    ("GET", "/v1/files"): Rule(_READ, "file.list"),
    ("GET", "/v1/files/{file_id}"): Rule(_READ, "file.read"),
    ("GET", "/v1/files/{file_id}/content"): Rule(_READ, "file.download"),
    ("DELETE", "/v1/files/{file_id}"): Rule(_ADMIN, "file.delete"),
    ("POST", "/v1/batches"): Rule(_SUBMIT, "batch.submit"),
    ("GET", "/v1/batches"): Rule(_READ, "batch.list"),
    ("GET", "/v1/batches/{batch_id}"): Rule(_READ, "batch.read"),
    ("POST", "/v1/batches/{batch_id}/cancel"): Rule(_SUBMIT, "batch.cancel"),
    ("DELETE", "/v1/batches/{batch_id}"): Rule(_ADMIN, "batch.delete"),
    ("GET", "/v1/callbacks"): Rule(_READ, "callback.list"),
    ("POST", "/v1/callbacks/redeliver"): Rule(_ADMIN, "callback.redeliver-dead"),
    ("POST", "/v1/callbacks/{callback_id}/redeliver"): Rule(_ADMIN, "callback.redeliver"),
    ("GET", "/v1/usage"): Rule(_READ, "usage.read"),
}


def rule_of(method: str, path: str) -> Rule | None:
    """The rule of a route, by its path with placeholders. HEAD is as GET. None: not under `/v1`."""
    return RULES.get(("GET" if method == "HEAD" else method, path))
