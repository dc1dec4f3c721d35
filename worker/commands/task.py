"""`chancery task`: checks and tests departments' own tasks."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from documents.errors import WorkError
from jobs.model.job import Usage
from jobs.process.settings import EngineSettings
from tasks.department_tasks.definition import Case, CaseFile
from tasks.department_tasks.file import OwnFile, read_files, read_folder
from tasks.department_tasks.problems import TaskFilesRefused
from tasks.department_tasks.run import task_of
from tasks.department_tasks.trial import Outcome, case_document, try_case
from tasks.registry import BUILT_IN
from worker.commands.messages import message
from worker.commands.system import silence_logs
from worker.engine.client import EngineClient
from worker.engine.session import EngineSession

HEALTHY_SECONDS = 15.0
IN_FLIGHT = 8
# The width without a terminal: wide enough to truncate nothing.
PIPE_COLUMNS = 240

_Row = tuple[Outcome, Usage]


@click.group(epilog="\b\nExamples:\n  chancery task check docs/examples/tasks")
def task() -> None:
    """Check and test departments' own tasks: see docs/own-tasks.md."""


@task.command(
    epilog="\b\nExamples:\n  chancery task check docs/examples/tasks",
)
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def check(path: Path) -> None:
    """Validate the task in the file PATH, or all tasks in the folder PATH, without an engine.

    Prints every error with its line. Exits with 1 if there is one.
    """
    files = _read(path)
    for file in files:
        task_ = file.definition
        count = len(task_.cases)
        cases = message("1 case") if count == 1 else message("{count} cases", count=count)
        click.echo(f"ok {file.path.name}: {task_.name} {task_.version}+{file.digest}, {cases}")
    if not files:
        click.echo(message("no tasks: {path} has no file that ends with .yaml or .yml", path=path))


@task.command(
    epilog="\b\nExamples:\n  chancery task test docs/examples/tasks/permit_summary.yaml",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--engine-url", envvar="CHANCERY_ENGINE_URL", help="The URL of a vLLM, without /v1.")
@click.option(
    "--engine-model", envvar="CHANCERY_ENGINE_MODEL", help="The model, if the vLLM serves several."
)
@click.option(
    "--cases",
    "cases_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use the cases of this file instead, as `chancery approval cases` writes it.",
)
@click.option("--case", "names", multiple=True, metavar="NAME", help="Only this case; repeatable.")
def test(
    file: Path,
    *,
    engine_url: str | None,
    engine_model: str | None,
    cases_file: Path | None,
    names: tuple[str, ...],
) -> None:
    """Run the test cases of the task in FILE on an engine, and print a table.

    Exits with 1 if a case failed.
    """
    (task_file,) = _read(file)
    if cases_file is not None:
        task_file = _with_cases(task_file, cases_file)
    cases = _selected(task_file, names)
    if not engine_url:
        raise click.UsageError(
            message(
                "no engine: give --engine-url or CHANCERY_ENGINE_URL. `chancery up` "
                "prints the URL of its engine.",
            )
        )
    silence_logs()
    settings = EngineSettings(url=engine_url.rstrip("/"), model=engine_model or None)
    rows = asyncio.run(_test_all(task_file, cases, settings))
    _show(rows)
    if not all(outcome.passed for outcome, _ in rows):
        sys.exit(1)


def _read(path: Path) -> Sequence[OwnFile]:
    try:
        return read_folder(path, BUILT_IN) if path.is_dir() else read_files([path], BUILT_IN)
    except TaskFilesRefused as refused:
        for problem in refused.problems:
            click.echo(str(problem), err=True)
        sys.exit(1)


def _with_cases(file: OwnFile, path: Path) -> OwnFile:
    """The task with the cases of another file, in whose folder their documents are."""
    options = task_of(file.definition, file.digest).options
    try:
        cases = CaseFile.model_validate_json(path.read_bytes()).cases
        for case in cases:
            options.model_validate(case.options)
    except (OSError, ValueError) as error:
        raise click.ClickException(
            message(
                "{path} has no cases of {file.definition.name}: {error}",
                path=path,
                file=file,
                error=error,
            )
        ) from error
    for case in cases:
        if case.file is not None and Path(case.file).name != case.file:
            raise click.ClickException(
                message(
                    "{case.name}: `file` must be in the folder of {path.name}",
                    case=case,
                    path=path,
                )
            )
    return replace(file, path=path, definition=file.definition.model_copy(update={"cases": cases}))


def _selected(file: OwnFile, names: Sequence[str]) -> Sequence[Case]:
    cases = file.definition.cases
    if not cases:
        raise click.UsageError(
            message("{file.path.name} has no `cases`: add one, see docs/own-tasks.md", file=file)
        )
    known = [case.name for case in cases]
    for name in names:
        if name not in known:
            raise click.BadParameter(
                message(
                    "there is no case “{name}”: there are {names}",
                    name=name,
                    names=", ".join(known),
                ),
                param_hint="--case",
            )
    return [case for case in cases if not names or case.name in names]


async def _test_all(
    file: OwnFile, cases: Sequence[Case], settings: EngineSettings
) -> Sequence[_Row]:
    """Run the cases one after the other, so that each is timed alone."""
    async with _engine(settings) as client:
        return [await _test(file, case, client) for case in cases]


@asynccontextmanager
async def _engine(settings: EngineSettings) -> AsyncIterator[EngineClient]:
    client = EngineClient(settings, IN_FLIGHT)
    await client.start()
    try:
        if not await client.wait_healthy(HEALTHY_SECONDS):
            raise click.ClickException(
                message(
                    "the engine at {settings.url} is not healthy: {client.health.reason}. "
                    "Check {settings.url}/health.",
                    settings=settings,
                    client=client,
                )
            )
        yield client
    finally:
        await client.close()


async def _test(file: OwnFile, case: Case, client: EngineClient) -> _Row:
    try:
        document = await asyncio.to_thread(case_document, file, case)
    except (WorkError, OSError) as error:
        text = message("the document cannot be read: {error}", error=error)
        return Outcome(case.name, (text,), 0.0), Usage()
    session = EngineSession(
        client, priority=0, seed=0, temperature=0.0, on_progress=lambda _, __: None
    )
    outcome = await try_case(file, case, document, session)
    return outcome, session.usage


def _show(rows: Sequence[_Row]) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_COLUMNS)
    table = Table(box=None, pad_edge=False)
    for column in ("CASE", "RESULT", "SECONDS", "TOKENS", "DIFFERENCES"):
        table.add_column(message(column), overflow="fold")
    for outcome, usage in rows:
        verdict = (message("passed"), "green") if outcome.passed else (message("failed"), "red")
        table.add_row(
            Text(outcome.case),
            Text(*verdict),
            f"{outcome.seconds:.1f}",
            f"{usage.prompt_tokens} + {usage.completion_tokens}",
            Text("\n".join(outcome.differences)),
        )
    console.print(table)
    passed = sum(outcome.passed for outcome, _ in rows)
    console.print(message("{passed} of {count} passed", passed=passed, count=len(rows)))
