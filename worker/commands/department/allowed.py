"""`chancery department allow` and `disallow`: the targets of a department's callbacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from jobs.ledger import Ledger
from jobs.model.department import AllowChange
from worker.commands.department.arguments import AllowType, NameType, json_option, no_such
from worker.commands.messages import message
from worker.commands.system import system_options, with_ledger


@click.command(
    epilog="\b\nExamples:\n  chancery department allow tax oa.tax.intranet 10.1.0.0/16:8080",
)
@click.argument("name", type=NameType())
@click.argument("targets", type=AllowType(), nargs=-1, required=True)
@json_option
@system_options
def allow(
    *,
    name: str,
    targets: tuple[str, ...],
    as_json: bool,
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Allow callbacks of the department NAME to TARGETS too.

    Prints what changed and all targets that are allowed now. It applies from the next request.
    """

    async def change(ledger: Ledger) -> AllowChange | None:
        return await ledger.departments.allow(name, targets)

    _print(name, targets, with_ledger(data_dir, redis_url, change), as_json=as_json)


@click.command(
    epilog="\b\nExamples:\n  chancery department disallow tax 10.1.0.0/16:8080",
)
@click.argument("name", type=NameType())
@click.argument("targets", type=AllowType(), nargs=-1, required=True)
@json_option
@system_options
def disallow(
    *,
    name: str,
    targets: tuple[str, ...],
    as_json: bool,
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Allow callbacks of the department NAME to TARGETS no longer.

    Prints what changed and all targets that are allowed now. It applies from the next request and
    from the next attempt of a callback. Exits with 1 if one of TARGETS was not allowed.
    """

    async def change(ledger: Ledger) -> AllowChange | None:
        return await ledger.departments.disallow(name, targets)

    changed = with_ledger(data_dir, redis_url, change)
    _print(name, targets, changed, as_json=as_json)
    if changed and not set(targets) <= set(changed.before):
        click.get_current_context().exit(1)


def _print(name: str, targets: Sequence[str], change: AllowChange | None, *, as_json: bool) -> None:
    if change is None:
        raise no_such(name)
    if as_json:
        click.echo(json.dumps(asdict(change)))
        return
    for line in _lines(name, targets, change):
        click.echo(line)


def _lines(name: str, targets: Sequence[str], change: AllowChange) -> Iterator[str]:
    before, after = set(change.before), set(change.after)
    for target in dict.fromkeys(targets):
        match target in before, target in after:
            case False, True:
                yield message("added      {target}", target=target)
            case True, False:
                yield message("removed    {target}", target=target)
            case True, True:
                yield message("unchanged  {target}: it was allowed already", target=target)
            case _:
                yield message("unchanged  {target}: it was not allowed", target=target)
    yield message(
        "callbacks of {name} are allowed to {targets}",
        name=name,
        targets=", ".join(change.after) or message("nothing"),
    )
