"""Arguments and options of the commands of `chancery department`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import IO, Any, TypeVar

import click
from pydantic import ValidationError

from jobs.model.formats.callback_headers import is_header_name, is_header_value, is_reserved_header
from jobs.model.quotas import QuotaName
from jobs.process.settings import BulkSettings, Network
from jobs.submit.targets import AllowEntry
from jobs.windows.window import Window, WindowError
from worker.commands.messages import detail, message

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
DURATION = re.compile(r"(\d{1,5})([mhd])|0")
COUNT = re.compile(r"[1-9]\d{0,15}")
MAX_COUNT = 10**15
MAX_DISPLAY_NAME_CHARS = 50
MIN_RATE, MAX_RATE = 0.001, 1e6
NO_LIMIT = "none"
RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/s)?")
QUOTA_FIELDS: Mapping[QuotaName, str] = {
    QuotaName.rate: "rate",
    QuotaName.in_flight: "max_in_flight",
    QuotaName.queued: "max_queued",
    QuotaName.tokens_per_day: "tokens_per_day",
    QuotaName.open_batches: "max_open_batches",
    QuotaName.record_bytes: "max_record_bytes",
    QuotaName.stored_bytes: "max_stored_bytes",
}
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

Command = TypeVar("Command", bound=Callable[..., Any])


def no_such(name: str) -> click.ClickException:
    return click.ClickException(
        message("there is no department {name}: see `chancery department list`", name=name)
    )


class NameType(click.ParamType[str]):
    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not NAME.fullmatch(value):
            self.fail(
                message(
                    "{value!r} is not a department's name: use up to 63 of a-z, 0-9 and -, "
                    "and start with a letter or digit.",
                    value=value,
                ),
                param,
                ctx,
            )
        return str(value)


class DisplayNameType(click.ParamType[str]):
    name = "TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        if not 0 < len(text) <= MAX_DISPLAY_NAME_CHARS or not text.isprintable():
            self.fail(
                message(
                    "{value!r} is not a name for people: write 1 to {most} printable characters.",
                    value=value,
                    most=MAX_DISPLAY_NAME_CHARS,
                ),
                param,
                ctx,
            )
        return text


class AllowType(click.ParamType[str]):
    name = "HOST_OR_CIDR[:PORT]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            AllowEntry.parse(value)
        except ValueError as error:
            self.fail(
                message(
                    "{error}. Write HOST, ADDRESS or CIDR, optionally with :PORT.",
                    error=detail(str(error)),
                ),
                param,
                ctx,
            )
        return str(value).strip().lower()


class DurationType(click.ParamType[timedelta]):
    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        match = DURATION.fullmatch(str(value))
        if not match:
            self.fail(
                message("{value!r} is not a duration: write 30m, 24h, 7d or 0.", value=value),
                param,
                ctx,
            )
        return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match[2] else timedelta()


class RateType(click.ParamType[float]):
    name = "N/s"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if value == NO_LIMIT:
            return 0
        match = RATE.fullmatch(str(value))
        if not match or not MIN_RATE <= float(match[1]) <= MAX_RATE:
            self.fail(
                message(
                    "{value!r} is not a rate: write a number from {least:g} to "
                    "{most:g}, such as 20/s, or `{none}`.",
                    value=value,
                    least=MIN_RATE,
                    most=MAX_RATE,
                    none=NO_LIMIT,
                ),
                param,
                ctx,
            )
        return float(match[1])


class CountType(click.ParamType[int]):
    name = "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if value == NO_LIMIT:
            return 0
        if not COUNT.fullmatch(str(value)) or int(value) > MAX_COUNT:
            self.fail(
                message(
                    "{value!r} is not a count: write a number from 1 to {most}, or `{none}`.",
                    value=value,
                    most=MAX_COUNT,
                    none=NO_LIMIT,
                ),
                param,
                ctx,
            )
        return int(value)


class HeaderType(click.ParamType[tuple[str, str]]):
    name = "NAME=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        name = name.strip().lower()
        if text.startswith("@"):
            text = self._read(Path(text[1:]), param, ctx)
        if not equals or not is_header_name(name):
            self.fail(
                message("{value!r} is not a header: write NAME=VALUE or NAME=@FILE.", value=value),
                param,
                ctx,
            )
        if is_reserved_header(name):
            self.fail(
                message("{name} is set by Chancery or by HTTP itself.", name=name), param, ctx
            )
        if not is_header_value(text):
            self.fail(
                message("the value of {name} may have printable ASCII characters only.", name=name),
                param,
                ctx,
            )
        return name, text

    def _read(self, path: Path, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.fail(message("{path} cannot be read: {error}", path=path, error=error), param, ctx)


class WindowType(click.ParamType[Window]):
    """A window. Its zone is required unless `CHANCERY_BULK_ZONE` is set where the command runs: the
    settings of the system's processes are not known here.
    """

    name = "WINDOW"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Window:
        try:
            settings = BulkSettings()
            zone = settings.zone if "zone" in settings.model_fields_set else None
            return settings.checked(str(value), zone)
        except ValidationError as error:
            self.fail("; ".join(detail(problem["msg"]) for problem in error.errors()), param, ctx)
        except WindowError as error:
            self.fail(detail(str(error)), param, ctx)


class NetworkType(click.ParamType[Network]):
    name = "CIDR"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Network:
        try:
            return ip_network(str(value).strip(), strict=False)
        except ValueError:
            self.fail(
                message("{value!r} is not an address or a CIDR block.", value=value), param, ctx
            )


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_QUOTA_OPTIONS = (
    click.option("--rate", type=RateType(), help="Submissions per second."),
    click.option("--max-in-flight", type=CountType(), help="Jobs that are accepted and not ended."),
    click.option(
        "--max-queued", type=CountType(), help="Jobs and batch lines that have not started."
    ),
    click.option("--tokens-per-day", type=CountType(), help="Tokens per day (UTC)."),
    click.option("--max-open-batches", type=CountType(), help="Batches that have not ended."),
    click.option(
        "--max-record-bytes", type=CountType(), help="Bytes of jobs and results in Redis."
    ),
    click.option("--max-stored-bytes", type=CountType(), help="Bytes of documents and files."),
)


def quota_options(command: Command) -> Command:
    """Add an option for each field of a quota; None if it is omitted."""
    for option in reversed(_QUOTA_OPTIONS):
        command = option(command)
    return command


@contextmanager
def new_private_file(path: Path) -> Iterator[IO[str]]:
    """A new file that only its owner can read. It is removed if the block fails."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise click.ClickException(
            message("{path} cannot be created: {error.strerror}", path=path, error=error)
        ) from error
    try:
        with os.fdopen(descriptor, "w") as file:
            yield file
    except BaseException:
        path.unlink()
        raise
