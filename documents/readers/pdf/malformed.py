"""Errors and names of damaged PDFs."""

from __future__ import annotations

from typing import Any

import pikepdf

# Errors on objects of other types than the standard demands, and on damaged ones.
MALFORMED = (
    pikepdf.PikepdfError, TypeError, ValueError, LookupError, AttributeError, OverflowError,
    RecursionError, NotImplementedError,
)  # fmt: skip


def name_of(name: Any) -> str:
    """A name with its slash; bytes that are not UTF-8 are escaped as `#` and two digits."""
    try:
        return str(name)
    except UnicodeDecodeError:
        data: bytes = name.unparse()
        return data.decode("ascii", "backslashreplace")
