"""What became of the files that were sent: shown while it goes on, and summed up at the end."""

from __future__ import annotations

import json
import sys
from itertools import chain, count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from client.commands.tables import show
from client.errors import ApiProblem, ChanceryError
from client.models import Job

LONGEST_TABLE = 50


class Outcomes:
    """Watches a submission. Results go to stdout or `out`, the progress bar to stderr."""

    def __init__(self, files: list[Path], *, waits: bool, out: Path | None) -> None:
        self.files = files
        self.failures: list[tuple[str, str, str]] = []
        self._waits = waits
        self._places = _places(files, out) if out is not None else {}
        self._sent = 0
        self._ended = 0
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            # Else results would be drawn on stderr together with the bar, even into a pipe.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._sent_bar = self._progress.add_task("sent", total=len(files))
        self._ended_bar = self._progress.add_task("ended", total=len(files), visible=waits)

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

    def not_sent(self, file: Path, error: ChanceryError | OSError) -> None:
        self.failures.append((str(file), "not sent", str(error)))
        told = {"title": "Not sent", "detail": str(error)}
        self._print(
            file, None, None, error=error.to_dict() if isinstance(error, ApiProblem) else told
        )
        self._progress.advance(self._sent_bar)
        self._progress.advance(self._ended_bar)

    def sent(self, file: Path, job: Job) -> None:
        self._sent += 1
        self._progress.advance(self._sent_bar)
        if not self._waits:
            self._print(file, job.id, job.status)

    def ended(self, file: Path, job: Job, result: Any) -> None:
        self._ended += 1
        self._progress.advance(self._ended_bar)
        if job.succeeded:
            self._deliver(file, job, result)
            return
        error = job.error or {}
        why = str(error.get("detail") or error.get("title") or job.status)
        self.failures.append((str(file), f"{job.id} {job.status}", why))
        self._print(file, job.id, job.status, error=job.error)

    def lost(self, file: Path, job: Job, why: str) -> None:
        self.failures.append((str(file), f"{job.id} not seen to end", why))
        self._print(file, job.id, None, error={"title": "Not seen to end", "detail": why})
        self._progress.advance(self._ended_bar)

    def summarize(self, cut_short: str = "") -> None:
        """One line on stderr, after a table of what failed. `cut_short` says why it ended early."""
        if self.failures:
            show(("FILE", "WHAT", "WHY"), self.failures[:LONGEST_TABLE], stderr=True)
            if len(self.failures) > LONGEST_TABLE:
                click.echo(f"... and {len(self.failures) - LONGEST_TABLE} more", err=True)
        said = f"{self._sent} of {len(self.files)} files sent"
        if self._waits:
            said += f", {self._ended} ended"
        if self.failures:
            said += f", {len(self.failures)} failed"
        if cut_short:
            said = f"{cut_short}: {said}; jobs that were sent go on, see `chancery jobs`"
        click.echo(f"{said}.", err=True)

    def _deliver(self, file: Path, job: Job, result: Any) -> None:
        place = self._places.get(file)
        if place is None:
            self._print(file, job.id, job.status, result=result)
            return
        written = json.dumps(result, ensure_ascii=False, indent=2)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(written + "\n", encoding="utf-8")
        except OSError as error:
            self.failures.append((str(file), f"{job.id} succeeded, result not written", str(error)))

    def _print(self, file: Path, job_id: str | None, status: str | None, **more: Any) -> None:
        line = {"file": str(file), "job_id": job_id, "status": status} | more
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _places(files: list[Path], out: Path) -> dict[Path, Path]:
    """A file of its own in `out` for each, also where two have the same name."""
    places: dict[Path, Path] = {}
    taken: set[str] = set()
    for file in files:
        again = (f"{file.name}.{number}" for number in count(2))
        name = next(name for name in chain([file.name], again) if name not in taken)
        taken.add(name)
        places[file] = out / f"{name}.json"
    return places
