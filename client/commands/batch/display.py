"""How far a batch has come: a bar on a terminal, a line at each change elsewhere. On stderr."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from client.models import Batch

MOST_ERRORS = 20


class BatchDisplay:
    """Shows a batch again and again; each warning once."""

    def __init__(self, batch: Batch) -> None:
        self._warned: set[str] = set()
        self._told = ""
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[count]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[expected]}", markup=False),
            console=console,
            disable=not console.is_terminal,
            redirect_stdout=False,
        )
        self._bar = self._progress.add_task(batch.status, total=None, count="", expected="")
        self._first = batch

    def __enter__(self) -> Self:
        self._progress.start()
        self.show(self._first)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, batch: Batch) -> None:
        for warning in batch.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self._say(f"Warning: {warning}")
        expected = expected_in(batch)
        if self._progress.disable:
            if batch.status != self._told and not batch.ended:
                self._told = batch.status
                self._say(state_of(batch))
            return
        done, total = _bar_of(batch)
        self._progress.update(
            self._bar,
            description=batch.status,
            total=total or None,
            completed=done,
            count=count_of(batch),
            expected=expected,
        )

    def _say(self, line: str) -> None:
        if self._progress.disable:
            click.echo(line, err=True)
        else:
            self._progress.console.print(line, markup=False, highlight=False)


def announce(batch: Batch) -> None:
    """Say on stderr what was answered to a submission."""
    for warning in batch.warnings:
        click.echo(f"Warning: {warning}", err=True)
    click.echo(f"{state_of(batch)}.", err=True)


def state_of(batch: Batch) -> str:
    parts = [count_of(batch), expected_in(batch)]
    return f"{batch.id} {batch.status}: {'; '.join(part for part in parts if part)}".rstrip(": ")


def summary(batch: Batch, *, errors_saved: bool = False) -> str:
    """What is to be said of its end, in one line or, where it failed as a whole, several."""
    counts = batch.counts
    said = f"{batch.id} {batch.status}: {counts.completed:,} of {counts.total:,} lines done"
    if counts.failed:
        said += f", {counts.failed:,} failed"
    if batch.error_file_id and not errors_saved:
        said += f"; `chancery batch results {batch.id} --errors FILE` saves why"
    errors = batch.errors.data if batch.errors else ()
    why = [f"  {_place(each.line)}{each.message or each.code}" for each in errors[:MOST_ERRORS]]
    return "\n".join([f"{said}.", *why])


def count_of(batch: Batch) -> str:
    if batch.status == "validating" and batch.progress is not None:
        return f"{batch.progress.read / 1e6:,.1f} of {batch.progress.of / 1e6:,.1f} MB read"
    counts = batch.counts
    if not counts.total:
        return ""
    said = f"{counts.completed + counts.failed:,} of {counts.total:,} lines"
    return f"{said}, {counts.failed:,} failed" if counts.failed else said


def expected_in(batch: Batch) -> str:
    """`expected at 07:42, in 2 h 10 min`, in the machine's own time, where it is known."""
    if batch.expected_at is None or batch.ended:
        return ""
    moment = batch.expected_at.astimezone()
    now = datetime.now(UTC)
    day = "" if moment.date() == now.astimezone().date() else f"{moment:%Y-%m-%d} "
    left = moment - now
    ahead = f", in {_span(left)}" if left > timedelta() else ""
    return f"expected at {day}{moment:%H:%M}{ahead}"


def _bar_of(batch: Batch) -> tuple[int, int]:
    if batch.status == "validating" and batch.progress is not None:
        return batch.progress.read, batch.progress.of
    return batch.counts.completed + batch.counts.failed, batch.counts.total


def _span(left: timedelta) -> str:
    minutes = max(1, round(left.total_seconds() / 60))
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _place(line: int | None) -> str:
    return "" if line is None else f"line {line}: "
