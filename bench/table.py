"""Shows the figures beside those to reach: a line for each after a measurement, and the table."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from bench.measured import Results
from bench.rows import ROWS, Bound, Row

HEAD = ("figure", "median", "range", "rounds", "to reach", "ratio", "command")


def table(results: Results) -> str:
    """A Markdown table with all rows, also of what was not measured."""
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    lines += [_line(_cells(results, row)) for row in ROWS]
    return "\n".join([*_machines(results), "", *lines]) + "\n"


def figures(results: Results, measurement: str) -> Iterator[str]:
    """A line for each row of a measurement: its last round, the bound, and whether it is met."""
    for row in ROWS:
        if row.measurement != measurement:
            continue
        last = results.measured[measurement].rounds[-1]
        if row.figure not in last:
            yield f"{row.label}: not measured"
            continue
        text = f"{row.label}: {last[row.figure]:.4g}"
        if row.bound is not None:
            text += f", to reach {_met(last[row.figure], row.bound)}"
        if ratios := _ratios(results, row):
            text += f", {_ratio(row, ratios[-1])}"
        yield text


def missed(results: Results) -> Sequence[str]:
    """The labels of the rows that do not reach their bound or were not measured."""
    return [row.label for row in ROWS if not _reached(results, row)]


def _reached(results: Results, row: Row) -> bool:
    values, ratios = results.values(row.measurement, row.figure), _ratios(results, row)
    if not values or (row.ratio is not None and not ratios):
        return False
    return (row.bound is None or row.bound.holds(statistics.median(values))) and (
        row.ratio is None or row.ratio.holds(statistics.median(ratios))
    )


def _machines(results: Results) -> Iterator[str]:
    """When and where it was measured."""
    measured = results.measured.values()
    times = sorted(one.at for one in measured)
    if times:
        yield f"Measured from {times[0]} to {times[-1]}."
    for name in sorted({one.machine.partition(", load")[0] for one in measured}):
        yield f"Machine: {name}."


def _cells(results: Results, row: Row) -> Sequence[str]:
    values, ratios = results.values(row.measurement, row.figure), _ratios(results, row)
    measured = results.measured.get(row.measurement)
    command = f"`{measured.command}`" if measured else ""
    if not values:
        bound = str(row.bound) if row.bound is not None else ""
        return (row.label, "not measured", "", "0", bound, "", command)
    middle = statistics.median(values)
    return (
        row.label,
        f"{middle:.4g}",
        f"{min(values):.4g} to {max(values):.4g}",
        str(len(values)),
        _met(middle, row.bound) if row.bound is not None else "",
        # Not the ratio of the medians: the machine's load changes from round to round.
        _ratio(row, statistics.median(ratios)) if ratios else "",
        command,
    )


def _ratios(results: Results, row: Row) -> Sequence[float]:
    if row.peer is None:
        return []
    return results.ratios(row.measurement, row.figure, *row.peer)


def _ratio(row: Row, ratio: float) -> str:
    assert row.peer is not None
    text = f"{ratio:.2f} of {row.peer[0]}"
    return f"{text}, {_met(ratio, row.ratio)}" if row.ratio is not None else text


def _met(value: float, bound: Bound) -> str:
    return f"{bound}: {'met' if bound.holds(value) else 'missed'}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
