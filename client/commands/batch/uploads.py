"""The files of a folder being sent: shown while it goes on, and summed up at the end."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from client.commands.tables import show
from client.errors import ChanceryError
from client.folders import Found, FoundFile

LONGEST_TABLE = 50


class Uploads:
    """Watches the files of a folder being sent, on stderr."""

    def __init__(self, found: Found) -> None:
        self.refused = [
            (ascii(path.name), "Its name is not UTF-8: rename it.") for path in found.unnamable
        ]
        self._files = len(found.files) + len(found.unnamable)
        self._known = 0
        self._sent = 0
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            redirect_stdout=False,
        )
        self._bar = self._progress.add_task("sent", total=len(found.files))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def known(self, file: FoundFile) -> None:  # noqa: ARG002 - the watcher's signature
        self._known += 1
        self._progress.advance(self._bar)

    def sent(self, file: FoundFile) -> None:  # noqa: ARG002 - the watcher's signature
        self._sent += 1
        self._progress.advance(self._bar)

    def not_sent(self, file: FoundFile, error: ChanceryError | OSError) -> None:
        self.refused.append((file.name, str(error)))
        self._progress.advance(self._bar)

    def summarize(self, cut_short: str = "") -> None:
        """One line on stderr, after a table of what was refused."""
        if self.refused:
            show(("FILE", "WHY IT WAS NOT SENT"), self.refused[:LONGEST_TABLE], stderr=True)
            if len(self.refused) > LONGEST_TABLE:
                click.echo(f"... and {len(self.refused) - LONGEST_TABLE} more", err=True)
        said = f"{self._sent} of {self._files} files sent"
        if self._known:
            said += f", {self._known} were there before"
        if self.refused:
            said += f", {len(self.refused)} not sent"
        if cut_short:
            said = f"{cut_short}: {said}"
        click.echo(f"{said}.", err=True)
