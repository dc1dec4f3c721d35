"""The work that tasks do on files in isolated processes, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from documents.detect import detection
from documents.isolation import FileWork
from documents.page_picture import page_picture, word_boxes
from tasks.disclosure_review.file_review import review_file
from tasks.dispatch.rows import as_written
from tasks.official_layout import work as layout
from tasks.redact.work import redact
from tasks.secrecy.files import screen

FILE_WORK: Mapping[str, FileWork] = MappingProxyType(
    {
        "detect": detection,
        "as_written": as_written,
        "format_check": layout.check,
        "format_fix": layout.fix,
        "page_picture": page_picture,
        "redact": redact,
        "secrecy": screen,
        "disclosure_review": review_file,
        "word_boxes": word_boxes,
    }
)
