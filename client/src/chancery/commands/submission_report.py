"""The progress and outcome of `chancery submit`: results, progress bar, summary."""

from __future__ import annotations

import json
import sys
from itertools import chain, count
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from chancery.commands.progress import ProgressReport
from chancery.commands.tables import show_failures
from chancery.errors import ApiProblem, ChanceryError
from chancery.models import Job


class SubmissionReport(ProgressReport):
    """Prints results to stdout or writes them to `out`; the progress bar goes to stderr."""

    def __init__(self, files: list[Path], *, waits: bool, out: Path | None) -> None:
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            # On a terminal only: otherwise piped results would be drawn on stderr with the bar.
            redirect_stdout=sys.stdout.isatty(),
        )
        self.files = files
        self.failures: list[tuple[str, str, str]] = []
        self._waits = waits
        self._result_paths = _result_paths(files, out) if out is not None else {}
        self._sent = 0
        self._ended = 0
        self._sent_bar = self._progress.add_task("sent", total=len(files))
        self._ended_bar = self._progress.add_task("ended", total=len(files), visible=waits)

    def not_sent(self, file: Path, error: ChanceryError | OSError) -> None:
        self.failures.append((str(file), "not sent", str(error)))
        problem: dict[str, Any] = {"title": "Not sent", "detail": str(error)}
        if isinstance(error, ApiProblem):
            problem = error.to_dict()
        self._print(file, None, None, error=problem)
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
        reason = str(error.get("detail") or error.get("title") or job.status)
        self.failures.append((str(file), f"{job.id} {job.status}", reason))
        self._print(file, job.id, job.status, error=job.error)

    def end_unknown(self, file: Path, job: Job, reason: str) -> None:
        """Waiting for the job failed; the job itself continues."""
        self.failures.append((str(file), f"{job.id} end unknown", reason))
        self._print(file, job.id, None, error={"title": "End unknown", "detail": reason})
        self._progress.advance(self._ended_bar)

    def summarize(self, aborted: str = "") -> None:
        """A table of the failures and a line of counts. `aborted` says why it stopped early."""
        show_failures(("FILE", "WHAT", "WHY"), self.failures)
        summary = f"{self._sent} of {len(self.files)} files sent"
        if self._waits:
            summary += f", {self._ended} ended"
        if self.failures:
            summary += f", {len(self.failures)} failed"
        if aborted:
            summary = f"{aborted}: {summary}; jobs already sent continue, see `chancery jobs`"
        click.echo(f"{summary}.", err=True)

    def _deliver(self, file: Path, job: Job, result: Any) -> None:
        path = self._result_paths.get(file)
        if path is None:
            self._print(file, job.id, job.status, result=result)
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
        except OSError as error:
            self.failures.append((str(file), f"{job.id} succeeded, result not written", str(error)))

    def _print(self, file: Path, job_id: str | None, status: str | None, **more: Any) -> None:
        line = {"file": str(file), "job_id": job_id, "status": status} | more
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _result_paths(files: list[Path], out: Path) -> dict[Path, Path]:
    """A path in `out` for each file. Files of the same name are numbered."""
    paths: dict[Path, Path] = {}
    used: set[str] = set()
    for file in files:
        numbered = (f"{file.name}.{number}" for number in count(2))
        name = next(name for name in chain([file.name], numbered) if name not in used)
        used.add(name)
        paths[file] = out / f"{name}.json"
    return paths
