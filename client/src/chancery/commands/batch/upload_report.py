"""The progress of sending the files of a folder: progress bar and summary."""

from __future__ import annotations

import click
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from chancery.commands.progress import ProgressReport
from chancery.commands.tables import show_failures
from chancery.errors import ChanceryError
from chancery.messages import message


class UploadReport(ProgressReport):
    """Counts the files of a folder as they are sent. Everything goes to stderr."""

    def __init__(self, files: int) -> None:
        super().__init__(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        )
        self.failures: list[tuple[str, str]] = []
        self._files = files
        self._present = 0
        self._sent = 0
        self._bar = self._progress.add_task(message("sent"), total=files)

    def already_present(self) -> None:
        """A file was not sent: it, or a file with the same bytes, was sent before."""
        self._present += 1
        self._progress.advance(self._bar)

    def sent(self) -> None:
        self._sent += 1
        self._progress.advance(self._bar)

    def not_sent(self, name: str, error: ChanceryError | OSError | str) -> None:
        self.failures.append((name, str(error)))
        self._progress.advance(self._bar)

    def summarize(self, aborted: str = "") -> None:
        """A table of the failures and a line of counts. `aborted` says why it stopped early."""
        show_failures(("FILE", "WHY IT WAS NOT SENT"), self.failures)
        summary = message("{sent} of {total} files sent", sent=self._sent, total=self._files)
        if self._present:
            summary += message(", {count} already present", count=self._present)
        if self.failures:
            summary += message(", {count} not sent", count=len(self.failures))
        if aborted:
            summary = message("{aborted}: {summary}", aborted=aborted, summary=summary)
        click.echo(message("{summary}.", summary=summary), err=True)
