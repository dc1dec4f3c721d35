"""Lists all text of text files and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from documents.errors import UnsupportedDocument
from documents.inventory.encodings import decoded
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.nested import Inventory, Nested, Walk
from documents.inventory.web_page import TAG, programs_in, shown_texts, without_tags
from documents.limits import MIB, ReadLimits
from documents.readers.html import parsed
from documents.readers.text.encoding import NotText, decode, strict
from documents.readers.text.folded import FOLD, is_folded

# A longer text file has more characters than any job reads.
_MOST_BYTES = 16 * MIB
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,}")
_DRAWING = re.compile(r"<svg[\s>]", re.IGNORECASE)
_REPLACEMENT = "\ufffd"


def walk(inventory: Inventory) -> Walk:
    """Return a walk of text files; `inventory` lists files that are encoded in them."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        is_cut = len(data) > _MOST_BYTES
        try:
            text = decode(data[:_MOST_BYTES], cut=is_cut)
        except NotText as error:
            raise UnsupportedDocument(
                "The file is not text in a supported encoding. Save it as UTF-8."
            ) from error
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        nested = Nested(limits, inventory)
        yield from text_entries("text", text, nested)
        if strict(data, "utf-8") is None:
            # A short file of other bytes may be text in another encoding by chance.
            as_utf_8 = data.decode("utf-8", errors="replace")
            words = "\n".join(_HAN.findall(as_utf_8))
            yield from nested.text("text as UTF-8", words, EntryKind.hidden)
        if is_cut:
            yield unread("text", Unread.too_long)
        if _REPLACEMENT in text and _REPLACEMENT.encode() not in data:
            yield unread("bytes that are not text", Unread.damaged)

    return entries


def text_entries(where: str, text: str, nested: Nested) -> Iterator[Entry]:
    """Yield a text, what is encoded in it, and the text without tags and programs if it has any."""
    yield from nested.text(where, text, EntryKind.shown, whole=True)
    if is_folded(text):
        text = FOLD.sub("", text)
        yield from nested.text(f"{where} with whole lines", text, EntryKind.hidden)
    if TAG.search(text):
        yield Entry(f"{where} without tags", decoded(without_tags(text)), EntryKind.hidden)
        yield from programs_in(f"script in {where}", text)
    if _DRAWING.search(text) and (root := parsed(text).root) is not None:
        for entry in shown_texts(root):
            yield replace(entry, where=f"{where}, {entry.where}")
