"""Creates the api's ASGI application from its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version

import structlog
from fastapi import FastAPI

from api import openapi
from api.errors import answer_errors
from api.request_context import RequestContext
from api.request_metrics import RequestMetrics, new_registry, refused_submissions
from api.routes import batches as batch_routes
from api.routes import callbacks, documents, files, jobs, libraries, service, tasks, usage
from api.services import Services
from jobs.batches.eta.eta import BatchEta
from jobs.batches.files import Files
from jobs.batches.submission import BatchSubmissions
from jobs.deletion import Deletions
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


@dataclass(frozen=True, slots=True)
class AppSettings:
    """All settings of the api. Those that are not given are read from the environment."""

    api: ApiSettings = field(default_factory=ApiSettings)
    redis: RedisSettings = field(default_factory=RedisSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    batches: BatchSettings = field(default_factory=BatchSettings)
    bulk: BulkSettings = field(default_factory=BulkSettings)
    secrecy: SecrecySettings = field(default_factory=SecrecySettings)


def create_app(settings: AppSettings) -> FastAPI:
    """The api as an ASGI application. It opens its ledger and store when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        screening = Screening.with_processes(settings.secrecy, settings.limits)
        app.state.services = services = _services(settings, screening)
        try:
            await _check(services.ledger)
            async with screening:
                yield
        finally:
            await services.ledger.close()

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
    app.add_middleware(RequestContext)
    app.add_middleware(RequestMetrics, registry=app.state.registry)
    answer_errors(app)
    _include_routes(app)
    openapi.describe(app)
    return app


def _services(settings: AppSettings, screening: Screening) -> Services:
    ledger = Ledger(settings.redis, settings.retention, settings.limits)
    store = Store.opened(settings.store)
    documents = Documents(ledger, store, settings.limits, screening)
    files = Files(ledger, store, settings.retention)
    return Services(
        ledger=ledger,
        store=store,
        documents=documents,
        submissions=Submissions(ledger, documents),
        files=files,
        deletions=Deletions(ledger, store),
        batch_submissions=BatchSubmissions(
            ledger=ledger,
            store=store,
            files=files,
            eta=BatchEta(ledger, settings.bulk),
            batches=settings.batches,
            bulk=settings.bulk,
        ),
        limits=settings.limits,
        batches=settings.batches,
        settings=settings.api,
    )


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
    """Refuse to start on a Redis server that could lose jobs. An unreachable one is accepted."""
    try:
        await ledger.check()
    except ProblemError as error:
        log.warning("api.started_without_ledger", detail=str(error))
