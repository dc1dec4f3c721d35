"""The entry of one problem type (RFC 9457) in the tables."""

from __future__ import annotations

from typing import NamedTuple


class ProblemType(NamedTuple):
    """`status` is the HTTP status of a response, or of a failed line in a batch's error file.
    `advice` says what the caller can do.
    """

    status: int
    title: str
    advice: str
