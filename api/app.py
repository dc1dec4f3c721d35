"""Creates the api's ASGI application from its settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api import console
from api.console.services import Console
from api.limits.failed_keys import FailedKeys
from api.limits.refusals import Refusals
from api.metrics.requests import (
    RequestMetrics,
    failed_authentications,
    new_registry,
    refused_submissions,
)
from api.metrics.shared import shared_registry
from api.middleware.audit import Audit
from api.middleware.request_context import RequestContext
from api.middleware.security_headers import SecurityHeaders
from api.openapi import routes as openapi_routes
from api.openapi.document import operation_id
from api.requests.body_rate import BodyRate
from api.requests.methods import HeadAsGet
from api.requests.path_prefix import PathPrefix
from api.responses.problems import answer_errors
from api.routes import (
    approvals,
    callbacks,
    documents,
    files,
    forms,
    jobs,
    libraries,
    service,
    tasks,
    usage,
)
from api.routes import batches as batch_routes
from api.services import Services
from documents.limits import ReadLimits
from jobs.accounts.oidc.opening import provider_of
from jobs.accounts.oidc.watch import watched
from jobs.accounts.sign_ins import SignIns
from jobs.approval.approvals import Approvals
from jobs.audit.files import AuditFiles
from jobs.audit.log import AuditLog
from jobs.audit.writer import ChainWriter
from jobs.batches.eta.eta import BatchEta
from jobs.batches.eta.group import GroupEta
from jobs.batches.eta.token_estimate import TokenEstimate
from jobs.batches.files import Files
from jobs.batches.submission import BatchSubmissions
from jobs.deletion import Deletions
from jobs.health.gather import HealthReader
from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.data_dir import API_METRICS
from jobs.process.heartbeat import keep_beating, this_process
from jobs.process.settings import (
    ApiSettings,
    AuditSettings,
    BatchSettings,
    BulkSettings,
    ConsoleSettings,
    LimitSettings,
    OidcSettings,
    PriceSettings,
    QuotaSettings,
    RedisSettings,
    RetentionSettings,
    SecrecySettings,
    ServerSettings,
    StoreSettings,
    TaskSettings,
)
from jobs.reading.reading import Reading
from jobs.sealing.master_keys import MasterKeys
from jobs.store import Store
from jobs.submit.documents import Documents
from jobs.submit.secrecy import Screening
from jobs.submit.submission import Submissions

if TYPE_CHECKING:
    from jobs.accounts.oidc.provider import Provider

QUOTA_RETRY_SECONDS = 2.0
LEAVE_SECONDS = 1.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AppSettings:
    """All settings of the api. Those that are not given are read from the environment."""

    api: ApiSettings = field(default_factory=ApiSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    redis: RedisSettings = field(default_factory=RedisSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    quotas: QuotaSettings = field(default_factory=QuotaSettings)
    batches: BatchSettings = field(default_factory=BatchSettings)
    bulk: BulkSettings = field(default_factory=BulkSettings)
    secrecy: SecrecySettings = field(default_factory=SecrecySettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    tasks: TaskSettings = field(default_factory=TaskSettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    prices: PriceSettings = field(default_factory=PriceSettings)


def create_app(settings: AppSettings) -> FastAPI:
    """The api as an ASGI application. It opens its ledger and store when it starts.

    Raises `ProviderSettingsInvalid` if the settings of the sign-in to the console cannot be used.
    """
    provider = provider_of(settings.oidc, settings.console, settings.api.public_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        screening = Screening.with_processes(settings.secrecy, settings.limits, settings.tasks)
        app.state.services = services = _services(settings, screening)
        app.state.console = _console(settings, services, screening, provider)
        app.state.audit = audit = AuditLog(_audit_writer(settings))
        keeping_up = asyncio.create_task(audit.keep_up())
        try:
            await _check(services.ledger)
            async with (
                screening,
                _default_quota(services.ledger, settings.quotas),
                _heartbeats(services, settings.store),
                watched(provider, services.ledger.health),
            ):
                yield
        finally:
            keeping_up.cancel()
            await asyncio.wait((keeping_up,))
            await services.ledger.close()

    app = FastAPI(
        title="Chancery",
        version=version("chancery-server"),
        description=openapi_routes.DESCRIPTION,
        openapi_tags=openapi_routes.TAGS,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
        # Its spans name paths with ids and quote exceptions: see `api/requests/tracing.py`.
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    registry, app.state.registry = _registries(settings)
    app.state.refused = refused_submissions(registry)
    app.state.failed_authentications = failed_authentications(registry)
    # Innermost: it needs the route before the response starts, and `HeadAsGet` routes a copy.
    app.add_middleware(Audit, trusted=settings.api.trusted_proxies)
    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyRate, bytes_per_second=settings.server.body_min_bytes_per_second)
    app.add_middleware(RequestContext)
    app.add_middleware(RequestMetrics, registry=registry)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(
        PathPrefix, prefix=settings.api.root_path, trusted=settings.api.trusted_proxies
    )
    answer_errors(app)
    _include_routes(app)
    openapi_routes.describe(app)
    return app


def _registries(settings: AppSettings) -> tuple[CollectorRegistry, CollectorRegistry]:
    """The registry of this process's metrics, and the one that `/metrics` shows."""
    if settings.api.processes == 1:
        registry = new_registry()
        return registry, registry
    return CollectorRegistry(), shared_registry(settings.store.data_dir / API_METRICS)


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
        approvals=Approvals(ledger, store, documents),
        files=files,
        deletions=Deletions(ledger, store),
        batch_submissions=BatchSubmissions(
            ledger=ledger,
            store=store,
            files=files,
            screening=screening,
            eta=BatchEta(ledger, settings.bulk),
            batches=settings.batches,
            bulk=settings.bulk,
        ),
        limits=settings.limits,
        batches=settings.batches,
        settings=settings.api,
        failed_keys=FailedKeys(settings.api.failed_keys),
        refusals=Refusals(ledger),
        health=HealthReader(ledger, settings.bulk, settings.limits, settings.store.data_dir),
        prices=settings.prices,
    )


