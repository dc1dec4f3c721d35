"""`chancery submit`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from client.commands.connection import Connection, connection_options, pass_connection
from client.commands.outcomes import Outcomes
from client.commands.pairs import texts_of, values_of
from client.errors import ChanceryError
from client.submission import Order, Submission

LONGEST_WAIT_SECONDS = 24 * 3600.0
INTERRUPTED = 130


@click.command()
@click.argument("task")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--option", "options", metavar="K=V", multiple=True, help="An option of the task.")
@click.option(
    "--options-file",
    metavar="F.json",
    type=click.File(encoding="utf-8"),
    help="The options as a JSON object; --option goes over it.",
)
@click.option(
    "--document",
    "documents",
    metavar="K=FILE",
    multiple=True,
    help="Send FILE, too, and name it in the option K.",
)
@click.option("--callback-url", metavar="URL", help="Where the ending is to be posted.")
@click.option("--lane", type=click.Choice(["interactive", "bulk"]), help="Which lane to take.")
@click.option(
    "--model",
    type=click.Choice(["auto", "fast", "full"]),
    help="Which model is to do it; auto: the fast one, and the full one where checks fail.",
)
@click.option("--metadata", metavar="K=V", multiple=True, help="To be kept with the job.")
@click.option("--wait", is_flag=True, help="Wait for the results.")
@click.option(
    "--wait-seconds",
    type=click.FloatRange(0, min_open=True),
    default=LONGEST_WAIT_SECONDS,
    help="How long to wait for each job at most.  [default: a day]",
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Wait, and write each result to DIR/FILE.json.",
)
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
) -> None:
    """Send documents: one job a FILE.

    Prints one JSON object a file: the job's id, and with --wait its result. Values of K=V are JSON
    where they can be read so (max_words=120, labels='["a", "b"]'), else text.
    """
    named = _files_of(documents)
    order = Order(
        task=task,
        options=_options_in(options_file) | values_of(options, "--option"),
        callback_url=callback_url,
        lane=lane,
        model=model,
        metadata=values_of(metadata, "--metadata"),
        wait_seconds=wait_seconds if wait or out is not None else None,
    )
    with connection.open() as chancery:
        chancery.task(task)  # one clear word about address, key or task, before anything is sent
        sent = {key: {"document_id": chancery.upload(file).id} for key, file in named.items()}
    order = replace(order, options={**order.options, **sent})
    outcomes = Outcomes(list(dict.fromkeys(files)), waits=order.wait_seconds is not None, out=out)
    try:
        with outcomes:
            asyncio.run(_run(connection, order, outcomes))
    except KeyboardInterrupt:
        outcomes.summarize("Interrupted")
        context.exit(INTERRUPTED)
    except ChanceryError as error:
        outcomes.summarize("Broken off")
        raise click.ClickException(str(error)) from error
    outcomes.summarize()
    if outcomes.failures:
        context.exit(1)


async def _run(connection: Connection, order: Order, outcomes: Outcomes) -> None:
    async with connection.open_async() as chancery:
        await Submission(chancery, order, outcomes).run(outcomes.files)


def _files_of(documents: Sequence[str]) -> dict[str, Path]:
    files = {key: Path(name) for key, name in texts_of(documents, "--document").items()}
    for file in files.values():
        if not file.is_file():
            raise click.BadParameter(f"there is no file {file}.", param_hint="--document")
    return files


def _options_in(file: Any) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        options = json.load(file)
    except ValueError as error:
        raise click.BadParameter(f"is not JSON: {error}", param_hint="--options-file") from error
    if not isinstance(options, dict):
        raise click.BadParameter("holds no JSON object.", param_hint="--options-file")
    return options
