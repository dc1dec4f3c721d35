"""What the operations of content streams have besides shown text: names, properties, long numbers.

No reader shows it, and any program may write text there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pikepdf

# Operators that show a string.
SHOWS = frozenset(("Tj", "TJ", "'", '"'))
OPERATORS = frozenset(
    (
        "q", "Q", "cm", "w", "J", "j", "M", "d", "ri", "i", "gs", "m", "l", "c", "v", "y", "h",
        "re", "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n", "W", "W*", "BT", "ET", "Tc",
        "Tw", "Tz", "TL", "Tf", "Tr", "Ts", "Td", "TD", "Tm", "T*", "Tj", "TJ", "'", '"', "d0",
        "d1", "CS", "cs", "SC", "SCN", "sc", "scn", "G", "g", "RG", "rg", "K", "k", "sh",
        "INLINE IMAGE", "Do", "MP", "DP", "BMC", "BDC", "EMC", "BX", "EX",
    )
)  # fmt: skip
"""All operators of content streams (ISO 32000-2, annex A)."""
_LARGEST = 1_000_000  # a measure of a page is smaller


def asides_of(operator: str, instruction: Any, named: set[bytes]) -> Iterator[Any]:
    """Yield the operands that are not shown, and the name of an unknown operator as a string.

    Numbers of usual size are left out, and names that are in `named`, to which others are added.
    """
    if operator not in OPERATORS:
        yield pikepdf.String(operator)
    if operator == "INLINE IMAGE":
        yield instruction.iimage.obj
    elif instruction.operands:
        yield from _values(instruction.operands, named, is_shown=operator in SHOWS)


def _values(operands: Iterable[Any], named: set[bytes], *, is_shown: bool) -> Iterator[Any]:
    for one in operands:
        if not isinstance(one, pikepdf.Object):
            if not isinstance(one, bool) and not -_LARGEST < one < _LARGEST:
                yield one
        elif isinstance(one, pikepdf.Name):
            if (name := one.unparse()) not in named:
                named.add(name)
                yield one
        elif isinstance(one, pikepdf.Array):
            yield from _values(one, named, is_shown=is_shown)
        elif not (is_shown and isinstance(one, pikepdf.String)):
            yield one
