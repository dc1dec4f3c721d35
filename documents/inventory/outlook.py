"""Lists the text of Outlook messages (MSG): as of an e-mail.

Their other properties are one unread entry: no reader here knows all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from documents.inventory.entry import Entry, Unread, unread
from documents.inventory.nested import Walk
from documents.limits import ReadLimits
from documents.readers.outlook_message import email_file


def walk(mail_walk: Walk) -> Walk:
    """Return a walk of Outlook messages; `mail_walk` lists e-mails."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        with email_file(path, limits) as file:
            yield from mail_walk(file, limits)
        yield unread("other properties of the message", Unread.other_records)

    return entries
