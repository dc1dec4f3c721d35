"""Runs the whole system on one machine."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr, ValidationError

from jobs.audit.files import AuditKeyUnusable
from jobs.ledger import Ledger, UnsafeServer
from jobs.model.problems import ProblemError
from jobs.process.data_dir import API_METRICS, check_keys, keep_private
from jobs.process.department_tasks import offer_own_tasks
from jobs.process.environment import read_or_exit, wrong_settings
from jobs.process.private_files import write_private
from jobs.process.settings import (
    AuditSettings,
    EngineSettings,
    FastEngineSettings,
    FlowerSettings,
    RedisSettings,
    ServerSettings,
    StoreSettings,
    TaskSettings,
)
from jobs.sealing.errors import UnusableKeys
from tasks.department_tasks.problems import TaskFilesRefused
from worker.engine.client import EngineClient
from worker.roles.flower import LOGIN_FILE, Login, flower_login
from worker.supervise import services
from worker.supervise.checks import Diagnosis, http_fault, port_is_free
from worker.supervise.child import ChildSpec, Report
from worker.supervise.redis_server import RedisServer, redis_server
from worker.supervise.supervisor import Supervisor

REDIS_URL_FILE = "redis-url"
LOGS = "logs"


class CannotStart(Exception):
    """The system cannot be started; the message says what to do."""


@dataclass(frozen=True, slots=True)
class SystemOptions:
    """What to run. Paths are absolute. A URL names a service that already runs; None starts one."""

    port: int
    flower_port: int
    data_dir: Path
    redis_url: str | None
    engine_url: str | None
    fast_engine_url: str | None
    engine_model: str
    concurrency: int | None
    tasks_dir: Path | None
    flower: FlowerSettings
    grace_seconds: float
    api_processes: int = 1
    workers: int = 1
    couriers: int = 1

    @property
    def api_url(self) -> str:
        scheme = "https" if ServerSettings().tls_certificate else "http"
        return f"{scheme}://{services.HOST}:{self.port}"

    @property
    def counts(self) -> Mapping[str, int]:
        return {"worker": self.workers, "courier": self.couriers, "scheduler": 1}

    @property
    def flower_url(self) -> str:
        return f"http://{services.HOST}:{self.flower_port}{self.flower.url_prefix}"


async def run(options: SystemOptions, report: Report) -> None:
    """Run the system until a signal.

    Raises `CannotStart` before anything runs, and `StartFailed` after stopping everything.
    """
    _check_tasks(options)
    _make_data_dir(options.data_dir)
    _check_keys(options)
    with _locked(options.data_dir):
        _check_ports(options)
        _forget_metrics(options.data_dir / API_METRICS)
        server, redis_url = _redis(options)
        ledger = _ledger(redis_url)
        try:
            if server is None:
                await _check_redis(ledger)
            await _run(options, server, redis_url, ledger, report)
        finally:
            (options.data_dir / REDIS_URL_FILE).unlink(missing_ok=True)
            await ledger.close()


async def _run(
    options: SystemOptions,
    server: RedisServer | None,
    redis_url: str,
    ledger: Ledger,
    report: Report,
) -> None:
    engine, login = _engine(options), _login(options)
    environment = _environment(options, redis_url, engine.url, login)

    async def on_exit(process_name: str) -> None:
        await _requeue_jobs_of(ledger, process_name, report)

    async with _engine_faults(engine) as external:
        supervisor = Supervisor(
            _stages(options, server, ledger, engine, environment),
            options.data_dir / LOGS,
            report=report,
            on_exit=on_exit,
            external=external,
            whole={"the api's /readyz": http_fault(f"{options.api_url}/readyz")},
        )
        write_private(options.data_dir / REDIS_URL_FILE, redis_url + "\n")
        report(f"starting; logs are in {options.data_dir / LOGS}")
        await supervisor.run(lambda: _report_ready(options, engine, login, report))
    report("stopped")


def _make_data_dir(data_dir: Path) -> None:
    try:
        keep_private(data_dir)
        (data_dir / LOGS).mkdir(exist_ok=True)
        (data_dir / "lock").touch()
    except OSError as error:
        raise CannotStart(
            f"the data dir {data_dir} cannot be written ({error.strerror}): change its owner, or "
            "choose another with --data-dir"
        ) from error


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Lock the data dir, so that no second system writes to it."""
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"another `chancery up` runs with {data_dir}: stop it, or choose another --data-dir"
            ) from None
        yield


def _forget_metrics(folder: Path) -> None:
    """Counters of several api processes begin with the system."""
    if folder.exists():
        shutil.rmtree(folder)


def _check_tasks(options: SystemOptions) -> None:
    try:
        offer_own_tasks(TaskSettings(tasks_dir=options.tasks_dir))
    except TaskFilesRefused as refused:
        raise CannotStart(f"departments' own tasks cannot be used:\n{refused}") from refused


def _check_keys(options: SystemOptions) -> None:
    try:
        store = read_or_exit(lambda: StoreSettings(data_dir=options.data_dir))
        check_keys(store, read_or_exit(AuditSettings))
    except (UnusableKeys, AuditKeyUnusable) as error:
        raise CannotStart(str(error)) from error


def _check_ports(options: SystemOptions) -> None:
    for port, option in ((options.port, "--port"), (options.flower_port, "--flower-port")):
        if not port_is_free(services.HOST, port):
            raise CannotStart(f"port {port} is in use: choose another with {option}")
    if options.port == options.flower_port:
        raise CannotStart("--port and --flower-port are the same: change one")


