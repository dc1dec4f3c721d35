"""`chancery batch submit`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from chancery.commands.batch.display import print_submitted
from chancery.commands.batch.folder import BatchTerms, FolderOrder, submit_folder
from chancery.commands.batch.watch import watch_to_end
from chancery.commands.connection import Connection, connection_options, pass_connection
from chancery.commands.parameters import TimeParameter, json_pairs, text_pairs
from chancery.messages import message
from chancery.models import Batch

ENDPOINTS = ["/v1/jobs", "/v1/chat/completions"]
ALL_FILES = "**/*"
FOLDER_OPTIONS = ("task", "model", "options", "glob", "state", "new")


@click.command(
    epilog="\b\nExamples:\n"
    "  chancery batch submit jobs.jsonl --watch\n"
    "  chancery batch submit letters/ --task redact --watch",
)
@click.argument("source", metavar="FILE.jsonl|DIR", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--endpoint", type=click.Choice(ENDPOINTS), help="FILE: the call of each line.  [/v1/jobs]"
)
@click.option("--task", help="DIR: the task to run on each file.")
@click.option(
    "--option", "options", metavar="K=V", multiple=True, help="DIR: an option of the task."
)
@click.option("--model", help="DIR: the model to use.")
@click.option(
    "--glob", metavar="PATTERN", help="DIR: the files to send; hidden ones are skipped.  [**/*]"
)
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="DIR: the file that records the progress.  [DIR/.chancery-batch.jsonl]",
)
@click.option("--new", is_flag=True, help="DIR: delete the recorded progress and start again.")
@click.option(
    "--completion-window",
    metavar="SPAN",
    default="24h",
    show_default=True,
    help="Lines that have not ended by then expire.",
)
@click.option("--callback-url", metavar="URL", help="The URL that is called when the batch ends.")
@click.option(
    "--lane", type=click.Choice(["bulk", "interactive"]), help="The lane of the jobs.  [bulk]"
)
@click.option(
    "--window", metavar="WHEN", help="When lines may run, such as '20:00-06:00 Asia/Shanghai'."
)
@click.option(
    "--deadline", type=TimeParameter(future=True), help="The wanted end: a time, or 90m from now."
)
@click.option("--metadata", metavar="K=V", multiple=True, help="Stored with the batch.")
@click.option("--watch", is_flag=True, help="Watch the batch until it ends, as `batch watch`.")
@click.option("--json", "as_json", is_flag=True, help="Print the batch as JSON instead of its id.")
@connection_options()
@click.pass_context
@pass_connection
def submit(
    connection: Connection,
    context: click.Context,
    *,
    source: Path,
    endpoint: str | None,
    task: str | None,
    options: Sequence[str],
    model: str | None,
    glob: str | None,
    state: Path | None,
    new: bool,
    completion_window: str,
    callback_url: str | None,
    lane: str | None,
    window: str | None,
    deadline: datetime | None,
    metadata: Sequence[str],
    watch: bool,
    as_json: bool,
) -> None:
    """Submit many jobs as one batch.

    FILE.jsonl has one request a line, as in OpenAI's Batch API. For a DIR, every file is sent and
    --task is run on each; after an interruption, the same command continues where it stopped.
    Prints the batch's id.
    """
    terms = BatchTerms(
        completion_window=completion_window,
        callback_url=callback_url,
        lane=lane,
        window=window,
        deadline=deadline,
        metadata=text_pairs(metadata, "--metadata"),
    )
    complete = True
    if source.is_dir():
        if task is None or endpoint is not None:
            raise click.UsageError(message("A folder needs --task and does not accept --endpoint."))
        order = FolderOrder(source, task, json_pairs(options, "--option"), model, glob or ALL_FILES)
        batch, complete = submit_folder(connection, order, terms, state=state, new=new)
    elif invalid := [name for name in FOLDER_OPTIONS if context.params[name]]:
        raise click.UsageError(
            message("Only for a folder: {names}.", names=", ".join(map(_option_name, invalid)))
        )
    else:
        batch = _submit_file(connection, source, endpoint or ENDPOINTS[0], terms)
    if watch:
        click.echo(batch.id, err=as_json)
        watch_to_end(connection, batch, as_json=as_json)
    else:
        print_submitted(batch)
        click.echo(batch.model_dump_json() if as_json else batch.id)
    if not complete:
        context.exit(1)


def _submit_file(connection: Connection, path: Path, endpoint: str, terms: BatchTerms) -> Batch:
    try:
        with connection.open_to_send() as chancery:
            file = chancery.upload_file(path)
            return chancery.submit_batch(file.id, endpoint=endpoint, **terms.as_arguments())
    except OSError as error:
        raise click.ClickException(
            message("{path} cannot be read: {error}", path=path, error=error)
        ) from error


def _option_name(name: str) -> str:
    return "--option" if name == "options" else f"--{name}"
