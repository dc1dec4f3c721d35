"""`chancery engine list`, `drain` and `resume`: the engines, and which of them are used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import click
from pydantic_core import to_json

from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from worker.commands.department.arguments import json_option
from worker.commands.messages import detail, message
from worker.commands.system import system_options, with_ledger


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine as all live workers report it. `workers`: how many use it, of which `healthy` find
    it healthy; `reason` is that of one that does not. `in_flight`: their requests.
    """

    name: str
    role: str
    model: str | None
    workers: int
    healthy: int
    reason: str
    in_flight: int
    drained_since: datetime | None


@click.group(epilog="\b\nExamples:\n  chancery engine list\n  chancery engine drain gpu2:8000")
def engine() -> None:
    """List the engines, drain one before its maintenance, and use it again."""


@engine.command("list", epilog="\b\nExamples:\n  chancery engine list")
@json_option
@system_options
def list_(*, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """List the engines of all live workers."""
    engines = with_ledger(data_dir, redis_url, _engines)
    if as_json:
        click.echo(to_json([asdict(one) for one in engines]))
        return
    if not engines:
        click.echo(message("no worker reports an engine"), err=True)
        return
    rows = [(one.name, one.role, one.model or "", _state(one)) for one in engines]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)]
        click.echo("  ".join([*cells, row[3]]))


@engine.command(epilog="\b\nExamples:\n  chancery engine drain gpu2:8000")
@click.argument("engine_name", metavar="NAME")
@system_options
def drain(*, engine_name: str, data_dir: Path, redis_url: str | None) -> None:
    """Send no more requests to the engine NAME. Requests in flight finish.

    Within a second all workers use their other engines. Without another one, running jobs finish on
    it and others wait. `chancery engine list` shows when nothing is in flight.
    """

    engines: list[Engine] = []

    async def add(ledger: Ledger) -> bool:
        engines.extend(await _engines(ledger))
        if engine_name not in {one.name for one in engines}:
            raise click.ClickException(
                message(
                    "no worker reports an engine {name}: see `chancery engine list`",
                    name=engine_name,
                )
            )
        return await ledger.engines.drain(engine_name)

    new = with_ledger(data_dir, redis_url, add)
    click.echo(
        message("{name}: drained", name=engine_name)
        if new
        else message("{name}: was drained already", name=engine_name)
    )
    left = {one.role for one in engines if _is_used(one) and one.name != engine_name}
    if lonely := sorted({one.role for one in engines if one.name == engine_name} - left):
        click.echo(
            message(
                "no other healthy engine has the role {role}: its jobs wait for "
                "`chancery engine resume`",
                role=", ".join(lonely),
            ),
            err=True,
        )


@engine.command(epilog="\b\nExamples:\n  chancery engine resume gpu2:8000")
@click.argument("engine_name", metavar="NAME")
@system_options
def resume(*, engine_name: str, data_dir: Path, redis_url: str | None) -> None:
    """Use the engine NAME again."""

    async def end(ledger: Ledger) -> bool:
        return await ledger.engines.resume(engine_name)

    ended = with_ledger(data_dir, redis_url, end)
    click.echo(
        message("{name}: resumed", name=engine_name)
        if ended
        else message("{name}: was not drained", name=engine_name)
    )


async def _engines(ledger: Ledger) -> Sequence[Engine]:
    """By role, then name."""
    drained = await ledger.engines.drained()
    reports: dict[tuple[str, str], list[Mapping[str, object]]] = {}
    for report in _reported(await ledger.processes.list()):
        reports.setdefault((str(report["role"]), str(report["name"])), []).append(report)
    return [
        _engine(name, role, each, drained.get(name))
        for (role, name), each in sorted(reports.items(), key=lambda item: item[0])
    ]


def _reported(processes: Iterable[Process]) -> Iterable[Mapping[str, object]]:
    for process in processes:
        if process.live:
            yield from process.detail.get("engines", ())


def _engine(
    name: str, role: str, reports: Sequence[Mapping[str, object]], drained: datetime | None
) -> Engine:
    reasons = [str(report["reason"]) for report in reports if not report["healthy"]]
    models = [str(report["model"]) for report in reports if report["model"]]
    return Engine(
        name=name,
        role=role,
        model=models[0] if models else None,
        workers=len(reports),
        healthy=len(reports) - len(reasons),
        reason=reasons[0] if reasons else "",
        in_flight=sum(int(str(report["in_flight"])) for report in reports),
        drained_since=drained,
    )


def _is_used(engine: Engine) -> bool:
    return engine.healthy > 0 and engine.drained_since is None


def _state(one: Engine) -> str:
    """`healthy, 3 in flight`, `drained, 0 in flight`, `unhealthy for 1 of 2 workers: reason`."""
    if one.drained_since is not None:
        return message("drained, {number} in flight", number=one.in_flight)
    if one.healthy == one.workers:
        return message("healthy, {number} in flight", number=one.in_flight)
    return message(
        "unhealthy for {number} of {workers} workers: {reason}",
        number=one.workers - one.healthy,
        workers=one.workers,
        reason=detail(one.reason),
    )
