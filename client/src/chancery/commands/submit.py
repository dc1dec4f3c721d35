"""`chancery submit`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from chancery.commands.connection import (
    INTERRUPTED,
    Connection,
    connection_options,
    pass_connection,
)
from chancery.commands.parameters import files_argument, json_pairs, text_pairs
from chancery.commands.readable import format_option, is_text
from chancery.commands.submission import JobOrder, Submission
from chancery.commands.submission_report import SubmissionReport
from chancery.errors import ChanceryError
from chancery.messages import message

MAX_WAIT_SECONDS = 24 * 3600.0


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery submit summarize notice.docx --option max_words=120 --wait\n"
    "  chancery submit format_fix *.docx --out corrected/\n"
    "  chancery submit redact letter.pdf --callback-url http://oa.tax.intranet/hooks/chancery",
)
@click.argument("task")
@files_argument
@click.option("--option", "options", metavar="K=V", multiple=True, help="An option of the task.")
@click.option(
    "--options-file",
    metavar="F.json",
    type=click.File(encoding="utf-8"),
    help="The options as a JSON object; --option overrides it.",
)
@click.option(
    "--document",
    "documents",
    metavar="K=FILE",
    multiple=True,
    help="Send FILE too, and set the option K to its document.",
)
@click.option("--callback-url", metavar="URL", help="The URL that is called when a job ends.")
@click.option("--lane", type=click.Choice(["interactive", "bulk"]), help="The lane of the jobs.")
@click.option(
    "--model",
    type=click.Choice(["auto", "fast", "full"]),
    help="The model. auto: the fast model; the full model if checks fail.",
)
@click.option("--metadata", metavar="K=V", multiple=True, help="Stored with the job.")
@click.option("--wait", is_flag=True, help="Wait for the results.")
@click.option(
    "--wait-seconds",
    type=click.FloatRange(0, min_open=True),
    default=MAX_WAIT_SECONDS,
    help="The longest wait for each job.  [default: a day]",
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Wait, write each result to DIR/FILE.json, and save the files that the task makes.",
)
@format_option
@connection_options()
@click.pass_context
@pass_connection
def submit(
    connection: Connection,
    context: click.Context,
    *,
    task: str,
    files: Sequence[Path],
    options: Sequence[str],
    options_file: Any,
    documents: Sequence[str],
    callback_url: str | None,
    lane: str | None,
    model: str | None,
    metadata: Sequence[str],
    wait: bool,
    wait_seconds: float,
    out: Path | None,
    form: str | None,
) -> None:
    """Submit one job for each FILE.

    Prints for each file the job's id, and with --wait its result: on a terminal as text, else as
    one JSON object a line. A value of K=V
    is parsed as JSON if it is valid (max_words=120, labels='["a", "b"]'), else it is text.
    """
    referenced = _referenced_files(documents)
    order = JobOrder(
        task=task,
        options=_read_options(options_file) | json_pairs(options, "--option"),
        callback_url=callback_url,
        lane=lane,
        model=model,
        metadata=json_pairs(metadata, "--metadata"),
        wait_seconds=wait_seconds if wait or out is not None else None,
    )
    with connection.open() as chancery:
        chancery.task(task)  # fails early for a wrong address, key or task
        uploaded = {
            key: {"document_id": chancery.upload(file).id} for key, file in referenced.items()
        }
    order = replace(order, options={**order.options, **uploaded})
    report = SubmissionReport(
        list(dict.fromkeys(files)),
        waits=order.wait_seconds is not None,
        out=out,
        as_text=is_text(form),
    )
    try:
        with report:
            asyncio.run(_run(connection, order, report))
    except KeyboardInterrupt:
        report.summarize(message("Interrupted"))
        context.exit(INTERRUPTED)
    except ChanceryError as error:
        report.summarize(message("Aborted"))
        raise click.ClickException(str(error)) from error
    report.summarize()
    if report.failures:
        context.exit(1)


async def _run(connection: Connection, order: JobOrder, report: SubmissionReport) -> None:
    async with connection.open_async() as chancery:
        await Submission(chancery, order, report).run(report.files)


def _referenced_files(documents: Sequence[str]) -> dict[str, Path]:
    files = {key: Path(name) for key, name in text_pairs(documents, "--document").items()}
    for file in files.values():
        if not file.is_file():
            raise click.BadParameter(
                message("{file} does not exist.", file=file), param_hint="--document"
            )
    return files


def _read_options(file: Any) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        options = json.load(file)
    except ValueError as error:
        raise click.BadParameter(
            message("is not JSON: {error}", error=error), param_hint="--options-file"
        ) from error
    if not isinstance(options, dict):
        raise click.BadParameter(message("is not a JSON object."), param_hint="--options-file")
    return options
