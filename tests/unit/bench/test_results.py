from __future__ import annotations

import pytest

from bench.results import Results
from bench.rows import MEASUREMENTS, ROWS, Row


def row(table: str, label: str) -> list[str]:
    found = next(line for line in table.split("\n") if line.startswith(f"| {label} |"))
    return [cell.strip() for cell in found.split("|")[2:-1]]


def test_the_table_has_medians_ranges_and_what_was_reached() -> None:
    rounds = [{"seconds to ready": value} for value in (3.0, 9.0, 4.0)]
    table = Results({"start": list(rounds)}).table()
    assert row(table, "start to `ready`, s") == ["4", "3 to 9", "3", "≤ 4 ✓", ""]


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    ours = [{"jobs/s": value} for value in (100.0, 300.0, 90.0)]
    glue = [{"jobs/s": value} for value in (50.0, 100.0, 60.0)]
    table = Results({"jobs": list(ours), "glue": list(glue)}).table()
    assert row(table, "single jobs/s, submission to callback")[-1] == "2.00; ≥ 2 ✓"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_every_row_names_a_measurement(row: Row) -> None:
    names = {one.name for one in MEASUREMENTS}
    assert row.measurement in names
    assert row.peer is None or row.peer[0] in names
