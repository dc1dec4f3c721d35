"""`chancery pause`, `resume` and `paused`: hold back a department's jobs, or a lane's."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from jobs.ledger import Ledger
from jobs.ledger.pauses import Pause
from jobs.model.lanes import Lane
from worker.commands.department.arguments import NameType, json_option, no_such, with_ledger
from worker.commands.system import system_options

Command = TypeVar("Command", bound=Callable[..., Any])


def _what(command: Command) -> Command:
    department = click.option("--department", type=NameType(), help="A department's jobs.")
    lane = click.option("--lane", type=click.Choice([one.value for one in Lane]), help="A lane's.")
    return department(lane(command))


@click.command()
@_what
@system_options
def pause(
    *, department: str | None, lane: str | None, data_dir: Path, redis_url: str | None
) -> None:
    """Hold back a department's jobs, a lane's, or those of a department in a lane.

    What runs is finished; what waits, and what comes, waits until `chancery resume`.
    """
    wanted = _wanted(department, lane)

    async def hold(ledger: Ledger) -> bool:
        if department and await ledger.departments.get(department) is None:
            raise no_such(department)
        return await ledger.pauses.pause(wanted.department, wanted.lane)

    new = with_ledger(data_dir, redis_url, hold)
    click.echo(f"{words(wanted)}: paused" if new else f"{words(wanted)}: was paused already")


@click.command()
@_what
@system_options
def resume(
    *, department: str | None, lane: str | None, data_dir: Path, redis_url: str | None
) -> None:
    """End a pause, named as it was made; other pauses stand."""
    wanted = _wanted(department, lane)

    async def let_go(ledger: Ledger) -> tuple[bool, Sequence[Pause]]:
        ended = await ledger.pauses.resume(wanted.department, wanted.lane)
        return ended, await ledger.pauses.list()

    ended, left = with_ledger(data_dir, redis_url, let_go)
    click.echo(f"{words(wanted)}: {'resumed' if ended else 'was not paused'}")
    for one in left:
        if _touch(one, wanted):
            click.echo(f"{words(one)}: still paused", err=True)


@click.command()
@json_option
@system_options
def paused(*, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """What is paused."""

    async def look(ledger: Ledger) -> Sequence[Pause]:
        return await ledger.pauses.list()

    found = with_ledger(data_dir, redis_url, look)
    if as_json:
        click.echo(json.dumps([{"department": one.department, "lane": one.lane} for one in found]))
        return
    for one in found:
        click.echo(words(one))
    if not found:
        click.echo("nothing is paused", err=True)


def words(pause: Pause) -> str:
    """`bulk jobs of tax`."""
    lane = f"{pause.lane} jobs" if pause.lane else "all jobs"
    return lane + (f" of {pause.department}" if pause.department else "")


def _wanted(department: str | None, lane: str | None) -> Pause:
    if department is None and lane is None:
        raise click.UsageError("Say which: --department, --lane, or both.")
    return Pause(department, Lane(lane) if lane else None)


def _touch(one: Pause, other: Pause) -> bool:
    """Whether some job is of both."""
    return (one.department is None or other.department in (None, one.department)) and (
        one.lane is None or other.lane in (None, one.lane)
    )
