"""`chancery department approval`: which results of a department wait for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from jobs.ledger import Ledger
from jobs.model.approval import DEFAULT_WITHIN, MOST_WITHIN, ApprovalPolicy
from tasks.department_tasks.definition import NAME
from tasks.registry import BUILT_IN
from worker.commands.department.arguments import DurationType, NameType, no_such
from worker.commands.messages import message
from worker.commands.system import system_options, with_ledger

_TASK = re.compile(NAME)


class TasksType(click.ParamType[tuple[str, ...]]):
    """Tasks of departments are not known here: they are in files of the server."""

    name = "TASK,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        names = tuple(name.strip() for name in str(value).split(","))
        for name in names:
            if not _TASK.fullmatch(name):
                self.fail(
                    message(
                        "{name!r} is not a task's name: separate names by commas. The built-in "
                        "tasks are {names}.",
                        name=name,
                        names=", ".join(BUILT_IN),
                    ),
                    param,
                    ctx,
                )
        return names


@click.command()
@click.argument("name", type=NameType())
@click.option("--tasks", type=TasksType(), help="Results of these tasks wait.")
@click.option(
    "--below",
    type=click.FloatRange(0, 1, min_open=True),
    help="With --tasks: only results whose `confidence` is below this wait, and those without one.",
)
@click.option("--remove", type=TasksType(), help="Results of these tasks do not wait.")
@click.option(
    "--within",
    type=DurationType(),
    help=f"A job expires after this time without a decision. Default: {DEFAULT_WITHIN.days}d.",
)
@system_options
def approval(
    *,
    name: str,
    tasks: tuple[str, ...] | None,
    below: float | None,
    remove: tuple[str, ...] | None,
    within: timedelta | None,
    data_dir: Path,
    redis_url: str | None,
) -> None:
    """Show or change which results of the department NAME wait until a person approves them.

    Other tasks keep their setting. A change applies to runs that end from now on; results that
    wait already still wait. Start all processes of this release before the first use.

    \b
    Examples:
      chancery department approval tax --tasks redact,extract
      chancery department approval tax --tasks classify --below 0.8 --within 14d
    """
    if below is not None and not tasks:
        raise click.UsageError(message("--below needs --tasks."))
    if within is not None and not timedelta() < within <= MOST_WITHIN:
        raise click.BadParameter(
            message("from 1m to {days}d", days=MOST_WITHIN.days), param_hint="--within"
        )
    changes = bool(tasks or remove or within)

    async def change(ledger: Ledger) -> tuple[ApprovalPolicy | None, int] | None:
        department = await ledger.departments.get(name)
        if department is None:
            return None
        policy = department.approval
        if changes:
            policy = _changed(policy, tasks or (), below, remove or (), within)
            await ledger.departments.set_approval(name, policy)
        return policy, await ledger.approvals.count_waiting(name)

    answer = with_ledger(data_dir, redis_url, change)
    if answer is None:
        raise no_such(name)
    policy, waiting = answer
    for line in policy_lines(policy):
        click.echo(f"{name}: {line}")
    now = (
        message("1 result waits now")
        if waiting == 1
        else message("{count:,} results wait now", count=waiting)
    )
    click.echo(f"{name}: {now}")


def policy_lines(policy: ApprovalPolicy | None) -> Iterator[str]:
    if policy is None:
        yield message("no results wait for approval")
        return
    for task, below in sorted(policy.tasks.items()):
        which = (
            message("all results")
            if below is None
            else message("results with a confidence below {below:g}", below=below)
        )
        yield message(
            "{task}: {which} wait for approval, for {text} at most",
            task=task,
            which=which,
            text=_text(policy.within),
        )


def _changed(
    policy: ApprovalPolicy | None,
    tasks: tuple[str, ...],
    below: float | None,
    remove: tuple[str, ...],
    within: timedelta | None,
) -> ApprovalPolicy | None:
    policy = policy or ApprovalPolicy({})
    settings = {**policy.tasks, **dict.fromkeys(tasks, below)}
    kept = {task: setting for task, setting in settings.items() if task not in remove}
    return replace(policy, tasks=kept, within=within or policy.within) if kept else None


def _text(within: timedelta) -> str:
    minutes = round(within.total_seconds() / 60)
    for unit, size in (("d", 1_440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"
