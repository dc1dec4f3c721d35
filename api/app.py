"""The api, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
from fastapi import FastAPI

from api import openapi
from api.edge import Edge
from api.errors import answer_errors
from api.metrics import RequestMetrics, new_registry, refused_submissions
from api.parts import Parts
from api.routes import batches as batch_routes
from api.routes import callbacks, documents, files, jobs, libraries, service, tasks, usage
from jobs.batches.eta.outlook import Outlook
from jobs.batches.files import Files
from jobs.batches.submission import BatchSubmissions
from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.settings import (
    ApiSettings,
    BatchSettings,
    BulkSettings,
    LimitSettings,
    RedisSettings,
    RetentionSettings,
    SecrecySettings,
    StoreSettings,
)
from jobs.store import Store
from jobs.submit.documents import Documents
from jobs.submit.secrecy import Screening
from jobs.submit.submission import Submissions

log = structlog.get_logger()


def create_app(
    *,
    api: ApiSettings,
    redis: RedisSettings,
    store: StoreSettings,
    limits: LimitSettings,
    retention: RetentionSettings,
    batches: BatchSettings,
    bulk: BulkSettings,
    secrecy: SecrecySettings | None = None,
) -> FastAPI:
    """The api as an ASGI application. Its ledger and store are opened when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        ledger = Ledger(redis, retention, limits)
        folder = Store(store.data_dir / "store")
        screening = Screening.with_processes(secrecy or SecrecySettings())
        documents = Documents(ledger, folder, limits, retention, screening)
        files = Files(ledger, folder, retention)
        app.state.parts = Parts(
            ledger=ledger,
            store=folder,
            documents=documents,
            submissions=Submissions(ledger, documents),
            files=files,
            batch_submissions=BatchSubmissions(
                ledger=ledger,
                store=folder,
                files=files,
                outlook=Outlook(ledger, bulk),
                batches=batches,
                bulk=bulk,
            ),
            limits=limits,
            batches=batches,
            settings=api,
        )
        try:
            await _check(ledger)
            async with screening:
                yield
        finally:
            await ledger.close()

    app = FastAPI(
        title="Chancery",
        version=version("chancery-server"),
        description=openapi.DESCRIPTION,
        openapi_tags=openapi.TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.registry = new_registry()
    app.state.refused = refused_submissions(app.state.registry)
    app.add_middleware(Edge)
    app.add_middleware(RequestMetrics, registry=app.state.registry)
    answer_errors(app)
    _include_routes(app)
    openapi.describe(app)
    return app


def _include_routes(app: FastAPI) -> None:
    for subject in (
        documents,
        libraries,
        tasks,
        jobs,
        batch_routes,
        files,
        callbacks,
        usage,
        service,
    ):
        app.include_router(subject.router)
    app.include_router(openapi.router)


async def _check(ledger: Ledger) -> None:
    """Refuse to start on a server that would lose jobs; one that is away is waited for."""
    try:
        await ledger.check()
    except ProblemError as error:
        log.warning("api.started_without_ledger", detail=str(error))
