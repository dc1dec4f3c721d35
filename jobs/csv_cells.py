"""Texts in CSV files that people open in a spreadsheet."""

from __future__ import annotations

# A spreadsheet takes a cell that begins with one of these for a formula (OWASP: CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_cell(text: str) -> str:
    """The text, with an apostrophe before what would be a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
