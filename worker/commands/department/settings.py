"""`chancery department set`: quotas, the window of bulk work, secrecy, and callback options."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from jobs.ledger import Ledger
from jobs.ledger.credentials import new_secret
from jobs.model.department import CallbackOptions
from jobs.process.environment import read_or_exit
from jobs.process.settings import StoreSettings
from jobs.sealing.master_keys import MasterKeys
from jobs.sealing.secrets import Secrets
from jobs.windows.window import Window
from tasks.secrecy import Secrecy
from worker.callbacks.signing import key_bytes
from worker.callbacks.tls import tls_context
from worker.commands.department.arguments import (
    QUOTA_FIELDS,
    DisplayNameType,
    HeaderType,
    NameType,
    WindowType,
    no_such,
    quota_options,
)
from worker.commands.department.show import secrecy_text
from worker.commands.messages import detail, message
from worker.commands.system import system_options, with_ledger

QUOTA_OPTIONS = {field.replace("_", "-"): field for field in QUOTA_FIELDS.values()}
CALLBACK_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "ca": {"ca_pem": None},
    "client-cert": {"client_cert_pem": None, "client_key_pem": None},
    "headers": {"headers": {}},
    "sm3": {"sm3_key": None},
}
NO_SECRECY = "none"
DISPLAY_NAME = "display-name"
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "set",
    epilog="\b\nExamples:\n"
    "  chancery department set tax --rate 20/s --max-queued 5000\n"
    '  chancery department set tax --window "20:00-06:00 Asia/Shanghai"',
)
@click.argument("name", type=NameType())
@click.option("--ca-file", type=_file, help="CAs in PEM to trust instead of the machine's.")
@click.option("--client-cert", type=_file, help="A client certificate in PEM, with its chain.")
@click.option("--client-key", type=_file, help="Its key in PEM, without a passphrase.")
@click.option(
    "--header",
    "headers",
    type=HeaderType(),
    multiple=True,
    help="A header of every callback. NAME=@FILE keeps a secret off the command line.",
)
@click.option(
    "--sm3-key",
    metavar="FILE|new",
    help="Also sign with HMAC-SM3, with the key (base64) in FILE, or with a new one.",
)
@click.option("--display-name", type=DisplayNameType(), help="Its name for people, such as 税务局.")
@quota_options
@click.option(
    "--unset",
    type=click.Choice((*CALLBACK_OPTIONS, *QUOTA_OPTIONS, DISPLAY_NAME)),
    multiple=True,
    help="Remove a setting or a quota; repeatable.",
)
@click.option("--window", type=WindowType(), help="When bulk work runs: docs/windows.md.")
@click.option("--no-window", is_flag=True, help="Run bulk work in the platform's window.")
@click.option(
    "--allow-secrecy",
    type=click.Choice((NO_SECRECY, *(level.value for level in Secrecy))),
    help="The highest marking that the department's documents may have.",
)
@system_options
def set_(
    *,
    name: str,
    ca_file: Path | None,
    client_cert: Path | None,
    client_key: Path | None,
    headers: tuple[tuple[str, str], ...],
    sm3_key: str | None,
    display_name: str | None,
    unset: tuple[str, ...],
    window: Window | None,
    no_window: bool,
    allow_secrecy: str | None,
    data_dir: Path,
    redis_url: str | None,
    **quotas: Any,
) -> None:
    """Change settings of the department NAME: quotas, when its bulk work runs, which secrecy
    markings its documents may have, how its callbacks are sent.

    Settings that are not named do not change.
    """
    if window and no_window:
        raise click.UsageError(message("--window and --no-window exclude each other."))
    changes = Changes(
        callback=_callback_changes(ca_file, client_cert, client_key, sm3_key),
        headers=dict(headers),
        unset=unset,
        quota={field: value for field, value in quotas.items() if value is not None},
        window=window,
        sets_window=bool(window or no_window),
        secrecy=None if allow_secrecy in (None, NO_SECRECY) else Secrecy(allow_secrecy),
        sets_secrecy=allow_secrecy is not None,
        display_name=display_name,
    )
    if not changes.any:
        raise click.UsageError(message("Name a setting to change, or one to --unset."))

    async def apply(ledger: Ledger) -> bool:
        return await changes.apply(ledger, name)

    if not with_ledger(data_dir, redis_url, apply):
        raise no_such(name)
    for line in changes.report(name):
        click.echo(line)
    if sm3_key == "new":
        click.echo(f"sm3_key  {changes.callback['sm3_key']}")


@dataclass(frozen=True, slots=True)
class Changes:
    """`callback`: fields of `CallbackOptions`; `quota`: fields of `Quota`; `unset`: option names.
    A `window` of None is the platform's; a `secrecy` of None allows no marked document.
    """

    callback: Mapping[str, Any]
    headers: Mapping[str, str]
    unset: tuple[str, ...]
    quota: Mapping[str, Any]
    window: Window | None
    sets_window: bool
    secrecy: Secrecy | None
    sets_secrecy: bool
    display_name: str | None

    @property
    def any(self) -> bool:
        return bool(self.sets_options or self.sets_window or self.sets_secrecy or self.display_name)

    @property
    def sets_options(self) -> bool:
        return bool(self.callback or self.headers or self.unset or self.quota)

    async def apply(self, ledger: Ledger, name: str) -> bool:
        """False if the department does not exist."""
        departments = ledger.departments
        secrets = Secrets(MasterKeys.from_settings(read_or_exit(StoreSettings)))
        options = secrets.opened_options(name, await departments.callback_options(name))
        for option in self.unset:
            options = replace(options, **CALLBACK_OPTIONS.get(option, {}))
        options = replace(options, headers={**options.headers, **self.headers}, **self.callback)
        _check(options)
        exists = await departments.set_callback_options(name, options)
        if exists and (self.quota or self.unset):
            exists = await self._set_quota(ledger, name)
        if exists and self.sets_window:
            exists = await departments.set_window(name, self.window)
        if exists and self.sets_secrecy:
            exists = await departments.set_secrecy(name, self.secrecy)
        if exists and (self.display_name or DISPLAY_NAME in self.unset):
            exists = await departments.set_display_name(name, self.display_name)
        return exists

    async def _set_quota(self, ledger: Ledger, name: str) -> bool:
        department = await ledger.departments.get(name)
        if department is None:
            return False
        lifted = {QUOTA_OPTIONS[option]: None for option in self.unset if option in QUOTA_OPTIONS}
        if not (self.quota or lifted):
            return True
        quota = replace(department.quota, **{**lifted, **self.quota})
        return await ledger.departments.set_quota(name, quota)

    def report(self, name: str) -> Iterator[str]:
        if self.sets_options:
            yield message(
                "{name} is set: from the next submission and the next callback on",
                name=name,
            )
        if self.sets_window:
            yield f"{name}: {_window_text(self.window)}"
        if self.sets_secrecy:
            yield (
                message(
                    "{name}: secrecy markings allowed: {secrecy_text}; from the next submission on",
                    name=name,
                    secrecy_text=secrecy_text(self.secrecy),
                )
            )
        if self.display_name:
            yield message(
                "{name}: its name for people is {display_name}",
                name=name,
                display_name=self.display_name,
            )


def _callback_changes(
    ca_file: Path | None, client_cert: Path | None, client_key: Path | None, sm3_key: str | None
) -> dict[str, Any]:
    """The fields of `CallbackOptions` to change."""
    if bool(client_cert) != bool(client_key):
        raise click.UsageError(message("--client-cert and --client-key must be used together."))
    changes: dict[str, Any] = {}
    if ca_file:
        changes["ca_pem"] = _text(ca_file)
    if client_cert and client_key:
        changes |= {"client_cert_pem": _text(client_cert), "client_key_pem": _text(client_key)}
    if sm3_key:
        changes["sm3_key"] = new_secret() if sm3_key == "new" else _text(Path(sm3_key)).strip()
    return changes


def _check(options: CallbackOptions) -> None:
    """Raises `click.ClickException` for options that the courier cannot use."""
    try:
        tls_context(options)
    except ValueError as error:
        raise click.ClickException(detail(str(error))) from error
    if options.sm3_key is None:
        return
    if "sm3" not in hashlib.algorithms_available:
        raise click.ClickException(message("this machine's OpenSSL does not support SM3"))
    try:
        key_bytes(options.sm3_key)
    except ValueError as error:
        raise click.ClickException(
            message("the SM3 key is not base64: {error}", error=error)
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(
            message("{path} cannot be read as text: {error}", path=path, error=error)
        ) from error


def _window_text(window: Window | None) -> str:
    if window is None:
        return message("bulk work runs in the platform's window")
    state = _state(window, datetime.now(UTC))
    return message("bulk work runs {window}; {state}", window=window, state=state)


def _state(window: Window, now: datetime) -> str:
    """`now open, until 2026-03-02 06:00+08:00`, in the window's own time zone."""
    is_open, change = window.is_open(now), window.next_change(now)
    if change is None:
        return message("always open from now on") if is_open else message("never open from now on")
    at = window.local(change).isoformat(sep=" ", timespec="minutes")
    return (
        message("now open, until {at}", at=at)
        if is_open
        else message("now closed, until {at}", at=at)
    )
