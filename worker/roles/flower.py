"""Starts Flower, which shows operators what Celery does. It always requires a login."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from jobs.process.collector import collecting_later
from jobs.process.environment import read_or_exit
from jobs.process.private_files import read_private, write_private
from jobs.process.settings import ApiSettings, FlowerSettings, RedisSettings, StoreSettings

LOGIN_FILE = "flower-login"
# Without the arguments: a task's only argument is its job or callback id, which is also its UUID.
COLUMNS = "name,uuid,state,result,received,runtime,worker"
PURGE_WORKERS_SECONDS = 3600
MAX_TASKS = 20_000


@dataclass(frozen=True, slots=True)
class Login:
    """`text` is `user:password`; `new` if it was just generated."""

    text: str
    new: bool = False


def flower_login(settings: FlowerSettings, data_dir: Path) -> Login:
    """The login from the settings, otherwise from the data dir, otherwise a new one, saved there.

    Raises `ValueError` for a login that Flower cannot parse.
    """
    if settings.login is not None:
        return Login(_checked(settings.login.get_secret_value()))
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / LOGIN_FILE
    if saved := read_private(path):
        return Login(_checked(saved))
    generated = f"operator:{secrets.token_urlsafe(12)}"
    write_private(path, generated + "\n")
    return Login(generated, new=True)


def flower_argv(settings: FlowerSettings, *, behind_proxy: bool) -> tuple[str, ...]:
    """Flower's arguments; they contain no secret.

    Only behind a trusted proxy `X-Forwarded-For` is the address in the log of refused logins.
    """
    return (
        f"--address={settings.host}",
        f"--port={settings.port}",
        f"--tasks_columns={COLUMNS}",
        f"--purge_offline_workers={PURGE_WORKERS_SECONDS}",
        f"--max_tasks={MAX_TASKS}",
        "--enable_events=False",  # the scheduler sends them
        "--logging=warning",
        *([f"--url_prefix={settings.url_prefix.strip('/')}"] if settings.url_prefix else []),
        *(["--xheaders=True"] if behind_proxy else []),
        f"--conf={os.devnull}",  # ignore a flowerconfig.py in the working directory
    )


def main() -> None:
    """Run Flower in this process: a second interpreter would import everything again."""
    settings, data_dir = read_or_exit(FlowerSettings), read_or_exit(StoreSettings).data_dir
    read_or_exit(RedisSettings)  # Flower itself reads them later, and would not say what is wrong
    try:
        login = flower_login(settings, data_dir).text
    except ValueError as error:
        sys.exit(str(error))
    proxies = read_or_exit(ApiSettings).trusted_proxies
    # Other users can read a command line, but not the environment.
    os.environ["FLOWER_BASIC_AUTH"] = login
    # Here because `chancery up` imports this module for the login alone.
    with collecting_later():
        from flower.command import flower  # type: ignore[import-untyped] # noqa: PLC0415

        from worker.celery.app import app  # noqa: PLC0415
        from worker.celery.command_line import run_command  # noqa: PLC0415
        from worker.celery.flower_queues import list_all_queues  # noqa: PLC0415
    list_all_queues()
    run_command(flower, app, flower_argv(settings, behind_proxy=bool(proxies)))


def _checked(login: str) -> str:
    user, colon, password = login.partition(":")
    if not (user and colon and password) or "," in login:
        raise ValueError("CHANCERY_FLOWER_LOGIN must be user:password, without a comma")
    return login
