"""Everything that a task may have done to a file, by the name that it asks with.

Each is a plain function of the file's path, its arguments (values that JSON can carry) and the
limits that hold for reading. It runs in a process that cannot write to the disk, so a new file is
made in memory. It raises a `DocumentError` for whatever is wrong with the document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from documents.inventory.hidden_content import unshown
from documents.limits import ReadLimits
from documents.source import Made
from tasks.dispatch.rows import as_written
from tasks.official_layout import work as layout
from tasks.redact.work import redact
from tasks.secrecy.files import look

FileWork = Callable[[Path, Mapping[str, Any], ReadLimits], Made]

FILE_WORK: Mapping[str, FileWork] = MappingProxyType(
    {
        "as_written": as_written,
        "format_check": layout.check,
        "format_fix": layout.fix,
        "redact": redact,
        "secrecy": look,
        "unshown": unshown,
    }
)
