"""The chapters and sections of units, and units that moved to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.text.provisions import DIVISION_LEVEL, Unit, enter_division

# By level (编, 章, 节), the index of the heading.
Path = Mapping[str, int]


class Divisions:
    """The divisions of two texts; `pairs` maps new units to old ones."""

    def __init__(self, old: Sequence[Unit], new: Sequence[Unit], pairs: Mapping[int, int]) -> None:
        self._old, self._new = _paths(old), _paths(new)
        self._pairs = {
            there: here
            for there, here in pairs.items()
            if new[there].kind == old[here].kind == "heading"
        }
        self._paired = frozenset(self._pairs.values())

    def moved(self, old: int, new: int) -> bool:
        """Whether a unit is under another heading, considering headings that both texts have.

        An added or removed heading above an article does not move the article.
        """
        before, after = self._old[old], self._new[new]
        return any(
            before[level] in self._paired
            and self._pairs.get(after[level], before[level]) != before[level]
            for level in before.keys() & after.keys()
        )


def _paths(units: Sequence[Unit]) -> list[Path]:
    """Returns the headings above each unit."""
    paths: list[Path] = []
    above: dict[str, int] = {}
    for index, unit in enumerate(units):
        level = DIVISION_LEVEL.search(unit.position.label or "") if unit.kind == "heading" else None
        if level is not None:
            enter_division(above, level[0], index)
        paths.append(dict(above))
    return paths
