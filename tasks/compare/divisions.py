"""Which chapters and sections units stand in, and which units came into others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.text.provisions import DIVISION_LEVEL, Unit, enter_division

# By level (编, 章, 节), the index of the heading.
Path = Mapping[str, int]


class Divisions:
    """Of two texts, of which `pairs` has the old unit of each new one."""

    def __init__(self, old: Sequence[Unit], new: Sequence[Unit], pairs: Mapping[int, int]) -> None:
        self._old, self._new = _paths(old), _paths(new)
        self._pairs = {
            there: here
            for there, here in pairs.items()
            if new[there].kind == old[here].kind == "heading"
        }
        self._kept = frozenset(self._pairs.values())

    def moved(self, old: int, new: int) -> bool:
        """Whether a unit stands under another heading, of those that both texts have.

        A heading that was put in before an article, or taken out, has not moved the article.
        """
        before, after = self._old[old], self._new[new]
        return any(
            before[level] in self._kept
            and self._pairs.get(after[level], before[level]) != before[level]
            for level in before.keys() & after.keys()
        )


def _paths(units: Sequence[Unit]) -> list[Path]:
    """For each unit the headings that it stands under."""
    found: list[Path] = []
    above: dict[str, int] = {}
    for index, unit in enumerate(units):
        level = DIVISION_LEVEL.search(unit.position.label or "") if unit.kind == "heading" else None
        if level is not None:
            enter_division(above, level[0], index)
        found.append(dict(above))
    return found
