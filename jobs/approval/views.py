"""The JSON of a result that waits for approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field
from pydantic_core import from_json

from jobs.approval.approvals import Review
from jobs.store import Store
from jobs.views import JobView, job_view


class SourceView(BaseModel):
    """What the job worked on: a text, or a document."""

    text: str | None
    document_id: str | None
    filename: str | None
    media_type: str | None
    content_url: str | None = Field(description="Where the document is; it needs the scope `read`.")


class ApprovalView(BaseModel):
    """A result that waits for approval."""

    job: JobView
    result: Any = Field(description="The result of the run. To correct it, send it back changed.")
    options: Mapping[str, Any]
    source: SourceView
    doubts: Sequence[str] = Field(
        description="Why the result of the fast model was doubted; the full model then did the "
        "work. Further doubts are in the result, such as `unverified`."
    )


async def approval_view(review: Review, store: Store, base: str) -> ApprovalView:
    """`base`: the path prefix of the api."""
    source, provenance = review.source, review.job.provenance
    document = source.document_id
    return ApprovalView(
        job=await job_view(review.job, store, inline_result=False, base=base),
        result=from_json(review.result),
        options=review.options,
        source=SourceView(
            text=source.text,
            document_id=document,
            filename=source.filename,
            media_type=source.media_type,
            content_url=f"{base}/v1/documents/{document}/content" if document else None,
        ),
        doubts=provenance.doubts if provenance else (),
    )
