"""The figures of the measurements: runs them, stores each round, and writes the table."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import FILE_VARIABLE
from bench.rows import ROWS, Measurement, Row
from bench.system import machine

FOLDER = Path(__file__).with_name("results")
LONGEST_SECONDS = 3600.0


@dataclass(slots=True)
class Results:
    """The rounds of each measurement, each round with its figures by name."""

    rounds: dict[str, list[Mapping[str, float]]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)

    @classmethod
    def stored(cls) -> Results:
        """The figures of earlier runs."""
        read = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
        return cls({name: list(one["rounds"]) for name, one in read.items()})

    def clear(self, measurement: Measurement) -> None:
        self.rounds[measurement.name] = []
        self.changed.add(measurement.name)

    def add_round(self, measurement: Measurement) -> bool:
        """Run a measurement once. Returns whether it succeeded; its output goes to stdout."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "figures.json"
            run = subprocess.run(
                [sys.executable, "-m", *measurement.argv],
                env={**os.environ, FILE_VARIABLE: str(file)},
                check=False,
                timeout=LONGEST_SECONDS,
            )
            if run.returncode:
                return False
            if file.exists():
                self.rounds[measurement.name].append(json.loads(file.read_text("utf-8")))
        return True

    def write(self) -> None:
        FOLDER.mkdir(exist_ok=True)
        for name in sorted(self.changed):
            stored = {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": machine(),
                "rounds": self.rounds[name],
            }
            (FOLDER / f"{name}.json").write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
        (FOLDER / "table.md").write_text(self.table() + "\n", "utf-8")

    def table(self) -> str:
        """A Markdown table of the rows that were measured."""
        lines = [
            "| figure | median | range | rounds | to reach | ratio to the glue |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        lines += [shown for row in ROWS if (shown := self._row(row))]
        return "\n".join(lines)

    def values(self, measurement: str, figure: str) -> Sequence[float]:
        """A figure of each round."""
        return [one[figure] for one in self.rounds.get(measurement, ()) if figure in one]

    def _row(self, row: Row) -> str:
        values = self.values(row.measurement, row.figure)
        if not values:
            return ""
        middle = statistics.median(values)
        bound = _checked(middle, *row.bound) if row.bound is not None else ""
        cells = (
            row.label,
            f"{middle:.4g}",
            f"{min(values):.4g} to {max(values):.4g}",
            str(len(values)),
            bound,
            self._ratio(row, values),
        )
        return f"| {' | '.join(cells)} |"

    def _ratio(self, row: Row, values: Sequence[float]) -> str:
        """The median of the rounds' ratios to the peer."""
        if row.peer is None:
            return ""
        pairs = zip(values, self.values(*row.peer), strict=False)
        ratios = [value / peer for value, peer in pairs]
        if not ratios:
            return ""
        middle = statistics.median(ratios)
        return (
            f"{middle:.2f}; {_checked(middle, '>=', row.ratio)}" if row.ratio else f"{middle:.2f}"
        )


def _checked(value: float, sign: str, limit: float) -> str:
    """A bound, and whether the value keeps it."""
    if sign == ">=":
        return f"≥ {limit:g} {'✓' if value >= limit else '✗'}"
    return f"≤ {limit:g} {'✓' if value <= limit else '✗'}"
