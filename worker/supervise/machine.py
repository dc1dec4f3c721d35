"""Runs the whole system on one machine."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError

from jobs.audit.files import AuditKeyUnusable
from jobs.ledger import Ledger, UnsafeServer
from jobs.model.problems import ProblemError
from jobs.model.roles import Role
from jobs.process.data_dir import API_METRICS, check_keys, keep_private
from jobs.process.department_tasks import offer_own_tasks
from jobs.process.environment import read_or_exit, wrong_settings
from jobs.process.private_files import write_private
from jobs.process.settings import (
    AuditSettings,
    EngineSettings,
    EnginesSettings,
    FastEngineSettings,
    FlowerSettings,
    RedisSettings,
    ServerSettings,
    StoreSettings,
    TaskSettings,
)
from jobs.sealing.errors import UnusableKeys
from tasks.department_tasks.problems import TaskFilesRefused
from worker.roles.flower import LOGIN_FILE, Login, flower_login
from worker.supervise import services
from worker.supervise.checks import Diagnosis, http_fault, port_is_free
from worker.supervise.child import ChildSpec, Report
from worker.supervise.own_engine import HOST, Engine, EngineUnusable, engine_for, small_engine
from worker.supervise.redis_server import RedisServer, redis_server
from worker.supervise.supervisor import Supervisor

if TYPE_CHECKING:
    from worker.engine.client import EngineClient

REDIS_URL_FILE = "redis-url"
# Held by the process whose Redis has its data in the data dir.
LOCK_FILE = "lock"
LOGS = "logs"
START_SECONDS = 900.0
# Hundreds of gigabytes are read from a disk.
LOADING_SECONDS = 7_200.0


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
    model: Path | None = None
    context: int | None = None

    @property
    def api_url(self) -> str:
        scheme = "https" if ServerSettings().tls_certificate else "http"
        return f"{scheme}://{HOST}:{self.port}"

    @property
    def counts(self) -> Mapping[str, int]:
        return {"worker": self.workers, "courier": self.couriers, "scheduler": 1}

    @property
    def flower_url(self) -> str:
        return f"http://{HOST}:{self.flower_port}{self.flower.url_prefix}"


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
    engine, login = _engine(options, report), _login(options)
    environment = _environment(options, redis_url, engine, login)

    async def on_exit(process_name: str) -> None:
        await _requeue_jobs_of(ledger, process_name, report)

    async with _engine_faults(engine) as external:
        supervisor = Supervisor(
            _stages(options, server, ledger, engine, environment),
            options.data_dir / LOGS,
            report=report,
            on_exit=on_exit,
            external=external,
            start_timeout=LOADING_SECONDS if options.model else START_SECONDS,
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
        (data_dir / LOCK_FILE).touch()
    except OSError as error:
        raise CannotStart(
            f"the data dir {data_dir} cannot be written ({error.strerror}): change its owner, "
            "free some space on its disk, or choose another with --data-dir"
        ) from error


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Lock the data dir, so that no second system writes to it."""
    with (data_dir / LOCK_FILE).open("w") as lock:
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
    except (UnusableKeys, AuditKeyUnusable, ProblemError) as error:
        raise CannotStart(str(error)) from error


def _check_ports(options: SystemOptions) -> None:
    for port, option in ((options.port, "--port"), (options.flower_port, "--flower-port")):
        if not port_is_free(HOST, port):
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


def _engine(options: SystemOptions, report: Report) -> Engine:
    try:
        fast = FastEngineSettings(url=options.fast_engine_url)
        engines = EnginesSettings()
        if engines.has_full and not options.model:
            pool = tuple(engines.pools(EngineSettings(), fast)[Role.full].values())
            return Engine(", ".join(engine.url for engine in pool), settings=pool)
        if options.engine_url:
            engine = EngineSettings(url=options.engine_url)
            return Engine(engine.url, settings=(engine,))
    except ValidationError as error:
        raise CannotStart("\n".join(wrong_settings(error))) from error
    except ValueError as error:
        raise CannotStart(f"CHANCERY_ENGINES: {error}") from error
    if engines.has_full:
        raise CannotStart("--model starts an engine: omit CHANCERY_ENGINES")
    try:
        if options.model:
            return engine_for(options.model, options.context, report)
        return small_engine(options.engine_model)
    except EngineUnusable as error:
        raise CannotStart(str(error)) from error
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
    options: SystemOptions, redis_url: str, engine: Engine, login: Login
) -> dict[str, str]:
    """The environment of Chancery's own processes."""
    settings = {
        "CHANCERY_REDIS_URL": redis_url,
        "CHANCERY_DATA_DIR": str(options.data_dir),
        "CHANCERY_API_HOST": HOST,
        "CHANCERY_API_PORT": str(options.port),
        "CHANCERY_API_PUBLIC_URL": os.environ.get("CHANCERY_API_PUBLIC_URL") or options.api_url,
        "CHANCERY_ENGINE_URL": engine.settings[0].url if engine.settings else engine.url,
        "CHANCERY_FLOWER_HOST": HOST,
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
    engine: Engine,
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
async def _engine_faults(engine: Engine) -> AsyncIterator[Mapping[str, Diagnosis]]:
    """What is wrong with engines that run elsewhere, as a worker would see it.

    Asked here, because the workers' own reports come only when they have started.
    """
    clients: list[EngineClient] = []

    async def diagnose() -> str | None:
        if not clients:
            # Imported while Redis starts, which the other processes wait for.
            from worker.engine.client import EngineClient  # noqa: PLC0415

            clients.extend(EngineClient(each, concurrency=1) for each in engine.settings)
            for client in clients:
                client.open()
        healthy = await asyncio.gather(*(client.check_health() for client in clients))
        return None if any(healthy) else clients[0].health.reason

    try:
        yield {f"the engine at {engine.url}": diagnose} if engine.settings else {}
    finally:
        for client in clients:
            await client.close()


async def _requeue_jobs_of(ledger: Ledger, process_name: str, report: Report) -> None:
    try:
        requeued = await ledger.processes.declare_dead(process_name)
    except ProblemError:  # Redis is away too; the scheduler requeues the jobs when their leases end
        return
    if requeued:
        report(f"requeued {requeued} jobs of {process_name}")


def _report_ready(options: SystemOptions, engine: Engine, login: Login, report: Report) -> None:
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
