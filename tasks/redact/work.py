"""Creates a masked DOCX or PDF file. Runs in a reading process; `tasks.file_work` lists it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from documents.errors import UnsupportedDocument
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.formats import MASKED_FORMATS
from documents.source import FileResult
from tasks.redact.masker import Masker


def redact(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Returns the masked file, its media type and an account of it.

    `arguments`: `masker` (a `Masker` as JSON) and `media_type`. Raises a `DocumentError`, and
    `RedactionIncomplete` if something could not be masked.
    """
    mask = MASKED_FORMATS.get(arguments["media_type"])
    if mask is None:
        raise UnsupportedDocument("Masked files are only created for DOCX and PDF.")
    account = Account()
    file = mask(path, Masker.from_json(arguments["masker"]).masking(), limits, account)
    return FileResult({**account.as_json(), "media_type": file.media_type}, file.data)