def _console(
    settings: AppSettings, services: Services, screening: Screening, provider: Provider | None
) -> Console:
    processes = screening.processes
    assert processes is not None  # noqa: S101 - made with processes
    return Console(
        ledger=services.ledger,
        sign_ins=SignIns(services.ledger.accounts, settings.console, provider),
        settings=settings.console,
        zone=ZoneInfo(settings.bulk.zone),
        reading=Reading(
            services.store,
            processes,
            ReadLimits(settings.limits.max_text_chars, settings.limits.max_pages),
        ),
        group_eta=GroupEta(
            BatchEta(services.ledger, settings.bulk),
            TokenEstimate(services.ledger, services.store),
        ),
    )


def _audit_writer(settings: AppSettings) -> ChainWriter:
    files = AuditFiles.of(settings.store.data_dir)
    return ChainWriter(files, files.chain_key(settings.audit))


def _include_routes(app: FastAPI) -> None:
    # Requests are matched in this order.
    subjects = (
        jobs,
        forms,
        documents,
        libraries,
        tasks,
        approvals,
        batch_routes,
        files,
        callbacks,
        usage,
        service,
        *console.SUBJECTS,
        openapi_routes,
    )
    for subject in subjects:
        app.include_router(subject.router)
    app.state.routers = [app.router, *(subject.router for subject in subjects)]


@asynccontextmanager
async def _default_quota(ledger: Ledger, settings: QuotaSettings) -> AsyncIterator[None]:
    """Set the departments' default quota, now or when the ledger answers."""

    async def set_quota() -> None:
        while True:
            try:
                await ledger.departments.set_default_quota(settings.quota())
            except ProblemError:
                await asyncio.sleep(QUOTA_RETRY_SECONDS)
            else:
                return

    setting = asyncio.create_task(set_quota(), name="default-quota")
    await asyncio.wait({setting}, timeout=QUOTA_RETRY_SECONDS)
    try:
        yield
    finally:
        setting.cancel()
        await asyncio.gather(setting, return_exceptions=True)


@asynccontextmanager
async def _heartbeats(services: Services, settings: StoreSettings) -> AsyncIterator[None]:
    ledger = services.ledger
    process = this_process("api", MasterKeys.from_settings(settings))
    beating = asyncio.create_task(
        keep_beating(ledger, process, dict, settings.data_dir, services.store)
    )
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.wait((beating,))
        # The heartbeat expires by itself while the ledger is away.
        with suppress(ProblemError, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await ledger.processes.leave(process.name)


async def _check(ledger: Ledger) -> None:
    """Refuse to start on a Redis server that could lose jobs. An unreachable one is accepted."""
    try:
        await ledger.check()
    except ProblemError as error:
        log.warning("api.started_without_ledger", detail=str(error))
