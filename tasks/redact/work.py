"""What `tasks.file_work` lists as `redact`: a masked file from a DOCX or a PDF."""

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
    """A masked file, and an account of it. `arguments` are a `Masker` as JSON and `media_type`.

    Raises a `DocumentError`; `RedactionIncomplete` where something would be left in the file.
    """
    make = MASKED_FORMATS.get(arguments["media_type"])
    if make is None:
        raise UnsupportedDocument("A masked file is made of DOCX and PDF only.")
    account = Account()
    file = make(path, Masker.from_json(arguments["masker"]).masking(), limits, account)
    return FileResult(account.as_json(), file)
