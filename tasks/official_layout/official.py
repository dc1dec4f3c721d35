"""Parses a Word document as an official document: its sections and the role of each paragraph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.ooxml.numbering import Numbering
from documents.ooxml.parts import Parts
from documents.ooxml.styles import Styles
from documents.ooxml.write import whole
from documents.ooxml.xml import attribute, child, local_name
from tasks.official_layout.formatting import Formatting
from tasks.official_layout.kinds import Kind
from tasks.official_layout.paragraphs import Paragraph, body_elements, read_paragraph
from tasks.official_layout.roles import Roles, find_roles

ODD, EVEN, FIRST = "default", "even", "first"


@dataclass(frozen=True, slots=True)
class Section:
    """`number` counts from 1. `footers` by type: its own, or inherited from earlier sections."""

    element: etree._Element
    number: int
    footers: dict[str, etree._Element]

    def measure(self, part: str, name: str) -> int | None:
        """Returns a length in twips, or a count."""
        element = child(self.element, part)
        return whole(attribute(element, name)) if element is not None else None

    @property
    def landscape(self) -> bool:
        """Whether the page is wider than high, as for a wide table."""
        width, height = self.measure("pgSz", "w"), self.measure("pgSz", "h")
        return width is not None and height is not None and width > height


@dataclass(frozen=True, slots=True)
class OfficialDocument:
    """`kind` is None where neither the caller nor the title specifies it. `seals` are the texts of
    the seals in its pictures that were read with confidence.
    """

    parts: Parts
    formatting: Formatting
    body: etree._Element
    paragraphs: Sequence[Paragraph]
    sections: Sequence[Section]
    roles: Roles
    kind: Kind | None
    seals: Sequence[str] = ()

    @property
    def settings(self) -> etree._Element | None:
        return self.parts.related("settings")


def load(path: Path, limits: ReadLimits) -> Parts:
    """Opens the file. Raises a `DocumentError`."""
    return Parts(path, limits)


def parse(parts: Parts, kind: Kind | None = None, seals: Sequence[str] = ()) -> OfficialDocument:
    """Parses the current state of `parts`. Raises `CorruptDocument`."""
    root = parts.root(parts.main)
    body = child(root, "body") if root is not None else None
    if body is None:
        raise CorruptDocument(
            "The file contains no Word document. Open it in Word and save it again as DOCX."
        )
    formatting = Formatting(parts.related("styles"), parts.related("theme"))
    styles, numbering = Styles(parts.related("styles")), Numbering(parts.related("numbering"))
    paragraphs = tuple(
        read_paragraph(
            element, index, formatting, numbering.mark(element, styles.of(element).numbering) or ""
        )
        for index, element in enumerate(body_elements(body))
    )
    roles = find_roles(paragraphs)
    sections = _sections(parts, body)
    return OfficialDocument(
        parts, formatting, body, paragraphs, sections, roles, kind or roles.kind, seals
    )


def _sections(parts: Parts, body: etree._Element) -> tuple[Section, ...]:
    sections: list[Section] = []
    footers: dict[str, etree._Element] = {}
    for element in body.iter("{*}sectPr"):
        footers = dict(footers)
        for reference in element:
            if local_name(reference) == "footerReference":
                target = parts.target(attribute(reference, "id"))
                if target is not None:
                    footers[attribute(reference, "type") or ODD] = target
        sections.append(Section(element, len(sections) + 1, footers))
    return tuple(sections)
