"""What a reader is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tasks.document import Document
from tasks.readers.limits import ReadLimits

Reader = Callable[[Path, ReadLimits], Document]
