"""Progress bars on stderr, drawn only on a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn


class ProgressReport:
    """Draws a progress bar while it is used as a context manager."""

    def __init__(self, *columns: ProgressColumn, redirect_stdout: bool = False) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            *columns,
            console=console,
            disable=not console.is_terminal,
            redirect_stdout=redirect_stdout,
        )

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
