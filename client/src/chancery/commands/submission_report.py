"""The progress and outcome of `chancery submit`: results, progress bar, summary."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from chancery.commands.progress import ProgressReport
from chancery.commands.readable import lines_of
from chancery.commands.result_files import Folder
from chancery.commands.tables import show_failures
from chancery.errors import ApiProblem, ChanceryError
from chancery.messages import message
from chancery.models import Job


class SubmissionReport(ProgressReport):
    """Prints results to stdout or writes them to `out`; the progress bar goes to stderr."""

    def __init__(
        self, files: list[Path], *, waits: bool, out: Path | None, as_text: bool = False
    ) -> None:
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
        self._as_text = as_text
        self.folder = Folder(out) if out is not None else None
        self._result_paths = (
            {file: self.folder.new_path(f"{file.name}.json") for file in files}
            if self.folder
            else {}
        )
        self._sent = 0
        self._ended = 0
        self._sent_bar = self._progress.add_task(message("sent"), total=len(files))
        self._ended_bar = self._progress.add_task(message("ended"), total=len(files), visible=waits)

    def not_sent(self, file: Path, error: ChanceryError | OSError) -> None:
        self.failures.append((str(file), message("not sent"), str(error)))
        problem: dict[str, Any] = {"title": message("Not sent"), "detail": str(error)}
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
        reason = str(error.get("detail") or error.get("title") or message(job.status))
        self.failures.append((str(file), f"{job.id} {message(job.status)}", reason))
        self._print(file, job.id, job.status, error=job.error)

    def end_unknown(self, file: Path, job: Job, reason: str) -> None:
        """Waiting for the job failed; the job itself continues."""
        self.failures.append((str(file), message("{job.id} end unknown", job=job), reason))
        self._print(file, job.id, None, error={"title": message("End unknown"), "detail": reason})
        self._progress.advance(self._ended_bar)

    def saved(self, path: Path) -> None:
        """A file that the task made is at `path`."""
        text = message("Saved {path}", path=path)
        self._progress.console.print(text, markup=False, highlight=False)

    def not_saved(self, file: Path, job: Job, name: str, error: Exception) -> None:
        what = message("{job.id} succeeded, {name} not saved", job=job, name=name)
        self.failures.append((str(file), what, str(error)))

    def summarize(self, aborted: str = "") -> None:
        """A table of the failures and a line of counts. `aborted` says why it stopped early."""
        show_failures(("FILE", "WHAT", "WHY"), self.failures)
        summary = message("{sent} of {total} files sent", sent=self._sent, total=len(self.files))
        if self._waits:
            summary += message(", {count} ended", count=self._ended)
        if self.failures:
            summary += message(", {count:,} failed", count=len(self.failures))
        if aborted:
            summary = message(
                "{aborted}: {summary}; jobs already sent continue, see `chancery jobs`",
                aborted=aborted,
                summary=summary,
            )
        click.echo(message("{summary}.", summary=summary), err=True)

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
            what = message("{job.id} succeeded, result not written", job=job)
            self.failures.append((str(file), what, str(error)))

    def _print(self, file: Path, job_id: str | None, status: str | None, **more: Any) -> None:
        if self._as_text:
            lines = [
                f"{file}  {job_id or ''}  {message(status or '')}".rstrip(),
                *lines_of(more, "  "),
            ]
            sys.stdout.write("\n".join(lines) + "\n")
        else:
            line = {"file": str(file), "job_id": job_id, "status": status} | more
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()
