"""Limits of department tasks that are known without importing the tasks themselves."""

from __future__ import annotations

MOST_CASES = 50
MOST_CASE_CHARACTERS = 60_000
