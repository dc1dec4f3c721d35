"""What the api is made of, given to every route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from jobs.batches.files import Files
from jobs.batches.submission import BatchSubmissions
from jobs.ledger import Ledger
from jobs.process.settings import ApiSettings, BatchSettings, LimitSettings
from jobs.store import Store
from jobs.submit.documents import Documents
from jobs.submit.submission import Submissions


@dataclass(frozen=True, slots=True)
class Parts:
    ledger: Ledger
    store: Store
    documents: Documents
    submissions: Submissions
    files: Files
    batch_submissions: BatchSubmissions
    limits: LimitSettings
    batches: BatchSettings
    settings: ApiSettings


async def _parts(request: Request) -> Parts:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)  # noqa: S101 - put there when the app started
    return parts


TheParts = Annotated[Parts, Depends(_parts)]
