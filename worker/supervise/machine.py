"""The whole system on one machine, from its start to its stop."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from jobs.ledger import Ledger, UnsafeServer
from jobs.model.problems import ProblemError
from jobs.process.department_tasks import offer_own_tasks
from jobs.process.settings import FlowerSettings, RedisSettings, TaskSettings
from tasks.department_tasks.problems import TaskFilesRefused
from worker.roles.flower import LOGIN_FILE, Login, flower_login
from worker.supervise import parts
from worker.supervise.checks import Check, http_answers, port_is_free
from worker.supervise.child import ChildSpec
from worker.supervise.private import write_private
from worker.supervise.redis_server import RedisServer, redis_server
from worker.supervise.supervisor import Supervisor

REDIS_URL_FILE = "redis-url"
LOGS = "logs"

Say = Callable[[str], None]


class CannotStart(Exception):
    """The system cannot be started; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to run. The folders are absolute; a URL names a part that is there already."""

    port: int
    flower_port: int
    data_dir: Path
    redis_url: str | None
    engine_url: str | None
    fast_engine_url: str | None
    engine_model: str
    concurrency: int | None
    tasks_dir: Path | None = None

    @property
    def api_url(self) -> str:
        return f"http://{parts.HOST}:{self.port}"

    @property
    def flower_url(self) -> str:
        return f"http://{parts.HOST}:{self.flower_port}"


async def run(wanted: Wanted, say: Say) -> None:
    """Run the system until it is asked to stop.

    Raises `CannotStart` before anything runs, and `StartFailed` after everything was stopped.
    """
    _check_tasks(wanted)
    wanted.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    (wanted.data_dir / LOGS).mkdir(exist_ok=True)
    with _held(wanted.data_dir):
        _check_ports(wanted)
        server, redis_url = _redis(wanted)
        ledger = _ledger(redis_url)
        try:
            if server is None:
                await _check_redis(ledger)
            await _run(wanted, server, redis_url, ledger, say)
        finally:
            (wanted.data_dir / REDIS_URL_FILE).unlink(missing_ok=True)
            await ledger.close()


async def _run(
    wanted: Wanted, server: RedisServer | None, redis_url: str, ledger: Ledger, say: Say
) -> None:
    engine, login = _engine(wanted), _login(wanted)
    environment = _environment(wanted, redis_url, engine.url, login)

    async def died(process_name: str) -> None:
        await _declare_dead(ledger, process_name, say)

    supervisor = Supervisor(
        _stages(wanted, server, ledger, engine, environment),
        wanted.data_dir / LOGS,
        say=say,
        died=died,
        outside=_outside(wanted, engine),
    )
    write_private(wanted.data_dir / REDIS_URL_FILE, redis_url + "\n")
    say(f"starting; logs are in {wanted.data_dir / LOGS}")
    await supervisor.run(lambda: _tell_ready(wanted, engine, login, say))
    say("stopped")


@contextmanager
def _held(data_dir: Path) -> Iterator[None]:
    """Hold the data dir, so that no second system writes to it."""
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"another `chancery up` runs with {data_dir}: stop it, or choose another --data-dir"
            ) from None
        yield


def _check_tasks(wanted: Wanted) -> None:
    try:
        offer_own_tasks(TaskSettings(tasks_dir=wanted.tasks_dir))
    except TaskFilesRefused as refused:
        raise CannotStart(f"departments' own tasks cannot be used:\n{refused}") from refused


def _check_ports(wanted: Wanted) -> None:
    for port, option in ((wanted.port, "--port"), (wanted.flower_port, "--flower-port")):
        if not port_is_free(parts.HOST, port):
            raise CannotStart(f"port {port} is in use: choose another with {option}")
    if wanted.port == wanted.flower_port:
        raise CannotStart("--port and --flower-port are the same: change one")


def _redis(wanted: Wanted) -> tuple[RedisServer | None, str]:
    if wanted.redis_url:
        return None, wanted.redis_url
    try:
        server = redis_server(wanted.data_dir)
    except FileNotFoundError as error:
        raise CannotStart(str(error)) from error
    return server, server.url


def _ledger(redis_url: str) -> Ledger:
    try:
        return Ledger(RedisSettings(url=SecretStr(redis_url)))
    except ValueError as error:
        raise CannotStart(f"--redis-url: {error}") from error


async def _check_redis(ledger: Ledger) -> None:
    try:
        await ledger.check()
    except ProblemError as error:
        raise CannotStart(
            "the Redis given by --redis-url or CHANCERY_REDIS_URL does not answer: start it, or "
            "leave the option out to run our own"
        ) from error
    except UnsafeServer as error:
        raise CannotStart(str(error)) from error


def _engine(wanted: Wanted) -> parts.Engine:
    if wanted.engine_url:
        return parts.Engine(wanted.engine_url)
    try:
        return parts.own_engine(wanted.engine_model)
    except FileNotFoundError as error:
        raise CannotStart(
            f"{error}. `make engine` installs it; or give --engine-url for a vLLM that is there"
        ) from error


def _login(wanted: Wanted) -> Login:
    try:
        return flower_login(FlowerSettings(), wanted.data_dir)
    except ValueError as error:
        raise CannotStart(str(error)) from error


def _environment(wanted: Wanted, redis_url: str, engine_url: str, login: Login) -> dict[str, str]:
    """The environment of our own processes: the caller's, and the settings that we decide."""
    settings = {
        "CHANCERY_REDIS_URL": redis_url,
        "CHANCERY_DATA_DIR": str(wanted.data_dir),
        "CHANCERY_API_HOST": parts.HOST,
        "CHANCERY_API_PORT": str(wanted.port),
        "CHANCERY_API_PUBLIC_URL": os.environ.get("CHANCERY_API_PUBLIC_URL") or wanted.api_url,
        "CHANCERY_ENGINE_URL": engine_url,
        "CHANCERY_FLOWER_HOST": parts.HOST,
        "CHANCERY_FLOWER_PORT": str(wanted.flower_port),
        "CHANCERY_FLOWER_LOGIN": login.text,
        "PYTHONUNBUFFERED": "1",
    }
    if wanted.concurrency:
        settings["CHANCERY_CONCURRENCY"] = str(wanted.concurrency)
    if wanted.tasks_dir:
        settings["CHANCERY_TASKS_DIR"] = str(wanted.tasks_dir)
    if wanted.fast_engine_url:
        settings["CHANCERY_FAST_ENGINE_URL"] = wanted.fast_engine_url
    return {**os.environ, **settings}


