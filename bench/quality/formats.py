"""`parse`: whether a text written in each format is read back unchanged.

The texts are the chapters of a law, and a notice with a table and English words. Formats with pages
break lines and pages where the text has no break.
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
            _without_space(_words(document, name)) == _without_space(words for _, words in content)
            for content, document in zip(contents, read_back, strict=True)
        ]
        yield Measure("parse", f"same text as {name}", len(same), sum(same) / len(same), 1.0)
        if name in _WITH_KINDS:
            found = [item for document in read_back for item in _items(document)]
            expected = [item for content in contents for item in content]
            right = sum(item in found for item in expected)
            yield Measure(
                "parse", f"same blocks as {name}", len(expected), right / len(expected), 0.95
            )


def _chapters() -> Iterator[Sequence[Item]]:
    """The chapters of the law, each beginning with its heading."""
    chapter: list[Item] = []
    for item in _items(read(LAW, LIMITS)):
        if item[0] is BlockKind.heading and len(chapter) > 1:
            yield chapter
            chapter = []
        # Two headings in a row are the title of the law and that of its first chapter.
        chapter = [item] if item[0] is BlockKind.heading else [*chapter, item]
    yield chapter


def _read(data: bytes) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        return read(saved(Path(folder), data), LIMITS)


def _items(document: Document) -> list[Item]:
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def _words(document: Document, name: str) -> Iterable[str]:
    """The texts of the blocks, without the headers of an e-mail."""
    return [words for _, words in _items(document)[1 if name == "eml" else 0 :]]


def _without_space(words: Iterable[str]) -> str:
    return "".join("".join(words).split())
