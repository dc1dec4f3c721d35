"""Where the api is and who asks: `--api-url` and `--api-key`, before the command or after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, TypeVar

import click

from client.async_client import AsyncChancery
from client.client import Chancery

Command = TypeVar("Command", bound=Callable[..., Any])

API_URL = "http://127.0.0.1:8080"
ASKING_SECONDS = 10.0
SENDING_SECONDS = 60.0
WATCHING_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Connection:
    """Opens clients. A client raises click's `UsageError` for an address or key that is wrong."""

    api_url: str
    api_key: str | None

    def open(self) -> Chancery:
        """For a person who waits for an answer: given up after 10 s."""
        return self._open(ASKING_SECONDS)

    def open_to_send(self) -> Chancery:
        """For sending and fetching: outlasts a restart of the api."""
        return self._open(SENDING_SECONDS)

    def open_to_watch(self) -> Chancery:
        """For hours of looking on: outlasts an update of the machine that the api is on."""
        return self._open(WATCHING_SECONDS)

    def open_async(self) -> AsyncChancery:
        """For sending: outlasts a restart of the api."""
        try:
            return AsyncChancery(self.api_url, self._key(), timeout=SENDING_SECONDS)
        except ValueError as error:
            raise click.UsageError(str(error)) from error

    def _open(self, seconds: float) -> Chancery:
        try:
            return Chancery(self.api_url, self._key(), timeout=seconds)
        except ValueError as error:
            raise click.UsageError(str(error)) from error

    def _key(self) -> str:
        if self.api_key:
            return self.api_key
        raise click.UsageError(
            "No API key: set CHANCERY_API_KEY or give --api-key. "
            "`chancery department create NAME` makes one."
        )


def connection_options(*, environment: bool = False) -> Callable[[Command], Command]:
    """The two options. Only the group reads the `environment`: what is typed wins."""

    def decorate(command: Command) -> Command:
        url = _option(
            "--api-url", "URL", f"The api's address, else CHANCERY_API_URL, else {API_URL}."
        )
        key = _option("--api-key", "KEY", "The department's API key, else CHANCERY_API_KEY.")
        return url(key(command))

    def _option(name: str, metavar: str, told: str) -> Callable[[Command], Command]:
        variable = "CHANCERY_" + name.strip("-").replace("-", "_").upper()
        return click.option(
            name,
            metavar=metavar,
            envvar=variable if environment else None,
            expose_value=False,
            callback=_keep,
            help=told,
        )

    return decorate


def pass_connection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hands the command a `Connection` as its first argument."""

    @click.pass_context
    def with_connection(context: click.Context, *args: Any, **options: Any) -> Any:
        connection = Connection(
            context.meta.get(f"{__name__}.api_url", API_URL),
            context.meta.get(f"{__name__}.api_key"),
        )
        return context.invoke(command, connection, *args, **options)

    return update_wrapper(with_connection, command)


def _keep(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.meta[f"{__name__}.{parameter.name}"] = value
