"""What can be done to a file in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from documents.limits import ReadLimits
from documents.source import FileResult

FileWork = Callable[[Path, Mapping[str, Any], ReadLimits], FileResult]
"""A plain function of the file's path, its arguments (values that JSON can carry) and the limits
that hold for reading. It runs in a process that cannot write to the disk, so a new file is made in
memory. It raises a `DocumentError` for whatever is wrong with the document.
"""
