"""The api with a real ledger, called over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import AppSettings, create_app
from jobs.ledger import Ledger
from jobs.ledger.runs import Ending
from jobs.model.states import JobStatus
from jobs.process.settings import (
    ApiSettings,
    BatchSettings,
    BulkSettings,
    ConsoleSettings,
    LimitSettings,
    OidcSettings,
    PriceSettings,
    QuotaSettings,
    RedisSettings,
    SecrecySettings,
    StoreSettings,
)

LIMITS = LimitSettings(max_document_bytes=20_000, max_request_bytes=5_000, max_text_chars=1_000)
ALLOWED = "http://oa.tax.intranet/hooks/chancery"


@dataclass
class Api:
    """The api with two departments: `http` has tax's key, `other` health's, `anonymous` none."""

    app: FastAPI
    folder: Path
    http: httpx.AsyncClient
    other: httpx.AsyncClient
    anonymous: httpx.AsyncClient
    keys: dict[str, str] = field(default_factory=dict)

    async def submit(self, **changes: Any) -> dict[str, Any]:
        """Submit a job as tax and return the job in the response."""
        body = {"task": "summarize", "input": {"text": "The water is off."}, **changes}
        answer = await self.http.post("/v1/jobs", json=body)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def files(self) -> list[str]:
        """All files of the store, incomplete ones included."""
        store = self.folder / "store"
        return [str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()]


Open = Callable[..., AbstractAsyncContextManager[Api]]


@pytest.fixture
def open_api(ledger: Ledger, redis_url: str, tmp_path: Path) -> Open:
    """Opens the api with the test's ledger and other settings."""
    return partial(opened_api, ledger, redis_url, tmp_path)


@asynccontextmanager
async def opened_api(
    ledger: Ledger,
    redis_url: str,
    folder: Path,
    *,
    limits: LimitSettings = LIMITS,
    settings: ApiSettings | None = None,
    batches: BatchSettings | None = None,
    bulk: BulkSettings | None = None,
    quotas: QuotaSettings | None = None,
    prices: PriceSettings | None = None,
    console: ConsoleSettings | None = None,
    oidc: OidcSettings | None = None,
    store: StoreSettings | None = None,
) -> AsyncIterator[Api]:
    """The api with the departments tax and health, in an empty ledger."""
    app = create_app(
        AppSettings(
            api=settings or ApiSettings(),
            redis=RedisSettings(url=SecretStr(redis_url)),
            store=store or StoreSettings(data_dir=folder),
            limits=limits,
            # Longer than the default: starting a process may take long on a busy machine.
            secrecy=SecrecySettings(look_seconds=30),
            batches=batches or BatchSettings(),
            bulk=bulk or BulkSettings(),
            quotas=quotas or QuotaSettings(),
            prices=prices or PriceSettings(),
            console=console or ConsoleSettings(),
            oidc=oidc or OidcSettings(),
        )
    )
    tax = await ledger.departments.create("tax", callback_allow=["oa.tax.intranet"])
    health = await ledger.departments.create("health")
    async with (
        app.router.lifespan_context(app),
        _client(app, tax.api_key) as http,
        _client(app, health.api_key) as other,
        _client(app, None) as anonymous,
    ):
        keys = {"tax": tax.api_key, "health": health.api_key}
        yield Api(app, folder, http, other, anonymous, keys)


@pytest.fixture
async def api(open_api: Open) -> AsyncIterator[Api]:
    async with open_api() as api:
        yield api


def _client(app: FastAPI, api_key: str | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://chancery.test",
        headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
    )


async def finish(ledger: Ledger, job_id: str, **ending: Any) -> None:
    """Claim and finish a job like a worker, with the given ending."""
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    fields = {"status": JobStatus.succeeded, "result": '{"summary": "Off."}', **ending}
    assert await ledger.runs.finish(claim, Ending(**fields))


def problem_of(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem in a response, after checking its status, type and form."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"/problems/{code}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return dict(body)
