"""`chancery doctor`: checks every part of the system and says what to do about faults."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.environment import unknown_variables, wrong_settings
from jobs.process.settings import LimitSettings
from jobs.process.watchdog import stalls
from worker.commands import diagnosis
from worker.commands.diagnosis import Finding, Level
from worker.commands.system import find_redis, open_ledger, system_options

COLOURS = {Level.ok: "green", Level.warn: "yellow", Level.bad: "red"}


@click.command(
    epilog="\b\nExamples:\n  chancery doctor\n  chancery doctor --data-dir var --json",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@system_options
def doctor(*, as_json: bool, data_dir: Path, redis_url: str | None) -> None:
    """Check every part of the system.

    Prints one line for each: ok, warn or bad, and what to do. Exits with 1 if something is bad.
    """
    findings = [
        *diagnosis.of_unknown_variables(unknown_variables(os.environ)),
        *_system(data_dir, redis_url),
        *diagnosis.of_stalls(stalls(data_dir), datetime.now(UTC)),
        *_disk(data_dir),
    ]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            click.echo(_line(finding))
    if any(finding.level is Level.bad for finding in findings):
        sys.exit(1)


def _system(data_dir: Path, redis_url: str | None) -> Sequence[Finding]:
    try:
        url = find_redis(data_dir, redis_url)
    except click.UsageError as error:
        return [Finding(Level.bad, "system", "does not run", error.message)]
    try:
        limits = LimitSettings()
    except (ValidationError, SettingsError) as error:
        return [Finding(Level.bad, "settings", line) for line in wrong_settings(error)]
    return asyncio.run(_check(url, limits.max_queued))


async def _check(redis_url: str, max_queued: int) -> list[Finding]:
    ledger = open_ledger(redis_url)
    try:
        return await _findings(ledger, max_queued)
    except ProblemError:
        advice = "check that the system runs (`chancery up`); see logs/redis.log in the data dir"
        return [Finding(Level.bad, "redis", "does not answer", advice)]
    finally:
        await ledger.close()


async def _findings(ledger: Ledger, max_queued: int) -> list[Finding]:
    server = await ledger.statistics.server()
    processes = await ledger.processes.list()
    figures = await ledger.read_statistics()
    pauses = await ledger.pauses.list()
    return [
        *diagnosis.of_server(server),
        *diagnosis.of_processes(processes),
        *diagnosis.of_engines(processes),
        *diagnosis.of_figures(figures, max_queued),
        *diagnosis.of_pauses(pauses),
    ]


def _disk(data_dir: Path) -> Iterator[Finding]:
    if not data_dir.is_dir():
        return
    if not os.access(data_dir, os.W_OK):
        yield Finding(
            Level.bad, "disk", f"{data_dir} cannot be written", "change its owner, or --data-dir"
        )
    else:
        usage = shutil.disk_usage(data_dir)
        yield from diagnosis.of_disk(usage.free, usage.total, str(data_dir))


def _line(finding: Finding) -> str:
    level = click.style(f"{finding.level.value:<5}", fg=COLOURS[finding.level])
    advice = f" -> {finding.advice}" if finding.advice else ""
    return f"{level} {finding.subject:<10} {finding.text}{advice}"
