"""One figure about the quality of what a task does."""

from __future__ import annotations

from dataclasses import dataclass


class CannotMeasure(Exception):
    """This machine lacks what a measurement needs, such as a font; the words say what."""


@dataclass(frozen=True, slots=True)
class Measure:
    """`figure` is met where it is `target` or better: more, unless `lower_is_better`.

    `basis` says what the figure is of: `rules`, the `plumbing`, or the `model`. `sample` is how
    many things were measured.
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
        """None where there is no target."""
        if self.target is None:
            return None
        if self.lower_is_better:
            return self.figure <= self.target
        return self.figure >= self.target
