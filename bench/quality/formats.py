"""Whether one text, written in each format, reads back the same.

The texts are the chapters of a law and a notice with a table and English in it. Those of pages are
laid out anew for each format, so that lines and pages break where nobody meant a break.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.quality.measure import Measure
from documents.document import BlockKind, Document
from documents.read import read
from standin.documents.builders import CONTENT, FORMATS, LIMITS, Item, Writer, as_eml, saved

LAW = Path("tests/samples/档案法(2020-06-20).md")
_WITH_KINDS = ("markdown", "html", "docx", "pdf", "ofd")


def measures() -> Iterator[Measure]:
    contents = [CONTENT, *_chapters()]
    formats: Mapping[str, Writer] = {**FORMATS, "eml": as_eml}
    for name, write in formats.items():
        read_back = [_read(write(content)) for content in contents]
        same = [
            _bare(_words(document, name)) == _bare(words for _, words in content)
            for content, document in zip(contents, read_back, strict=True)
        ]
        yield Measure("parse", f"same text as {name}", len(same), sum(same) / len(same), 1.0)
        if name in _WITH_KINDS:
            found = [item for document in read_back for item in _items(document)]
            meant = [item for content in contents for item in content]
            right = sum(item in found for item in meant)
            yield Measure("parse", f"same blocks as {name}", len(meant), right / len(meant), 0.95)


def _chapters() -> Iterator[Sequence[Item]]:
    """The law's chapters, each with its heading first."""
    chapter: list[Item] = []
    for item in _items(read(LAW, LIMITS)):
        if item[0] is BlockKind.heading and len(chapter) > 1:
            yield chapter
            chapter = []
        # Two headings in a row are the law's title above its first chapter.
        chapter = [item] if item[0] is BlockKind.heading else [*chapter, item]
    yield chapter


def _read(data: bytes) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        return read(saved(Path(folder), data), LIMITS)


def _items(document: Document) -> list[Item]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def _words(document: Document, name: str) -> Iterable[str]:
    """The words of a document; of an e-mail, those after its headers."""
    return [words for _, words in _items(document)[1 if name == "eml" else 0 :]]


def _bare(words: Iterable[str]) -> str:
    return "".join("".join(words).split())
