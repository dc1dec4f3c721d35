"""`chancery pause`, `resume` and `paused`: pause the jobs of a department or a lane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic_core import to_json

from jobs.ledger import Ledger
from jobs.ledger.pauses import Pause
from jobs.model.lanes import Lane
from worker.commands.department.arguments import NameType, json_option, no_such
from worker.commands.messages import detail, message
from worker.commands.system import system_options, with_ledger

Command = TypeVar("Command", bound=Callable[..., Any])


def _pause_options(command: Command) -> Command:
    department = click.option("--department", type=NameType(), help="The jobs of a department.")
    lane = click.option(
        "--lane", type=click.Choice([value.value for value in Lane]), help="The jobs of a lane."
    )
    return department(lane(command))


@click.command(
    epilog="\b\nExamples:\n  chancery pause --lane bulk\n  chancery pause --department tax",
)
@_pause_options
@system_options
def pause(
    *, department: str | None, lane: str | None, data_dir: Path, redis_url: str | None
) -> None:
    """Pause the jobs of a department, of a lane, or of a department in a lane.

    Running jobs finish. Waiting and new jobs wait until `chancery resume`.
    """
    wanted = _wanted(department, lane)

    async def add(ledger: Ledger) -> bool:
        if department and await ledger.departments.get(department) is None:
            raise no_such(department)
        return await ledger.pauses.pause(wanted.department, wanted.lane)

    new = with_ledger(data_dir, redis_url, add)
    click.echo(
        message("{text}: paused", text=_text(wanted))
        if new
        else message("{text}: was paused already", text=_text(wanted))
    )


@click.command(
    epilog="\b\nExamples:\n  chancery resume --lane bulk",
)
@_pause_options
@system_options
def resume(
    *, department: str | None, lane: str | None, data_dir: Path, redis_url: str | None
) -> None:
    """End a pause, with the options it was created with. Other pauses stay."""
    wanted = _wanted(department, lane)

    async def end(ledger: Ledger) -> tuple[bool, Sequence[Pause]]:
        ended = await ledger.pauses.resume(wanted.department, wanted.lane)
        return ended, await ledger.pauses.list()

    ended, remaining = with_ledger(data_dir, redis_url, end)
    click.echo(
        message("{text}: resumed", text=_text(wanted))
        if ended
        else message("{text}: was not paused", text=_text(wanted))
    )
    for other in remaining:
        if _overlap(other, wanted):
            click.echo(message("{text}: still paused", text=_text(other)), err=True)


@click.command(
    epilog="\b\nExamples:\n  chancery paused",
)
@json_option
@system_options
def paused(*, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """List the pauses."""

    async def read(ledger: Ledger) -> Sequence[Pause]:
        return await ledger.pauses.list()

    pauses = with_ledger(data_dir, redis_url, read)
    if as_json:
        click.echo(to_json([asdict(pause_) for pause_ in pauses]))
        return
    for pause_ in pauses:
        click.echo(_text(pause_))
    if not pauses:
        click.echo(message("nothing is paused"), err=True)


def _text(pause: Pause) -> str:
    """`bulk jobs of tax`."""
    lane = f"{pause.lane} jobs" if pause.lane else "all jobs"
    return detail(f"{lane} of {pause.department}" if pause.department else lane)


def _wanted(department: str | None, lane: str | None) -> Pause:
    if department is None and lane is None:
        raise click.UsageError(message("Name the jobs with --department, --lane, or both."))
    return Pause(department, Lane(lane) if lane else None)


def _overlap(one: Pause, other: Pause) -> bool:
    """Whether a job can be in both."""
    return (one.department is None or other.department in (None, one.department)) and (
        one.lane is None or other.lane in (None, one.lane)
    )
