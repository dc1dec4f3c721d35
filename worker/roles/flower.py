"""Flower, which shows an operator what Celery does. It never runs without a login."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs.process.settings import FlowerSettings, StoreSettings
from worker.supervise.private import read_private, write_private

LOGIN_FILE = "flower-login"
# A task's uuid is the id of its job or callback, which is also its only argument.
COLUMNS = "name,uuid,state,result,received,runtime,worker"
FORGET_WORKERS_SECONDS = 3600
KEEP_TASKS = 20_000


@dataclass(frozen=True, slots=True)
class Login:
    """`text` is `user:password`; `new` where it was made just now."""

    text: str
    new: bool = False


def flower_login(settings: FlowerSettings, data_dir: Path) -> Login:
    """The login from the settings, or the one kept in the data dir, or a new one, kept there.

    Raises `ValueError` for a login that Flower would misread.
    """
    if settings.login is not None:
        return Login(_checked(settings.login.get_secret_value()))
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / LOGIN_FILE
    kept = read_private(path)
    if kept:
        return Login(_checked(kept))
    made = f"operator:{secrets.token_urlsafe(12)}"
    write_private(path, made + "\n")
    return Login(made, new=True)


def flower_argv(settings: FlowerSettings) -> tuple[str, ...]:
    """The command line, which names no secret."""
    return (
        *(sys.executable, "-P", "-m", "celery", "--quiet", "-A", "worker.celery.app", "flower"),
        f"--address={settings.host}",
        f"--port={settings.port}",
        f"--tasks_columns={COLUMNS}",
        f"--purge_offline_workers={FORGET_WORKERS_SECONDS}",
        f"--max_tasks={KEEP_TASKS}",
        "--logging=warning",
        f"--conf={os.devnull}",  # not whatever flowerconfig.py lies in the working directory
    )


def flower_env(login: str, environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with the login in it, where other users of the machine cannot read it."""
    return {**environment, "FLOWER_BASIC_AUTH": login}


def main() -> None:
    """Replace this process by Flower. A new login is kept in the data dir."""
    settings, data_dir = FlowerSettings(), StoreSettings().data_dir
    login, argv = flower_login(settings, data_dir).text, flower_argv(settings)
    os.execve(argv[0], argv, flower_env(login, os.environ))  # noqa: S606  # no shell meant


def _checked(login: str) -> str:
    user, colon, password = login.partition(":")
    if not (user and colon and password) or "," in login:
        raise ValueError("CHANCERY_FLOWER_LOGIN must be user:password, without a comma")
    return login