def _redis(options: SystemOptions) -> tuple[RedisServer | None, str]:
    if options.redis_url:
        return None, options.redis_url
    try:
        server = redis_server(options.data_dir)
    except FileNotFoundError as error:
        raise CannotStart(str(error)) from error
    return server, server.url


def _ledger(redis_url: str) -> Ledger:
    try:
        return Ledger(RedisSettings(url=SecretStr(redis_url)))
    except ValidationError as error:
        raise CannotStart("\n".join(wrong_settings(error))) from error
    except ValueError as error:
        raise CannotStart(f"--redis-url: {error}") from error


async def _check_redis(ledger: Ledger) -> None:
    try:
        await ledger.check()
    except ProblemError as error:
        raise CannotStart(
            "the Redis given by --redis-url or CHANCERY_REDIS_URL does not answer: start it, or "
            "omit the option to start one"
        ) from error
    except UnsafeServer as error:
        raise CannotStart(str(error)) from error


def _engine(options: SystemOptions) -> services.Engine:
    try:
        FastEngineSettings(url=options.fast_engine_url)
        if options.engine_url:
            return services.Engine(EngineSettings(url=options.engine_url).url)
    except ValidationError as error:
        raise CannotStart("\n".join(wrong_settings(error))) from error
    try:
        return services.own_engine(options.engine_model)
    except FileNotFoundError as error:
        raise CannotStart(
            f"{error}. `make engine` installs it; or use --engine-url for a vLLM that already runs"
        ) from error


def _login(options: SystemOptions) -> Login:
    try:
        return flower_login(options.flower, options.data_dir)
    except ValueError as error:
        raise CannotStart(str(error)) from error


def _environment(
    options: SystemOptions, redis_url: str, engine_url: str, login: Login
) -> dict[str, str]:
    """The environment of Chancery's own processes."""
    settings = {
        "CHANCERY_REDIS_URL": redis_url,
        "CHANCERY_DATA_DIR": str(options.data_dir),
        "CHANCERY_API_HOST": services.HOST,
        "CHANCERY_API_PORT": str(options.port),
        "CHANCERY_API_PUBLIC_URL": os.environ.get("CHANCERY_API_PUBLIC_URL") or options.api_url,
        "CHANCERY_ENGINE_URL": engine_url,
        "CHANCERY_FLOWER_HOST": services.HOST,
        "CHANCERY_FLOWER_PORT": str(options.flower_port),
        "CHANCERY_FLOWER_LOGIN": login.text,
        "PYTHONUNBUFFERED": "1",
    }
    if options.concurrency:
        settings["CHANCERY_CONCURRENCY"] = str(options.concurrency)
    if options.tasks_dir:
        settings["CHANCERY_TASKS_DIR"] = str(options.tasks_dir)
    if options.fast_engine_url:
        settings["CHANCERY_FAST_ENGINE_URL"] = options.fast_engine_url
    return {**os.environ, **settings}


def _stages(
    options: SystemOptions,
    server: RedisServer | None,
    ledger: Ledger,
    engine: services.Engine,
    environment: Mapping[str, str],
) -> Sequence[Sequence[ChildSpec]]:
    """Redis, the engine, the rest: they stop in reverse, because the worker needs both to stop."""
    return (
        [services.redis_child(server, ledger)] if server else [],
        [engine.child] if engine.child else [],
        [
            *services.api_children(environment, options.api_url, options.api_processes),
            *(
                child
                for role, count in options.counts.items()
                for child in services.process_children(
                    role, environment, ledger, options.grace_seconds, count
                )
            ),
            services.flower_child(environment, options.flower_url),
        ],
    )


@asynccontextmanager
async def _engine_faults(engine: services.Engine) -> AsyncIterator[Mapping[str, Diagnosis]]:
    """What is wrong with an engine that runs elsewhere, as a worker would see it.

    Asked here, because the workers' own reports come only when they have started.
    """
    if engine.child is not None:
        yield {}
        return
    client = EngineClient(EngineSettings(url=engine.url), concurrency=1)

    async def diagnose() -> str | None:
        return None if await client.check_health() else client.health.reason

    client.open()
    try:
        yield {f"the engine at {engine.url}": diagnose}
    finally:
        await client.close()


async def _requeue_jobs_of(ledger: Ledger, process_name: str, report: Report) -> None:
    try:
        requeued = await ledger.processes.declare_dead(process_name)
    except ProblemError:  # Redis is away too; the scheduler requeues the jobs when their leases end
        return
    if requeued:
        report(f"requeued {requeued} jobs of {process_name}")


def _report_ready(
    options: SystemOptions, engine: services.Engine, login: Login, report: Report
) -> None:
    login_file = options.data_dir / LOGIN_FILE
    if login.new:
        report(f"Flower's login is {login.text} (new)")
    if login_file.exists():
        report(f"Flower's login is in {login_file}")
    else:
        report("Flower's login is the value of CHANCERY_FLOWER_LOGIN")
    fast = f", fast engine {options.fast_engine_url}" if options.fast_engine_url else ""
    report(
        f"ready: api {options.api_url} (docs at {options.api_url}/docs), "
        f"console {options.api_url}/console, Flower {options.flower_url}, engine {engine.url}{fast}"
    )
