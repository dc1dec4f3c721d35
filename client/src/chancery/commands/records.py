"""Jobs, callbacks and batches for the commands that list and change them: those of the department
whose key is given, or for operators, without a key, those of any department.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import update_wrapper
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click
from click.core import ParameterSource

from chancery.client import Chancery
from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.errors import ChanceryError
from chancery.messages import message
from chancery.models import Batch, Callback, Job, MonthUse
from chancery.server_commands import load_operators

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change did to one record: its new `status`, or the `error` why there was none."""

    id: str
    status: str = ""
    error: str = ""


class Records(Protocol):
    """The newest records first. `all_departments`: whether they are of several departments."""

    all_departments: bool

    def jobs(self, *, status: str | None, task: str | None, limit: int) -> list[Job]: ...

    def callbacks(
        self, *, status: str | None, job_id: str | None, limit: int
    ) -> list[Callback]: ...

    def batches(self, *, limit: int) -> list[Batch]: ...

    def usage(self, first: date | None, last: date | None) -> list[MonthUse]: ...

    def usage_csv(self, first: date | None, last: date | None) -> str: ...

    def cancel(self, job_ids: Sequence[str]) -> Iterator[Outcome]: ...

    def cancel_batches(self, batch_ids: Sequence[str]) -> Iterator[Outcome]: ...

    def redeliver(self, callback_ids: Sequence[str]) -> Iterator[Outcome]: ...

    def redeliver_dead(self, since: datetime, until: datetime) -> int:
        """The number of callbacks that are delivered again."""
        ...


class DepartmentRecords:
    """The records of the department whose key the client has."""

    all_departments = False

    def __init__(self, chancery: Chancery) -> None:
        self._chancery = chancery

    def jobs(self, *, status: str | None, task: str | None, limit: int) -> list[Job]:
        return list(islice(self._chancery.jobs(status=status, task=task), limit))

    def callbacks(self, *, status: str | None, job_id: str | None, limit: int) -> list[Callback]:
        return list(islice(self._chancery.callbacks(status=status, job_id=job_id), limit))

    def batches(self, *, limit: int) -> list[Batch]:
        return list(islice(self._chancery.batches(), limit))

    def usage(self, first: date | None, last: date | None) -> list[MonthUse]:
        return list(self._chancery.usage(first, last).months)

    def usage_csv(self, first: date | None, last: date | None) -> str:
        return self._chancery.usage_csv(first, last)

    def cancel(self, job_ids: Sequence[str]) -> Iterator[Outcome]:
        return _each(job_ids, self._chancery.cancel)

    def cancel_batches(self, batch_ids: Sequence[str]) -> Iterator[Outcome]:
        return _each(batch_ids, self._chancery.cancel_batch)

    def redeliver(self, callback_ids: Sequence[str]) -> Iterator[Outcome]:
        return _each(callback_ids, self._chancery.redeliver)

    def redeliver_dead(self, since: datetime, until: datetime) -> int:
        """The count of the first call is the limit: a callback that dies again is not repeated."""
        batch = self._chancery.redeliver_dead(since, until)
        sent, total = batch.redelivered, batch.redelivered + batch.remaining
        while batch.redelivered and batch.remaining and sent < total:
            batch = self._chancery.redeliver_dead(since, until)
            sent += batch.redelivered
        return sent


