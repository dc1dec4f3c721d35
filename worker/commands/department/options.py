"""`chancery department set`: quotas, when bulk work runs, and what receivers ask for."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from jobs.ledger import Ledger
from jobs.ledger.credentials import new_secret
from jobs.model.department import CallbackOptions
from jobs.windows.window import Window
from worker.callbacks.signing import key_bytes
from worker.callbacks.tls import tls_context
from worker.commands.department.arguments import NameType, no_such, with_ledger
from worker.commands.department.quota import LIFTABLE, change_quota, given_quotas, quota_options
from worker.commands.department.secrecy import secrecy_change, secrecy_option
from worker.commands.department.window import WindowType, change_of
from worker.commands.system import system_options

_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,4000}[\x21-\x7e])?")
# What the courier or the protocol says itself.
_OURS = re.compile(
    r"(webhook|chancery|content|proxy|sec)-.*|host|user-agent|connection|keep-alive|te|trailer|"
    r"transfer-encoding|upgrade|expect|date|accept-encoding"
)
UNSET = ("ca", "client-cert", "headers", "sm3", *LIFTABLE)
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class HeaderType(click.ParamType[tuple[str, str]]):
    name = "NAME=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        name = name.strip().lower()
        if text.startswith("@"):
            text = self._read(Path(text[1:]), param, ctx)
        if not equals or not _HEADER_NAME.fullmatch(name):
            self.fail(f"{value!r} is no header: write NAME=VALUE or NAME=@FILE.", param, ctx)
        if _OURS.fullmatch(name):
            self.fail(f"{name} is set by Chancery or by HTTP itself.", param, ctx)
        if not _HEADER_VALUE.fullmatch(text):
            self.fail(f"the value of {name} may have printable ASCII characters only.", param, ctx)
        return name, text

    def _read(self, path: Path, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.fail(f"{path} cannot be read: {error}", param, ctx)


@click.command("set")
@click.argument("name", type=NameType())
@click.option("--ca-file", type=_file, help="CAs in PEM, trusted instead of the machine's.")
@click.option("--client-cert", type=_file, help="A client certificate in PEM, with its chain.")
@click.option("--client-key", type=_file, help="Its key in PEM, without a passphrase.")
@click.option(
    "--header",
    "headers",
    type=HeaderType(),
    multiple=True,
    help="Sent with every callback; NAME=@FILE keeps a secret off the command line.",
)
@click.option(
    "--sm3-key",
    metavar="FILE|new",
    help="Sign by HMAC-SM3 too, with the key (base64) in FILE, or with one that is printed.",
)
@quota_options
@click.option("--unset", type=click.Choice(UNSET), multiple=True, help="Take away again.")
@click.option("--window", type=WindowType(), help="When its bulk work runs: docs/windows.md.")
@click.option("--no-window", is_flag=True, help="Its bulk work runs when the platform's does.")
@secrecy_option
@system_options
def set_(
    *,
    name: str,
    ca_file: Path | None,
    client_cert: Path | None,
    client_key: Path | None,
    headers: tuple[tuple[str, str], ...],
    sm3_key: str | None,
    unset: tuple[str, ...],
    window: Window | None,
    no_window: bool,
    allow_secrecy: str | None,
    data_dir: Path,
    redis_url: str | None,
    **arguments: Any,
) -> None:
    """Set quotas of the department NAME, when its bulk work runs, which secrecy markings its
    documents may bear, how its callbacks are sent.

    What is not named stays as it is; --unset of a quota lifts it.
    """
    given = _given(ca_file, client_cert, client_key, sm3_key)
    quota = given_quotas(arguments)
    changes = [
        one
        for one in (change_of(window, no_window=no_window), secrecy_change(allow_secrecy))
        if one is not None
    ]
    if not (given or headers or unset or quota or changes):
        raise click.UsageError("Say what to set, or what to --unset.")

    async def change(ledger: Ledger) -> bool:
        before = _without(await ledger.departments.callback_options(name), unset)
        after = replace(before, headers={**before.headers, **dict(headers)}, **given)
        _check(after)
        if not await ledger.departments.set_callback_options(name, after):
            return False
        if not await change_quota(ledger, name, quota, unset):
            return False
        return all([await one.make(ledger, name) for one in changes])

    if not with_ledger(data_dir, redis_url, change):
        raise no_such(name)
    if given or headers or unset or quota:
        click.echo(f"{name} is set: from the next submission and the next callback on")
    for one in changes:
        click.echo(f"{name}: {one}")
    if sm3_key == "new":
        click.echo(f"sm3_key  {given['sm3_key']}")


def _given(
    ca_file: Path | None, client_cert: Path | None, client_key: Path | None, sm3_key: str | None
) -> dict[str, Any]:
    """The fields of `CallbackOptions` that are to be set."""
    if bool(client_cert) != bool(client_key):
        raise click.UsageError("--client-cert and --client-key go together.")
    given: dict[str, Any] = {}
    if ca_file:
        given["ca_pem"] = _text(ca_file)
    if client_cert and client_key:
        given |= {"client_cert_pem": _text(client_cert), "client_key_pem": _text(client_key)}
    if sm3_key:
        given["sm3_key"] = new_secret() if sm3_key == "new" else _text(Path(sm3_key)).strip()
    return given


def _without(options: CallbackOptions, unset: tuple[str, ...]) -> CallbackOptions:
    if "ca" in unset:
        options = replace(options, ca_pem=None)
    if "client-cert" in unset:
        options = replace(options, client_cert_pem=None, client_key_pem=None)
    if "headers" in unset:
        options = replace(options, headers={})
    if "sm3" in unset:
        options = replace(options, sm3_key=None)
    return options


def _check(options: CallbackOptions) -> None:
    """Raises `click.ClickException` for what a courier could not use."""
    try:
        tls_context(options)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if options.sm3_key is None:
        return
    if "sm3" not in hashlib.algorithms_available:
        raise click.ClickException("this machine's OpenSSL has no SM3")
    try:
        key_bytes(options.sm3_key)
    except ValueError as error:
        raise click.ClickException(f"the SM3 key is not base64: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read as text: {error}") from error