def _stages(
    wanted: Wanted,
    server: RedisServer | None,
    ledger: Ledger,
    engine: parts.Engine,
    environment: Mapping[str, str],
) -> Sequence[Sequence[ChildSpec]]:
    """Redis, then the engine, then the rest; the worker needs both until it has stopped."""
    return (
        [parts.redis_child(server, ledger)] if server else [],
        [engine.child] if engine.child else [],
        [
            parts.api_child(environment, wanted.api_url),
            *(
                parts.process_child(role, environment, ledger)
                for role in ("worker", "courier", "scheduler")
            ),
            parts.flower_child(environment, wanted.flower_url),
        ],
    )


def _outside(wanted: Wanted, engine: parts.Engine) -> Mapping[str, Check]:
    """What must answer beside the children themselves."""
    outside = {"the api's /readyz": http_answers(f"{wanted.api_url}/readyz")}
    if engine.child is None:
        outside[f"the engine at {engine.url}"] = http_answers(f"{engine.url}/health")
    return outside


async def _declare_dead(ledger: Ledger, process_name: str, say: Say) -> None:
    try:
        taken_back = await ledger.processes.declare_dead(process_name)
    except ProblemError:  # Redis is away too: the jobs' leases will tell the scheduler
        return
    if taken_back:
        say(f"{taken_back} jobs of {process_name} go to another worker")


def _tell_ready(wanted: Wanted, engine: parts.Engine, login: Login, say: Say) -> None:
    where = wanted.data_dir / LOGIN_FILE
    if login.new:
        say(f"Flower's login is {login.text} (made just now)")
    if where.exists():
        say(f"Flower's login is kept in {where}")
    else:
        say("Flower's login is the one in CHANCERY_FLOWER_LOGIN")
    fast = f", fast engine {wanted.fast_engine_url}" if wanted.fast_engine_url else ""
    say(
        f"ready: api {wanted.api_url} (docs at {wanted.api_url}/docs), "
        f"Flower {wanted.flower_url}, engine {engine.url}{fast}"
    )
