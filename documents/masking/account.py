"""Counts what was masked in a file, and lists the parts that were not checked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from documents.masking.replacement import Replacement

_MOST_LISTED = 500
_MOST_BOXES = 5_000


# Left, top, right and bottom in points from the top left corner of a page or picture.
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Account:
    """What was masked, what was not checked, and what was removed.

    `part` is the usual name of a part of a file: `body`, `headers`, `comments`, `page 3`. `values`
    are the texts that were masked in each part, for the comparison with the document's text; what
    is not among them may be in `left_out`, the texts of parts that were left out. Neither is ever
    handed out. `boxes` are what was painted over: the part, the kind and the box.
    """

    masked: Counter[tuple[str, str]] = field(default_factory=Counter)
    uncovered: list[tuple[str, str]] = field(default_factory=list)
    removed: Counter[str] = field(default_factory=Counter)
    boxes: list[tuple[str, str, Box]] = field(default_factory=list)
    values: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    left_out: list[str] = field(default_factory=list)

    def count(self, part: str, changes: Sequence[Replacement]) -> None:
        self.masked.update((part, change.label) for change in changes)
        if changes:
            self.values[part].update(change.value for change in changes)

    def remove(self, what: str, text: str) -> None:
        """Note a part that is left out, with its text."""
        self.removed[what] += 1
        self.left_out.append(text)

    def add_box(self, part: str, kind: str, box: Box) -> None:
        self.boxes.append((part, kind, box))

    def add_not_covered(self, what: str, where: str) -> None:
        """Note a part that was not checked and stays in the file."""
        self.uncovered.append((what, where))

    def add_all(self, other: Account, where: str) -> None:
        """Add what was masked in a file inside the file."""
        for (part, kind), count in other.masked.items():
            self.masked[f"{where}: {part}", kind] += count
        self.uncovered += [(what, f"{where}: {place}") for what, place in other.uncovered]
        self.removed += other.removed
        self.boxes += [(f"{where}: {part}", kind, box) for part, kind, box in other.boxes]
        for part, values in other.values.items():
            self.values[f"{where}: {part}"] |= values
        self.left_out += other.left_out

    def as_json(self) -> dict[str, Any]:
        uncovered = list(dict.fromkeys(self.uncovered))
        if len(uncovered) > _MOST_LISTED:
            more = len(uncovered) - _MOST_LISTED
            uncovered[_MOST_LISTED:] = [("others", f"{more:,} more parts of the file")]
        return {
            "masked": [
                {"part": part, "kind": kind, "count": count}
                for (part, kind), count in sorted(self.masked.items())
            ],
            "boxes": [
                {"part": part, "kind": kind, "box": box}
                for part, kind, box in self.boxes[:_MOST_BOXES]
            ],
            "not_covered": [{"what": what, "where": where} for what, where in uncovered],
            "removed": [
                {"what": what, "count": count}
                for what, count in sorted(self.removed.items())
                if count
            ],
        }
