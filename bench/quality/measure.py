"""One figure of the quality of a task."""

from __future__ import annotations

from dataclasses import dataclass


class CannotMeasure(Exception):
    """This machine lacks what the measurement needs, such as a font; the text names it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure, its target, and `sample`, the number of things measured.

    `basis` is what the figure measures: `rules`, `plumbing` (what rules make of a model's answers)
    or `model`.
    """

    task: str
    name: str
    sample: int
    figure: float
    target: float | None = None
    unit: str = ""
    basis: str = "rules"
    lower_is_better: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the figure is equal to its target or better; None without a target."""
        if self.target is None:
            return None
        if self.lower_is_better:
            return self.figure <= self.target
        return self.figure >= self.target
