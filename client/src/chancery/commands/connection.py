"""`--api-url`, `--api-key` and `--lang`, accepted before the command or after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, TypeVar

import click

from chancery.async_client import AsyncChancery
from chancery.client import Chancery
from chancery.commands.localized import language_option
from chancery.messages import language, message

Command = TypeVar("Command", bound=Callable[..., Any])
Client = TypeVar("Client", Chancery, AsyncChancery)

API_URL = "http://127.0.0.1:8080"
QUERY_TIMEOUT_SECONDS = 10.0
TRANSFER_TIMEOUT_SECONDS = 60.0
WATCH_TIMEOUT_SECONDS = 600.0
# The exit status of a command stopped by SIGINT: 128 + 2.
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Connection:
    """Opens clients. They raise click's `UsageError` for an invalid address or key."""

    api_url: str
    api_key: str | None
    language: str | None = None

    def open(self) -> Chancery:
        """For a query by a person: fails after 10 s."""
        return self._open(Chancery, QUERY_TIMEOUT_SECONDS)

    def open_to_send(self) -> Chancery:
        """For uploads and downloads: a restart of the api does not interrupt them."""
        return self._open(Chancery, TRANSFER_TIMEOUT_SECONDS)

    def open_to_watch(self) -> Chancery:
        """For watching a batch for hours: an update of the server does not interrupt it."""
        return self._open(Chancery, WATCH_TIMEOUT_SECONDS)

    def open_async(self) -> AsyncChancery:
        """For uploads: a restart of the api does not interrupt them."""
        return self._open(AsyncChancery, TRANSFER_TIMEOUT_SECONDS)

    def _open(self, client: type[Client], timeout: float) -> Client:
        if not self.api_key:
            raise click.UsageError(
                message(
                    "No API key. Set CHANCERY_API_KEY or give --api-key. `chancery "
                    "department create NAME` creates a key.",
                )
            )
        try:
            return client(self.api_url, self.api_key, timeout=timeout, language=self.language)
        except ValueError as error:
            raise click.UsageError(str(error)) from error


def connection_options(*, environment: bool = False) -> Callable[[Command], Command]:
    """Add the options. Only the outer group reads the `environment`, so that an option before
    the command is not overridden by it.
    """

    def decorate(command: Command) -> Command:
        url = _option("--api-url", "URL", f"The api's address.  [CHANCERY_API_URL, or {API_URL}]")
        key = _option("--api-key", "KEY", "The department's API key.  [CHANCERY_API_KEY]")
        return url(key(language_option(command)))

    def _option(name: str, metavar: str, description: str) -> Callable[[Command], Command]:
        variable = "CHANCERY_" + name.strip("-").replace("-", "_").upper()
        return click.option(
            name,
            metavar=metavar,
            envvar=variable if environment else None,
            expose_value=False,
            callback=_store,
            help=description,
        )

    return decorate


def pass_connection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Pass a `Connection` to the command as its first argument."""

    @click.pass_context
    def with_connection(context: click.Context, *args: Any, **options: Any) -> Any:
        connection = Connection(
            context.meta.get(f"{__name__}.api_url", API_URL),
            context.meta.get(f"{__name__}.api_key"),
            language(),
        )
        return context.invoke(command, connection, *args, **options)

    return update_wrapper(with_connection, command)


def _store(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.meta[f"{__name__}.{parameter.name}"] = value
