"""Masks a DOCX: the text and attributes of every part, and its properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from lxml import etree

from documents.draft import Draft
from documents.errors import CorruptDocument, EmptyDocument
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.encoded_text import with_encoded_forms
from documents.masking.masked_file import MaskedFile
from documents.masking.ooxml.docx_views import mask_views
from documents.masking.ooxml.package_file import PackageFormat, PackageWriter, Part, remove
from documents.masking.ooxml.xml_text import mask_nodes, remove_authors
from documents.masking.pictures.embedded import Pictures
from documents.masking.replacement import Masking
from documents.ooxml.known_parts import MAIN, WORD_PARTS
from documents.ooxml.package import Package
from documents.ooxml.styles import hidden_styles
from documents.ooxml.text import RUN_TEXT
from documents.read import read
from documents.readers import docx
from documents.readers.docx.chunks import CHUNK, Chunks

PART_NAMES: Mapping[str, str] = MappingProxyType(
    {
        MAIN: "body", "header": "headers", "footer": "footers", "footnotes": "footnotes",
        "endnotes": "endnotes", "comments": "comments", "core-properties": "properties",
        "extended-properties": "properties", "custom-properties": "properties",
    }
)  # fmt: skip


def mask_docx(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of a DOCX. Runs keep their format.

    It has the parts that a page shows, and the properties. The text of files that it includes
    (`altChunk`) becomes paragraphs. Pictures that were not masked are listed
    in `account`. With `masking.authors`, the names of authors of the file, of comments and of
    changes are removed. Raises a `DocumentError`.
    """
    try:
        with Package(path, limits) as package:
            chunks = _Chunks(package, limits, account)
            format_ = PackageFormat(WORD_PARTS, _mask, prepare={MAIN: chunks.write_in_place})
            masking = with_encoded_forms(masking)
            pictures = Pictures(masking, limits, account)
            writer = PackageWriter(package, format_, masking, pictures, account)
            return MaskedFile(writer.file(), docx.MEDIA_TYPE)
    except RecursionError as error:
        raise CorruptDocument("The document is nested too deeply. Save it again.") from error


@dataclass(frozen=True, slots=True)
class _Chunks:
    package: Package
    limits: ReadLimits
    account: Account

    def write_in_place(self, name: str, root: etree._Element) -> None:
        """Write the text of each file that the part includes as paragraphs in its place."""
        chunks = Chunks(self.package, name, self.limits, read)
        for element in list(root.iter(f"{{*}}{CHUNK}")):
            for line in self._lines(chunks, element):
                element.addprevious(_paragraph(line, str(element.tag).removesuffix(CHUNK)))
            remove(element)
            self.account.removed["layout of included files"] += 1

    def _lines(self, chunks: Chunks, element: etree._Element) -> list[str]:
        draft = Draft(self.limits)
        chunks.add_to(draft, element)
        try:
            return draft.finish(docx.MEDIA_TYPE).text.split("\n")
        except EmptyDocument:
            return []


def _paragraph(text: str, namespace: str) -> etree._Element:
    paragraph = etree.Element(f"{namespace}p")
    run = etree.SubElement(paragraph, f"{namespace}r")
    for number, words in enumerate(text.split("\t")):
        if number:
            etree.SubElement(run, f"{namespace}tab")
        etree.SubElement(run, f"{namespace}t").text = words
    return paragraph


def _mask(parts: list[Part], masking: Masking, account: Account) -> None:
    styles = hidden_styles(next((part.root for part in parts if part.kind == "styles"), None))
    for part in parts:
        assert part.root is not None  # noqa: S101 - pictures are not given
        where = PART_NAMES.get(part.kind, "other parts")
        if masking.authors:
            account.removed["authors"] += remove_authors(part.root)
        account.count(where, mask_views(part.root, masking.find, styles))
        account.count(where, mask_nodes(part.root, masking, RUN_TEXT))
