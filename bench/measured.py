"""The figures of the measurements: runs them, and stores each round."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import FILE_VARIABLE
from bench.measurements import Measurement
from bench.system import machine

STORED = Path(__file__).with_name("results")
# Of a quick run: its figures say nothing, so they are not beside the others.
QUICK = Path(__file__).parents[1] / ".bench" / "quick"
# The folder that a measurement reads which needs the figures of others.
FOLDER_VARIABLE = "BENCH_RESULTS"
TABLE = "table.md"


@dataclass(slots=True)
class Measured:
    """What one measurement gave.

    `run` is the start of the run of `python -m bench`, in ISO 8601: figures of different runs are
    not compared. `command` shows what each round ran. `rounds` has the figures of each round by
    name, none for a round that failed; `seconds` how long each took.
    """

    run: str
    at: str
    machine: str
    command: str
    rounds: list[Mapping[str, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Measured:
        """Raises `ValueError` or `TypeError` for another format."""
        return cls(**json.loads(text))

    def dump(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


@dataclass(slots=True)
class Results:
    """What was measured, by the name of the measurement; each is a file in `folder`."""

    folder: Path
    measured: dict[str, Measured] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path | None = None) -> Results:
        """The figures of earlier runs, by default in the folder of the current run."""
        folder = folder or Path(os.environ.get(FOLDER_VARIABLE, STORED))
        files = sorted(folder.glob("*.json"))
        return cls(folder, {one.stem: Measured.parse(one.read_text("utf-8")) for one in files})

    def begin(self, measurement: Measurement, run: str, *, quick: bool) -> None:
        """Forget what an earlier run measured."""
        command = " ".join(("python", *measurement.argv(quick=quick)))
        self.measured[measurement.name] = Measured(run, run, machine(), command)

    def add_round(self, measurement: Measurement, *, quick: bool) -> str | None:
        """Run a measurement once and store what it reports. Returns why it failed, or None."""
        began, measured = time.perf_counter(), self.measured[measurement.name]
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "figures.json"
            environment = {FILE_VARIABLE: str(file), FOLDER_VARIABLE: str(self.folder)}
            failure = measurement.run(environment, quick=quick)
            figures = json.loads(file.read_text("utf-8")) if file.exists() else {}
        measured.rounds.append({} if failure else figures)
        measured.seconds.append(round(time.perf_counter() - began, 1))
        measured.at = datetime.now(UTC).isoformat(timespec="seconds")
        measured.machine = machine()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{measurement.name}.json").write_text(measured.dump(), "utf-8")
        return failure

    def values(self, measurement: str, figure: str) -> Sequence[float]:
        """A figure of each round that has it."""
        return [one[figure] for one in self._rounds(measurement) if figure in one]

    def ratios(self, measurement: str, figure: str, peer: str, peer_figure: str) -> Sequence[float]:
        """A figure as a multiple of the peer's in the same round; none of another run."""
        ours, theirs = self.measured.get(measurement), self.measured.get(peer)
        if ours is None or theirs is None or ours.run != theirs.run:
            return []
        return [
            one[figure] / other[peer_figure]
            for one, other in zip(ours.rounds, theirs.rounds, strict=False)
            if figure in one and other.get(peer_figure)
        ]

    def _rounds(self, measurement: str) -> Sequence[Mapping[str, Any]]:
        measured = self.measured.get(measurement)
        return measured.rounds if measured else ()
