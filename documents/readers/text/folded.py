"""Folded lines of calendars and vCards (RFC 5545, 3.1; RFC 6350, 3.2), which are text files."""

from __future__ import annotations

import re

FOLD = re.compile(r"\r?\n[ \t]")
"""What divides a long line: a line end and one character of white space."""
_BEGIN = re.compile(r"^BEGIN:V[A-Z]", re.IGNORECASE | re.MULTILINE)


def is_folded(text: str) -> bool:
    """Whether the text is, or has in it, a calendar or a vCard with folded lines."""
    return _BEGIN.search(text) is not None and FOLD.search(text) is not None
