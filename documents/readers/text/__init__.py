"""Plain text in any Chinese encoding."""

from __future__ import annotations

from pathlib import Path

from documents.document import Document
from documents.draft import Draft, too_many_chars
from documents.limits import ReadLimits
from documents.page.lines import paragraphs
from documents.readers.text.encoding import read_text

MEDIA_TYPE = "text/plain"
_MOST_BYTES_A_CHAR = 4


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a plain text, one block for each paragraph. Raises a `DocumentError`."""
    return read_characters(decoded(path, limits), limits)


def read_characters(text: str, limits: ReadLimits) -> Document:
    """Read a text that is already decoded. Raises `DocumentTooLong` or `EmptyDocument`."""
    draft = Draft(limits)
    for paragraph in paragraphs(text.replace("\r\n", "\n").replace("\r", "\n")):
        draft.add(paragraph)
    return draft.finish(MEDIA_TYPE)


def decoded(path: Path, limits: ReadLimits) -> str:
    """The text of a file, with `\\n` line ends. Raises a `DocumentError`."""
    if path.stat().st_size > (limits.max_chars + 1) * _MOST_BYTES_A_CHAR:
        raise too_many_chars(limits)
    return read_text(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
