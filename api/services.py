"""The objects that routes work with. They are created when the app starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.limits.failed_keys import FailedKeys
from api.limits.refusals import Refusals
from jobs.approval.approvals import Approvals
from jobs.batches.files import Files
from jobs.batches.submission import BatchSubmissions
from jobs.deletion import Deletions
from jobs.health.gather import HealthReader
from jobs.ledger import Ledger
from jobs.process.settings import ApiSettings, BatchSettings, LimitSettings, PriceSettings
from jobs.store import Store
from jobs.submit.documents import Documents
from jobs.submit.submission import Submissions


@dataclass(frozen=True, slots=True)
class Services:
    ledger: Ledger
    store: Store
    documents: Documents
    submissions: Submissions
    approvals: Approvals
    files: Files
    deletions: Deletions
    batch_submissions: BatchSubmissions
    limits: LimitSettings
    batches: BatchSettings
    settings: ApiSettings
    failed_keys: FailedKeys
    refusals: Refusals
    health: HealthReader
    prices: PriceSettings


async def services_of(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)  # noqa: S101 - set by the app's lifespan
    return services


ServicesDep = Annotated[Services, Depends(services_of)]
