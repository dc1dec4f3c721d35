"""The stored figures of the measurements, and the table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bench.measured import STORED, Measured, Results
from bench.measurements import MEASUREMENTS, Measurement
from bench.rows import ROWS, Row
from bench.table import figures, missed, table

NO_FOLDER = Path("/nonexistent")
REPORTS = """
import json, os, pathlib
pathlib.Path(os.environ["BENCH_FIGURES"]).write_text(json.dumps({"seconds to ready": 3.5}))
"""


def results(run: str = "2026-11-30", **rounds: Sequence[Mapping[str, float]]) -> Results:
    measured = {
        name: Measured(run, run, "2 cores, load 0.1", f"python -m bench.{name}", list(figures))
        for name, figures in rounds.items()
    }
    return Results(NO_FOLDER, measured)


def row(table: str, label: str) -> list[str]:
    found = next(line for line in table.split("\n") if line.startswith(f"| {label} |"))
    return [cell.strip() for cell in found.split("|")[2:-1]]


def module(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that a measurement can run."""
    (folder / "measured.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return "measured"


def test_the_table_has_medians_ranges_and_what_was_reached() -> None:
    shown = table(results(start=[{"seconds to ready": value} for value in (3.0, 9.0, 4.0)]))
    assert row(shown, "start to `ready`, s") == [
        *("4", "3 to 9", "3", "≤ 4: met", ""),
        "`python -m bench.start`",
    ]


def test_a_ratio_is_the_median_of_the_rounds_ratios_and_a_failed_round_has_none() -> None:
    ours = [{"jobs/s": 100.0}, {}, {"jobs/s": 300.0}, {"jobs/s": 90.0}]
    glue = [{"jobs/s": value} for value in (50.0, 1.0, 100.0, 60.0)]
    shown = table(results(jobs=ours, glue=glue))
    assert row(shown, "single jobs/s, submission to callback")[2:5] == [
        *("3", "", "2.00 of glue, ≥ 2: met")
    ]


def test_figures_of_different_runs_are_not_compared() -> None:
    mixed = results(jobs=[{"jobs/s": 100.0}])
    mixed.measured |= results("2026-11-29", glue=[{"jobs/s": 50.0}]).measured
    assert row(table(mixed), "single jobs/s, submission to callback")[4] == ""
    assert "single jobs/s, submission to callback" in missed(mixed)


def test_a_row_that_was_not_measured_says_so_and_counts_as_missed() -> None:
    none = results(start=[{}])
    assert row(table(none), "start to `ready`, s")[:2] == ["not measured", ""]
    assert list(figures(none, "start")) == ["start to `ready`, s: not measured"]
    assert "start to `ready`, s" in missed(none)


def test_after_a_measurement_each_figure_is_shown_beside_its_bound() -> None:
    last = results(start=[{"seconds to ready": 3.0}, {"seconds to ready": 5.5}])
    assert list(figures(last, "start")) == ["start to `ready`, s: 5.5, to reach ≤ 4: missed"]


def test_a_round_is_stored_with_its_command_and_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Results(tmp_path / "results")
    one = Measurement("start", "it", module(tmp_path, REPORTS, monkeypatch), ("--some",))
    written.begin(one, "2026-11-30T05:00:00+00:00", quick=False)
    assert written.add_round(one, quick=False) is None

    read = Results.read(tmp_path / "results").measured["start"]
    assert read == written.measured["start"]
    assert (read.rounds, read.command) == ([{"seconds to ready": 3.5}], "python -m measured --some")
    assert len(read.seconds) == 1


@pytest.mark.parametrize(
    ("text", "limit", "failure"),
    [
        (REPORTS + "raise SystemExit(3)", 30.0, "status 3"),
        ("import time; time.sleep(600)", 0.1, "not finished after 0.1 s"),
    ],
    ids=["exits", "takes too long"],
)
def test_a_failed_round_leaves_no_figures(
    text: str, limit: float, failure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = Results(tmp_path / "results")
    one = Measurement("start", "it", module(tmp_path, text, monkeypatch), limit_seconds=limit)
    results.begin(one, "2026-11-30T05:00:00+00:00", quick=False)
    assert results.add_round(one, quick=False) == failure
    assert results.measured["start"].rounds == [{}]


@pytest.mark.parametrize("file", sorted(STORED.glob("*.json")), ids=lambda file: file.stem)
def test_the_stored_results_have_the_format_and_a_measurement(file: Path) -> None:
    measured = Measured.parse(file.read_text("utf-8"))
    assert file.stem in {one.name for one in MEASUREMENTS}
    assert len(measured.rounds) == len(measured.seconds)
    for one in measured.rounds:
        assert all(isinstance(value, int | float) for value in one.values())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_every_row_names_a_measurement(row: Row) -> None:
    names = {one.name for one in MEASUREMENTS}
    assert row.measurement in names
    assert row.peer is None or row.peer[0] in names


@pytest.mark.parametrize("one", MEASUREMENTS, ids=lambda one: one.name)
def test_every_measurement_is_a_module(one: Measurement) -> None:
    path = Path(__file__).parents[3].joinpath(*one.module.split("."))
    assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def test_of_equal_labels_there_are_none() -> None:
    labels = [row.label for row in ROWS]
    assert len(set(labels)) == len(labels)
