"""`chancery doctor`: what is wrong with the system, since when, and what to do."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from jobs.health.gather import HealthReader, local_health
from jobs.health.problem_types import area_of, problem
from jobs.health.report import Health, HealthProblem, Severity
from jobs.process.environment import unknown_variables, wrong_settings
from jobs.process.settings import BulkSettings, LimitSettings
from jobs.texts import Language, texts
from jobs.texts.translation import translation
from worker.commands.doctor_lines import DoctorLines
from worker.commands.messages import LANGUAGE_KEY, language_of_operator
from worker.commands.system import find_redis, open_ledger, system_options

COLOURS = {"ok": "green", "warn": "yellow", "bad": "red"}
RUNBOOK = "docs/operations.md"


@click.command(
    epilog="\b\nExamples:\n  chancery doctor\n  chancery doctor --data-dir var --json\n"
    "  chancery doctor --lang zh",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--lang",
    type=click.Choice([language.value for language in Language]),
    help="The language of the problems.  [LANG]",
)
@system_options
def doctor(*, as_json: bool, lang: str | None, data_dir: Path, redis_url: str | None) -> None:
    """Check every part of the system.

    Prints what is wrong, since when, and what to do; then the parts that work, open batches and
    the failures of the last hour. Exits with 1 if something is bad.
    """
    if lang:
        click.get_current_context().meta[LANGUAGE_KEY] = lang
    health, language = _health(data_dir, redis_url), language_of_operator()
    problems = (*health.problems, *_unknown_settings())
    health = replace(health, problems=tuple(translated(one, language) for one in problems))
    if as_json:
        click.echo(json.dumps({"ok": health.ok, **health.to_json()}))
    else:
        for line in lines_of(health, language):
            click.echo(line)
    if not health.ok:
        sys.exit(1)


def _health(data_dir: Path, redis_url: str | None) -> Health:
    try:
        url = find_redis(data_dir, redis_url)
    except click.UsageError as error:
        hint = error.message
        return local_health(data_dir, [problem("system-not-found", "system", hint=hint)])
    try:
        bulk, limits = BulkSettings(), LimitSettings()
    except (ValidationError, SettingsError) as error:
        wrong = [problem("settings-wrong", line) for line in wrong_settings(error)]
        return local_health(data_dir, wrong)
    return asyncio.run(_read(url, data_dir, bulk, limits))


async def _read(
    redis_url: str, data_dir: Path, bulk: BulkSettings, limits: LimitSettings
) -> Health:
    ledger = open_ledger(redis_url)
    try:
        return await HealthReader(ledger, bulk, limits, data_dir).read()
    finally:
        await ledger.close()


def _unknown_settings() -> Iterator[HealthProblem]:
    """Variables of the environment that look like settings and are none, with the nearest one."""
    for name, nearest in unknown_variables(os.environ):
        hint = f"did you mean {nearest}?" if nearest else "docs/settings.md lists the settings"
        yield problem("setting-unknown", name, hint=hint)


def translated(found: HealthProblem, language: Language) -> HealthProblem:
    values = {"subject": found.subject, **found.values}
    own = translation(language).health(found.code, values)
    return replace(found, detail=own[0], advice=own[1]) if own else found


def lines_of(health: Health, language: Language) -> Iterator[str]:
    lines, text = DoctorLines.of(health, language), texts(language)
    for found in health.problems:
        since = f"{found.since:%Y-%m-%d %H:%M:%S} UTC" if found.since else None
        line = text(
            "doctor.problem",
            detail=found.detail,
            since=text("doctor.since", time=since) if since else "",
            advice=found.advice,
            runbook=f"{RUNBOOK}#{found.runbook}",
        )
        yield _line(found.severity.value, area_of(found), line)
    bad = {area_of(found) for found in health.problems if found.severity is Severity.bad}
    for area, line in lines.good():
        if area not in bad:
            yield _line("ok", area, line)
    yield from lines.details()


def _line(level: str, area: str, text: str) -> str:
    return f"{click.style(f'{level:<5}', fg=COLOURS[level])} {area:<10} {text}"
