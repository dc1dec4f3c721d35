"""Plain text in any encoding of East Asia."""

from __future__ import annotations

from pathlib import Path

from documents.document import Document
from documents.draft import Draft, too_many_chars
from documents.limits import ReadLimits
from documents.page.lines import paragraphs
from documents.readers.text.encoding import Decoding, file_decoding

MEDIA_TYPE = "text/plain"
_MOST_BYTES_A_CHAR = 4


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a plain text, one block for each paragraph. Raises a `DocumentError`."""
    draft = Draft(limits)
    _fill(draft, decoded(path, limits, draft))
    return draft.finish(MEDIA_TYPE)


def read_characters(text: str, limits: ReadLimits) -> Document:
    """Read a text that is already decoded. Raises `DocumentTooLong` or `EmptyDocument`."""
    draft = Draft(limits)
    _fill(draft, with_line_feeds(text))
    return draft.finish(MEDIA_TYPE)


def decoded(path: Path, limits: ReadLimits, draft: Draft | None = None) -> str:
    """The text of a file, with `\\n` line ends. What is doubtful about its encoding is noted in
    `draft`. Raises a `DocumentError`.
    """
    if path.stat().st_size > (limits.max_chars + 1) * _MOST_BYTES_A_CHAR:
        raise too_many_chars(limits)
    source = file_decoding(path.read_bytes())
    if draft is not None:
        note_doubt(draft, source, "the text")
    return with_line_feeds(source.text)


def note_doubt(draft: Draft, source: Decoding, where: str) -> None:
    """Name a text whose encoding is not certain among what was not read."""
    if source.doubt:
        draft.leave_out("encoding", where, source.doubt)


def with_line_feeds(text: str) -> str:
    """`text` with `\\n` line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _fill(draft: Draft, text: str) -> None:
    for paragraph in paragraphs(text):
        draft.add(paragraph)
