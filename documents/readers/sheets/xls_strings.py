"""Shared strings of an XLS file with raised or lowered digits, which python-calamine drops.

Section numbers are those of MS-XLS.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from documents.readers.sheets.rich_text import with_positions

_FONT, _STRINGS, _CONTINUE = 0x0031, 0x00FC, 0x003C  # 2.4.122, 2.4.265, 2.4.58
_POSITION_AT = 8
_NO_FONT = 4  # no font has this number (2.5.129)
_IS_WIDE, _IS_EXTENDED, _IS_RICH = 0x01, 0x04, 0x08  # 2.5.293
_RUN = struct.Struct("<HH")  # 2.5.132


@dataclass(slots=True)
class SharedStrings:
    """Collects the fonts and the strings of a workbook from its records."""

    _positions: list[int] = field(default_factory=list)
    _parts: list[bytes] = field(default_factory=list)
    _is_open: bool = False

    def add(self, kind: int, body: bytes) -> None:
        """Note a record; those of other kinds only end the strings."""
        if kind == _FONT:
            if len(self._positions) == _NO_FONT:
                self._positions.append(0)
            self._positions.append(int.from_bytes(body[_POSITION_AT : _POSITION_AT + 2], "little"))
        if kind == _STRINGS or (kind == _CONTINUE and self._is_open):
            self._parts.append(body)
        self._is_open = kind == _STRINGS or (kind == _CONTINUE and self._is_open)

    def raised(self) -> tuple[Mapping[int, str], bool]:
        """The strings with raised or lowered characters by their numbers, and whether the record
        could be read to its end.
        """
        found: dict[int, str] = {}
        if not any(self._positions) or not self._parts:
            return found, True
        reader = _Reader(self._parts)
        try:
            _, count = struct.unpack("<II", reader.take(8))
            for number in range(count):
                text, runs = reader.string()
                if any(self._position(font) for _, font in runs):
                    found[number] = with_positions(text, runs, self._positions)
        except EOFError:
            return found, False
        return found, True

    def _position(self, font: int) -> int:
        return self._positions[font] if font < len(self._positions) else 0


class _Reader:
    """Reads strings that go on in further records (2.5.293)."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._parts = parts
        self._part = self._at = 0

    def take(self, size: int) -> bytes:
        """The next bytes. Raises `EOFError`."""
        data = b""
        while len(data) < size:
            data += self._rest(size - len(data))
        return data

    def string(self) -> tuple[str, Sequence[tuple[int, int]]]:
        """The next string, and the first character and the font of its runs. Raises `EOFError`."""
        length, flags = struct.unpack("<HB", self.take(3))
        runs = int.from_bytes(self.take(2), "little") if flags & _IS_RICH else 0
        extra = int.from_bytes(self.take(4), "little") if flags & _IS_EXTENDED else 0
        text = self._characters(length, is_wide=bool(flags & _IS_WIDE))
        found = list(_RUN.iter_unpack(self.take(_RUN.size * runs)))
        self.take(extra)
        return text, found

    def _characters(self, length: int, *, is_wide: bool) -> str:
        """So many units of UTF-16. Each further record states again how many bytes each has."""
        units = b""
        while len(units) < 2 * length:
            if self._is_at_end():
                is_wide = bool(self.take(1)[0] & _IS_WIDE)
            width = 2 if is_wide else 1
            left = length - len(units) // 2
            data = self._rest(width * left)
            units += data if is_wide else data.decode("latin-1").encode("utf-16-le")
            if len(units) % 2:
                raise EOFError
        return units.decode("utf-16-le", "replace")

    def _is_at_end(self) -> bool:
        return self._at >= len(self._parts[self._part])

    def _rest(self, size: int) -> bytes:
        """One to `size` of the bytes that are left of a record. Raises `EOFError`."""
        while self._is_at_end():
            if self._part + 1 >= len(self._parts):
                raise EOFError
            self._part, self._at = self._part + 1, 0
        data = self._parts[self._part][self._at : self._at + size]
        self._at += len(data)
        return data
