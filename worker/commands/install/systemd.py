"""`chancery install systemd`: units that run the system on this machine."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from urllib.parse import urlsplit

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from jobs.process.environment import wrong_settings
from jobs.process.settings import WorkerSettings
from worker.commands.messages import detail, message
from worker.supervise.own_engine import CUDA_HOME, engine_home
from worker.supervise.systemd_units import (
    SETTINGS_FILE,
    TARGET,
    Installation,
    settings_text,
    units,
)

FOLDER = click.Path(file_okay=False, path_type=Path, resolve_path=True)


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery install systemd --user chancery --engine-url http://gpu1.intranet:8000\n"
    "  chancery install systemd --model /models/DeepSeek-R1-Distill-Qwen-7B",
)
@click.option(
    "--user", default="chancery", show_default=True, help="The user that the processes run as."
)
@click.option(
    "--dir",
    "unit_dir",
    type=FOLDER,
    default=Path("/etc/systemd/system"),
    show_default=True,
    help="The folder for the units.",
)
@click.option(
    "--config-dir",
    type=FOLDER,
    default=Path("/etc/chancery"),
    show_default=True,
    help="The folder for the settings.",
)
@click.option(
    "--data-dir",
    type=FOLDER,
    default=Path("/var/lib/chancery"),
    show_default=True,
    help="The folder for documents, results and the data of Redis.",
)
@click.option(
    "--redis-url",
    help="A Redis that already runs, without a password. Default: a unit that runs one.",
)
@click.option(
    "--redis-port",
    type=click.IntRange(1, 65_535),
    default=6379,
    show_default=True,
    help="The port of the Redis that is run.",
)
@click.option(
    "--engine-url",
    envvar="CHANCERY_ENGINE_URL",
    help="A vLLM that already runs.",
)
@click.option(
    "--model",
    type=FOLDER,
    help="The folder of a model: a unit runs vLLM with it on this machine's NVIDIA cards.",
)
def systemd(
    *,
    user: str,
    unit_dir: Path,
    config_dir: Path,
    data_dir: Path,
    redis_url: str | None,
    redis_port: int,
    engine_url: str | None,
    model: Path | None,
) -> None:
    """Write systemd units for this installation, one for each role.

    Writes the settings too, unless there are some. Starts nothing.
    """
    if (model is None) == (engine_url is None):
        raise click.UsageError(message("give either --model or --engine-url"))
    if redis_url and urlsplit(redis_url).password:
        raise click.UsageError(
            message("put the password into a file that CHANCERY_REDIS_PASSWORD_FILE names")
        )
    _check_user(user)
    installation = Installation(
        user=user,
        data_dir=data_dir,
        config_dir=config_dir,
        redis_port=None if redis_url else redis_port,
        model=model,
        engine_home=engine_home(CUDA_HOME).resolve(),
        grace_seconds=_grace_seconds(),
    )
    settings = settings_text(installation, redis_url, engine_url)
    try:
        _write(installation, unit_dir, settings)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        message(
            "Next:\n  systemctl daemon-reload\n  systemctl enable --now {target}", target=TARGET
        )
    )


def _check_user(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise click.ClickException(
            message(
                "there is no user {user}: useradd --system --shell /usr/sbin/nologin {user}",
                user=user,
            )
        ) from None


def _grace_seconds() -> float:
    try:
        return WorkerSettings().grace_seconds
    except (ValidationError, SettingsError) as error:
        raise click.ClickException("\n".join(map(detail, wrong_settings(error)))) from error


def _write(installation: Installation, unit_dir: Path, settings: str) -> None:
    texts = units(installation)
    vllm = installation.engine_home / "venv" / "bin" / "vllm"
    if installation.model and not vllm.exists():
        raise FileNotFoundError(
            message("{vllm} is missing: run make engine-here on this machine", vllm=vllm)
        )
    for folder in (unit_dir, installation.config_dir):
        folder.mkdir(parents=True, exist_ok=True)
    _make_data_dir(installation)
    file = installation.config_dir / SETTINGS_FILE
    if file.exists():
        click.echo(message("kept {file}", file=file))
    else:
        file.write_text(settings)
        click.echo(message("wrote {file}", file=file))
    for name, text in texts.items():
        (unit_dir / name).write_text(text)
        click.echo(message("wrote {file}", file=unit_dir / name))


def _make_data_dir(installation: Installation) -> None:
    if not installation.data_dir.exists():
        installation.data_dir.mkdir(mode=0o700, parents=True)
        owner = pwd.getpwnam(installation.user)
        os.chown(installation.data_dir, owner.pw_uid, owner.pw_gid)
