"""Mailbox files (mbox, RFC 4155): several e-mails, each after a line that begins with `From `."""

from __future__ import annotations

import re

from documents.errors import DocumentTooLong

MOST_MESSAGES = 1_000
# A paragraph of a body may begin with `From `, but not continue with a header.
_START = re.compile(rb"(?:\A|\n\r?\n)(?=From [^\n]*\n[!-9;-~]+:)")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_PROLOGUE = b"\xef\xbb\xbf\r\n"


def messages(data: bytes) -> list[bytes]:
    """The e-mails of a file: one, or those of a mailbox. Raises `DocumentTooLong`."""
    data = data.lstrip(_PROLOGUE)
    if not data.startswith(b"From "):
        return [data]
    starts = [match.end() for match in _START.finditer(data)]
    if len(starts) > MOST_MESSAGES:
        raise DocumentTooLong(
            f"The mailbox has more than {MOST_MESSAGES:,} e-mails. Send them in several files."
        )
    ends = [*starts[1:], len(data)]
    parts = [data[start:end] for start, end in zip(starts, ends, strict=True)] or [data]
    return [_QUOTED.sub(rb"\1", part) if len(parts) > 1 else part for part in parts]


def joined(parts: list[bytes]) -> bytes:
    """A file of e-mails, each without its `From ` line; several as a mailbox."""
    if len(parts) == 1:
        return parts[0]
    line = b"From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"
    quoted = (re.sub(rb"^(>*From )", rb">\1", part, flags=re.MULTILINE) for part in parts)
    return b"".join(line + part.rstrip(b"\n") + b"\n\n" for part in quoted)
