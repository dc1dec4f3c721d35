"""One figure of `make quality`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """`sample` is how many were looked at. `basis` says whose figure it is: `rules`, `plumbing`
    (all but the model), or `model`. Without a `target` the figure is reported and not judged.
    """

    task: str
    name: str
    sample: int
    figure: float
    target: float | None = None
    unit: str = ""
    basis: str = "rules"
