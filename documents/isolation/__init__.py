"""Reading and work on files in separate processes with limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from documents.limits import ReadLimits
from documents.source import FileResult

FileWork = Callable[[Path, Mapping[str, Any], ReadLimits], FileResult]
"""A function of a file's path, its arguments (JSON values) and the reading limits.

It runs in a process that cannot write to disk, so it creates a new file in memory. It raises a
`DocumentError` if the document cannot be processed.
"""
