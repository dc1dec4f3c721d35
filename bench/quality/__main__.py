"""`python -m bench.quality [NAME ...]`: measure the quality of tasks, and print one table.

The exit status is 1 if a figure of the rules misses its target or a measurement fails. Figures of
the plumbing and of the model do not change it, nor do measurements for which this machine lacks
something, such as a font; these are shown as missing.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.quality.measure import CannotMeasure, Measure


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one module of measurements, or why there are none."""

    name: str
    measures: tuple[Measure, ...]
    seconds: float
    error: str | None = None
    lacks: str | None = None

    @property
    def good(self) -> bool:
        missed = any(one.basis == "rules" and one.met is False for one in self.measures)
        return self.error is None and not missed


def names() -> list[str]:
    """The modules and packages of measurements: those with a `measures` function."""
    folder = Path(__file__).parent
    files = {path.stem: path for path in folder.glob("*.py") if not path.stem.startswith("_")}
    files |= {path.parent.name: path for path in folder.glob("*/__init__.py")}
    return sorted(name for name, path in files.items() if "\ndef measures(" in path.read_text())


def measure(name: str) -> Outcome:
    """Run one module's measurements. An exception is recorded in the outcome."""
    begun = time.monotonic()
    measures: list[Measure] = []
    error = lacks = None
    try:
        measures.extend(importlib.import_module(f"bench.quality.{name}").measures())
    except CannotMeasure as raised:
        lacks = str(raised)
    except Exception as raised:  # noqa: BLE001 - shown in the table; the others still run
        error = f"{type(raised).__name__}: {raised}"
    return Outcome(name, tuple(measures), time.monotonic() - begun, error, lacks)


def table(outcomes: Sequence[Outcome]) -> Table:
    shown = Table(title="Quality of tasks", title_justify="left", header_style="bold")
    for column in ("task", "measure"):
        shown.add_column(column)
    for column in ("sample", "figure", "target"):
        shown.add_column(column, justify="right")
    for column in ("met", "basis"):
        shown.add_column(column)
    for outcome in outcomes:
        for one in outcome.measures:
            shown.add_row(*_row(one))
        if outcome.error is not None:
            shown.add_row(outcome.name, outcome.error, "", "failed", "", "no", "")
        if outcome.lacks is not None:
            shown.add_row(outcome.name, outcome.lacks, "", "missing", "", "", "")
    return shown


def _row(one: Measure) -> tuple[str, ...]:
    bound = "at most" if one.lower_is_better else "at least"
    target = "" if one.target is None else f"{bound} {_number(one.target)}"
    met = {None: "", True: "yes", False: "no"}[one.met]
    figure = f"{_number(one.figure)} {one.unit}".strip()
    return one.task, one.name, f"{one.sample:,}", figure, target, met, one.basis


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4f}"


def main() -> None:
    known = names()
    asked = sys.argv[1:] or known
    unknown = [name for name in asked if name not in known]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}. Measurements: {', '.join(known)}")
    outcomes = []
    for name in asked:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        outcomes.append(measure(name))
        print(f"  {outcomes[-1].seconds:.0f} s", file=sys.stderr, flush=True)
    # Wide enough for whole words when the output is not a terminal.
    console = Console() if sys.stdout.isatty() else Console(width=140)
    console.print(table(outcomes))
    sys.exit(0 if all(outcome.good for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
