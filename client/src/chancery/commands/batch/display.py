"""The progress of a batch on stderr: a bar on a terminal, else a line at each change of status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Self

import click
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn

from chancery.commands.progress import ProgressReport
from chancery.messages import message
from chancery.models import Batch

MAX_ERRORS_SHOWN = 20


class BatchDisplay(ProgressReport):
    """Shows the state of a batch. Each warning is printed once."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[count]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[expected]}", markup=False),
        )
        self._printed_warnings: set[str] = set()
        self._printed_status = ""
        self._bar = self._progress.add_task(
            message(batch.status), total=None, count="", expected=""
        )
        self._first = batch

    def __enter__(self) -> Self:
        super().__enter__()
        self.show(self._first)
        return self

    def show(self, batch: Batch) -> None:
        for warning in batch.warnings:
            if warning not in self._printed_warnings:
                self._printed_warnings.add(warning)
                self._print(message("Warning: {warning}", warning=warning))
        if self._progress.disable:
            if batch.status != self._printed_status and not batch.ended:
                self._printed_status = batch.status
                self._print(state_line(batch))
            return
        done, total = _done_and_total(batch)
        self._progress.update(
            self._bar,
            description=message(batch.status),
            total=total or None,
            completed=done,
            count=_count(batch),
            expected=expected_end(batch),
        )

    def _print(self, line: str) -> None:
        if self._progress.disable:
            click.echo(line, err=True)
        else:
            self._progress.console.print(line, markup=False, highlight=False)


def print_submitted(batch: Batch) -> None:
    """The state and the warnings of a new batch, on stderr."""
    for warning in batch.warnings:
        click.echo(message("Warning: {warning}", warning=warning), err=True)
    click.echo(message("{summary}.", summary=state_line(batch)), err=True)


def state_line(batch: Batch) -> str:
    parts = [_count(batch), expected_end(batch)]
    state = f"{batch.id} {message(batch.status)}"
    return ": ".join(filter(None, (state, "; ".join(filter(None, parts)))))


def summary(batch: Batch, *, errors_saved: bool = False) -> str:
    """The end of a batch in one line. If the whole batch failed, its errors follow."""
    counts = batch.counts
    line = message(
        "{batch.id} {status}: {counts.completed:,} of {counts.total:,} lines succeeded",
        batch=batch,
        status=message(batch.status),
        counts=counts,
    )
    if counts.failed:
        line += message(", {count:,} failed", count=counts.failed)
    if batch.error_file_id and not errors_saved:
        line += message(
            "; `chancery batch results {batch.id} --errors FILE` saves the errors", batch=batch
        )
    errors = batch.errors.data if batch.errors else ()
    details = [
        f"  {_line_number(error.line)}{error.message or error.code}"
        for error in errors[:MAX_ERRORS_SHOWN]
    ]
    return "\n".join([message("{summary}.", summary=line), *details])


def expected_end(batch: Batch) -> str:
    """Such as `expected at 07:42, in 2 h 10 min`, in local time, or why there is no time, such as
    `stalled: engine away since 2026-11-30 02:10 UTC`; empty if it is unknown.
    """
    if batch.ended:
        return ""
    if batch.expected_at is None:
        if batch.stalled is None:
            return ""
        return message("stalled: {why}", why=batch.stalled.detail)
    end = batch.expected_at.astimezone()
    now = datetime.now(UTC)
    day = "" if end.date() == now.astimezone().date() else f"{end:%Y-%m-%d} "
    remaining = end - now
    text = message("expected at {day}{end:%H:%M}", day=day, end=end)
    return text + message(", in {span}", span=_span(remaining)) if remaining > timedelta() else text


def _count(batch: Batch) -> str:
    if batch.status == "validating" and batch.progress is not None:
        read, total = batch.progress.read / 1e6, batch.progress.of / 1e6
        return message("{read:,.1f} of {total:,.1f} MB read", read=read, total=total)
    counts = batch.counts
    if not counts.total:
        return ""
    ended = counts.completed + counts.failed
    text = message("{ended:,} of {total:,} lines", ended=ended, total=counts.total)
    return text + message(", {count:,} failed", count=counts.failed) if counts.failed else text


def _done_and_total(batch: Batch) -> tuple[int, int]:
    if batch.status == "validating" and batch.progress is not None:
        return batch.progress.read, batch.progress.of
    return batch.counts.completed + batch.counts.failed, batch.counts.total


def _span(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    if days:
        return message("{days} d {hours} h", days=days, hours=hours)
    if hours:
        return message("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return message("{minutes} min", minutes=minutes)


def _line_number(line: int | None) -> str:
    return "" if line is None else message("line {line}: ", line=line)
