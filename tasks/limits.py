"""Limits of the results of tasks."""

from __future__ import annotations

# The most entries of a list of findings. The object with the list counts the others: `not_listed`.
MOST_LISTED = 5_000
