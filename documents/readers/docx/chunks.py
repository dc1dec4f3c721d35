"""Files that a Word document includes as text (`altChunk`, ECMA-376 part 1, 17.17.2.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lxml import etree

from documents.draft import Draft
from documents.errors import CorruptDocument, EmptyDocument, UnsupportedDocument
from documents.limits import Reader, ReadLimits
from documents.memory_file import memory_file
from documents.ooxml.package import Package
from documents.ooxml.xml import attribute, local_name

CHUNK = "altChunk"


@dataclass(frozen=True, slots=True)
class Chunks:
    """The files that `part` includes, read with `read_any`. Without `read_any` they are refused.

    Each may decompress to half of the document's limit, so that recursive inclusion ends.
    """

    package: Package
    part: str
    limits: ReadLimits
    read_any: Reader | None

    def add_to(self, draft: Draft, chunk: etree._Element) -> None:
        """Raises a `DocumentError`."""
        name = self.package.related_as(self.part, attribute(chunk, "id") or "")
        data = self.package.data(name) if name else None
        if data is None:
            raise CorruptDocument("A file that the document includes is missing. Save it again.")
        if self.read_any is None:
            raise _refused()
        limits = replace(self.limits, max_expanded_bytes=self.limits.max_expanded_bytes // 2)
        try:
            with memory_file(data) as path:
                draft.append(self.read_any(path, limits))
        except EmptyDocument:
            return


def refuse_chunks(root: etree._Element) -> None:
    """Raises `UnsupportedDocument` if anything below `root` includes a file."""
    if any(local_name(element) == CHUNK for element in root.iter()):
        raise _refused()


def _refused() -> UnsupportedDocument:
    return UnsupportedDocument(
        "The document includes another file inside a table, a note or a header, which is not "
        "supported. Open it in Word and save it again."
    )