class OperatorRecords:
    """The records of one department or of all, read from the system's ledger."""

    def __init__(self, operators: Any, *, all_departments: bool) -> None:
        self._operators = operators
        self.all_departments = all_departments

    def jobs(self, *, status: str | None, task: str | None, limit: int) -> list[Job]:
        found = self._operators.jobs(status=status, task=task, limit=limit)
        return [Job.model_validate(each) for each in found]

    def callbacks(self, *, status: str | None, job_id: str | None, limit: int) -> list[Callback]:
        found = self._operators.callbacks(status=status, job_id=job_id, limit=limit)
        return [Callback.model_validate(each) for each in found]

    def batches(self, *, limit: int) -> list[Batch]:
        return [Batch.model_validate(each) for each in self._operators.batches(limit=limit)]

    def usage(self, first: date | None, last: date | None) -> list[MonthUse]:
        return [MonthUse.model_validate(each) for each in self._operators.usage(first, last)]

    def usage_csv(self, first: date | None, last: date | None) -> str:
        return str(self._operators.usage_csv(first, last))

    def cancel(self, job_ids: Sequence[str]) -> Iterator[Outcome]:
        return (Outcome(**each) for each in self._operators.cancel(job_ids))

    def cancel_batches(self, batch_ids: Sequence[str]) -> Iterator[Outcome]:
        return (Outcome(**each) for each in self._operators.cancel_batches(batch_ids))

    def redeliver(self, callback_ids: Sequence[str]) -> Iterator[Outcome]:
        return (Outcome(**each) for each in self._operators.redeliver(callback_ids))

    def redeliver_dead(self, since: datetime, until: datetime) -> int:
        return int(self._operators.redeliver_dead(since, until))


OpenRecords = Callable[[], AbstractContextManager[Records]]


def record_options(command: Command) -> Command:
    """Add the options of a connection and, for operators, those that choose departments."""
    for option in (
        connection_options(),
        click.option("--redis-url", metavar="URL", help="For operators: the system's Redis."),
        click.option(
            "--data-dir",
            type=click.Path(path_type=Path),
            envvar="CHANCERY_DATA_DIR",
            default=Path("var"),
            help="For operators: the data dir of a running `chancery up`.  [default: var]",
        ),
        click.option(
            "--all", "all_departments", is_flag=True, help="For operators: of all departments."
        ),
        click.option(
            "--department",
            metavar="NAME",
            help="For operators: of this department, without its key.",
        ),
    ):
        command = option(command)
    return command


def pass_records(command: Callable[..., Any]) -> Callable[..., Any]:
    """Pass a function that opens `Records` to the command as its first argument."""

    @click.pass_context
    @pass_connection
    def with_records(
        connection: Connection,
        context: click.Context,
        *args: Any,
        department: str | None,
        all_departments: bool,
        data_dir: Path,
        redis_url: str | None,
        **options: Any,
    ) -> Any:
        if department and all_departments:
            raise click.UsageError(message("--department and --all exclude each other."))
        operators = None
        if department or all_departments:
            operators = OperatorRecords(
                _operators()(data_dir, redis_url, department), all_departments=all_departments
            )
        elif redis_url or context.get_parameter_source("data_dir") is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                message(
                    "--data-dir and --redis-url are for operators: name a department with "
                    "--department, or all with --all.",
                )
            )

        def opened() -> AbstractContextManager[Records]:
            return _records(operators, connection)

        return context.invoke(command, opened, *args, **options)

    return update_wrapper(with_records, command)


def report_outcomes(outcomes: Iterator[Outcome]) -> None:
    """Print each; exit with 1 if one is an error."""
    failed = False
    for each in outcomes:
        if each.error:
            failed = True
            click.echo(f"{each.id}: {each.error}", err=True)
        else:
            click.echo(f"{each.id} {message(each.status)}")
    if failed:
        click.get_current_context().exit(1)


@contextmanager
def _records(operators: Records | None, connection: Connection) -> Iterator[Records]:
    if operators is not None:
        yield operators
        return
    with connection.open() as chancery:
        yield DepartmentRecords(chancery)


def _operators() -> Any:
    try:
        return load_operators()
    except ImportError as error:
        raise click.UsageError(
            message(
                "--department and --all need chancery-server on this machine. With a "
                "department's key no such option is needed.",
            )
        ) from error


def _each(ids: Sequence[str], change: Callable[[str], Job | Batch | Callback]) -> Iterator[Outcome]:
    for record_id in ids:
        try:
            yield Outcome(record_id, status=change(record_id).status)
        except ChanceryError as error:
            yield Outcome(record_id, error=str(error))
