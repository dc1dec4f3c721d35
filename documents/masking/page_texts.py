"""The texts of a page that is masked, as pieces of a longer text."""

from __future__ import annotations

import re

_SPACES = re.compile(r"[ \t\r\n\f]+")


class ShownText:
    """A text of the page, which is escaped when it is written.

    `text` has its white space as a reader sees it; so is it written if something in it was masked.
    """

    is_writable = True

    def __init__(self, source: str, *, verbatim: bool, quote: bool = False) -> None:
        self.source = source
        self.quote = quote
        self.text = source if verbatim else _SPACES.sub(" ", source)

    def cut(self, start: int, end: int, replacement: str) -> None:
        self.source = self.text = self.text[:start] + replacement + self.text[end:]


class BackwardsText:
    """A text that is read from its end."""

    is_writable = True

    def __init__(self, piece: ShownText) -> None:
        self._piece = piece

    @property
    def text(self) -> str:
        return self._piece.text[::-1]

    def cut(self, start: int, end: int, replacement: str) -> None:
        size = len(self._piece.text)
        self._piece.cut(size - end, size - start, replacement[::-1])
