"""`chancery batch submit`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from client.commands.batch.display import announce
from client.commands.batch.folder import FolderOrder, submit_folder
from client.commands.batch.terms import Terms
from client.commands.batch.watch import watch_to_the_end
from client.commands.connection import Connection, connection_options, pass_connection
from client.commands.moments import MomentType
from client.commands.pairs import texts_of, values_of
from client.models import Batch

ENDPOINTS = ["/v1/jobs", "/v1/chat/completions"]
ALL_FILES = "**/*"
FOR_FOLDERS = ("task", "model", "options", "glob", "state", "new")


@click.command()
@click.argument("source", metavar="FILE.jsonl|DIR", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--endpoint", type=click.Choice(ENDPOINTS), help="What FILE's lines are for.  [/v1/jobs]"
)
@click.option("--task", help="DIR: what is to be done to each file.")
@click.option("--option", "options", metavar="K=V", multiple=True, help="DIR: a task's option.")
@click.option("--model", help="DIR: which model is to do it.")
@click.option("--glob", metavar="PATTERN", help="DIR: which files.  [**/*, without hidden ones]")
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="DIR: where to keep what is done.  [DIR/.chancery-batch.jsonl]",
)
@click.option("--new", is_flag=True, help="DIR: forget what was done, and start afresh.")
@click.option(
    "--completion-window",
    metavar="SPAN",
    default="24h",
    show_default=True,
    help="What has not ended then expires.",
)
@click.option("--callback-url", metavar="URL", help="Where the batch's ending is to be posted.")
@click.option("--lane", type=click.Choice(["bulk", "interactive"]), help="Which lane to take.")
@click.option("--window", metavar="WHEN", help="When to run: '20:00-06:00 Asia/Shanghai'.")
@click.option("--deadline", type=MomentType(ahead=True), help="Wanted by then; also 90m, 12h.")
@click.option("--metadata", metavar="K=V", multiple=True, help="To be kept with the batch.")
@click.option("--watch", is_flag=True, help="Watch it to its end, as `batch watch` does.")
@click.option("--json", "as_json", is_flag=True, help="Print the batch as JSON, not its id alone.")
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

    FILE.jsonl holds one request a line, as OpenAI's Batch API has it. Of a DIR, every file is sent,
    and --task is done to each; run it again after a break, and it goes on where it was. Prints the
    batch's id.
    """
    terms = Terms(
        completion_window=completion_window,
        callback_url=callback_url,
        lane=lane,
        window=window,
        deadline=deadline,
        metadata=texts_of(metadata, "--metadata"),
    )
    complete = True
    if source.is_dir():
        if task is None or endpoint is not None:
            raise click.UsageError("A folder needs --task, and takes no --endpoint.")
        order = FolderOrder(source, task, values_of(options, "--option"), model, glob or ALL_FILES)
        batch, complete = submit_folder(connection, order, terms, state=state, afresh=new)
    elif given := [name for name in FOR_FOLDERS if context.params[name]]:
        raise click.UsageError(f"Only for a folder: {', '.join(map(_typed, given))}.")
    else:
        batch = _submit_file(connection, source, endpoint or ENDPOINTS[0], terms)
    if watch:
        click.echo(batch.id, err=as_json)
        watch_to_the_end(connection, batch, as_json=as_json)
    else:
        announce(batch)
        click.echo(batch.model_dump_json() if as_json else batch.id)
    if not complete:
        context.exit(1)


def _submit_file(connection: Connection, path: Path, endpoint: str, terms: Terms) -> Batch:
    try:
        with connection.open_to_send() as chancery:
            file = chancery.upload_file(path)
            return chancery.submit_batch(file.id, endpoint=endpoint, **terms.asked())
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error}") from error


def _typed(name: str) -> str:
    return "--option" if name == "options" else f"--{name}"
