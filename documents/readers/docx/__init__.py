"""DOCX: the text as a page shows it, with every tracked change accepted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from lxml import etree

from documents.document import BlockKind, Document
from documents.draft import Draft
from documents.errors import CorruptDocument, EmptyDocument, NoTextLayer
from documents.limits import Reader, ReadLimits
from documents.memory_file import memory_file
from documents.ooxml import single_file
from documents.ooxml.drawings import drawing_text
from documents.ooxml.nodes import Context
from documents.ooxml.numbering import Numbering
from documents.ooxml.package import WORD_MAIN_TYPES, Package
from documents.ooxml.styles import Styles, hidden_styles
from documents.ooxml.text import hidden_text, shape_text
from documents.ooxml.xml import attribute, child, local_name
from documents.readers.docx.chunks import Chunks
from documents.readers.docx.pictures import Pictures
from documents.readers.docx.writer import Definitions, Writer

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
WORD_XML = single_file.MEDIA_TYPE

# Parts whose text follows the body, in order: relationship, element, kind of block.
_NOTES_AND_HEADERS = (
    ("/footnotes", "footnote", BlockKind.footnote),
    ("/endnotes", "endnote", BlockKind.footnote),
    ("/header", None, BlockKind.header),
    ("/footer", None, BlockKind.footer),
    ("/comments", "comment", BlockKind.comment),
)


def read(path: Path, limits: ReadLimits, read_any: Reader | None = None) -> Document:
    """Read a Word document. Raises a `DocumentError`.

    The body comes first, with every tracked change accepted. Files that it includes as text
    (`altChunk`) are read with `read_any`, in place, and pictures by OCR. Footnotes, endnotes,
    headers, footers, comments and drawings follow as blocks of those kinds. With `limits.hidden`,
    text deleted by tracked changes, hidden text, field codes, watermarks and descriptions of
    pictures follow as `hidden`. Raises `NoTextLayer` if a process with OCR has to read it.
    """
    draft = Draft(limits)
    try:
        with Package(path, limits) as package:
            pictures = Pictures(draft, limits, package)
            _fill(draft, package, limits, read_any, pictures)
    except RecursionError as error:
        raise CorruptDocument("The document is nested too deeply. Save it again.") from error
    try:
        return draft.finish(MEDIA_TYPE, scans=pictures.scans)
    except EmptyDocument as error:
        if not pictures.are_unread:
            raise
        raise NoTextLayer(
            "The document has pictures and no text. It needs OCR: send a document with text."
        ) from error


def read_word_xml(path: Path, limits: ReadLimits, read_any: Reader | None = None) -> Document:
    """Read a Word document in one XML file: flat OPC, or Word 2003 XML. Raises as `read` does."""
    with memory_file(single_file.as_package(path.read_bytes())) as package:
        return replace(read(package, limits, read_any), media_type=WORD_XML)


def _fill(
    draft: Draft,
    package: Package,
    limits: ReadLimits,
    read_any: Reader | None,
    pictures: Pictures,
) -> None:
    main = package.main_part(WORD_MAIN_TYPES)
    root = package.xml(main) if main else None
    body = child(root, "body") if root is not None else None
    if main is None or body is None:
        raise CorruptDocument("The container holds no Word document. Save it again.")

    def parts(kind: str) -> list[tuple[str, etree._Element]]:
        found = ((name, package.xml(name)) for name in package.all_related(main, kind))
        return [(name, part) for name, part in found if part is not None]

    def part(kind: str) -> etree._Element | None:
        return next((root for _, root in parts(kind)), None)

    chunks = Chunks(package, main, limits, read_any)
    styles = part("/styles")
    context = Context(styles=hidden_styles(styles))
    definitions = Definitions(Styles(styles), Numbering(part("/numbering")), context)
    writer = Writer(draft, definitions, chunks, pictures)
    pictures.part = main
    writer.write(body)
    others = [
        (name, root, tag, kind)
        for relation, tag, kind in _NOTES_AND_HEADERS
        for name, root in parts(relation)
    ]
    for name, root, tag, kind in others:
        for holder in (root,) if tag is None else root:
            if tag is None or (local_name(holder) == tag and _is_note(holder)):
                writer.write_part(holder, kind, name)
    for text in dict.fromkeys(drawing_text(package, pictures.charts.read)):
        draft.add(text, BlockKind.drawing)
    if limits.hidden:
        _add_hidden(draft, [body, *(root for _, root, _, _ in others)], context, writer.word_art)


def _add_hidden(
    draft: Draft, roots: Sequence[etree._Element], context: Context, shown: Collection[str]
) -> None:
    for root in roots:
        for text in hidden_text(root, context):
            draft.add(text, BlockKind.hidden)
    for text in dict.fromkeys(text for root in roots for text in shape_text(root)):
        if text not in shown:
            draft.add(text, BlockKind.hidden)


def _is_note(note: etree._Element) -> bool:
    """Whether it is a note, and not the line that separates notes from the text."""
    return attribute(note, "type") in {None, "normal"}
