"""The slides of a presentation, and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft, too_many_pages
from documents.limits import ReadLimits
from documents.ooxml.package import Package
from documents.ooxml.xml import child
from documents.readers.embedded_pictures import EmbeddedPictures
from documents.readers.presentation.shapes import shapes
from documents.readers.presentation.slide import Slide
from documents.readers.presentation.text import plain_text

_OFF = frozenset(("0", "false", "off"))


class Deck:
    """Adds the slides of a presentation to a draft.

    Attributes:
        pages: How many slides there are.
        pictures: Reads their pictures.
    """

    def __init__(self, draft: Draft, package: Package, main: str, limits: ReadLimits) -> None:
        self._draft, self._package, self._limits = draft, package, limits
        self.pictures = EmbeddedPictures(limits)
        root = package.xml(main)
        parts = {id_: target for id_, _, target, _ in package.relations(main)}
        slides = child(root, "sldIdLst") if root is not None else None
        listed = [
            parts.get(_relation(slide), "") for slide in (slides if slides is not None else ())
        ]
        self._slides = [part for part in listed if part in package]
        # The texts of layouts and masters, by the name of the part.
        self._known: dict[str, list[str]] = {}
        self.pages = len(self._slides)
        if self.pages > limits.max_pages:
            raise too_many_pages(self.pages, limits)

    def read(self) -> None:
        hidden = []
        for page, part in enumerate(self._slides, start=1):
            root = self._package.xml(part)
            if root is None:
                continue
            if root.get("show") in _OFF:
                hidden.append((page, part))
                continue
            Slide(self._draft, self._package, self.pictures, part, page).add(root)
        self._add_notes(hidden)
        self._add_templates()
        for page, part in hidden:
            self._add_hidden(page, part)

    def _add_notes(self, hidden: list[tuple[int, str]]) -> None:
        """Add the notes and comments of the slides that are shown."""
        shown = [one for one in enumerate(self._slides, start=1) if one not in hidden]
        for page, part in shown:
            for text in self._notes(part):
                self._draft.add(text, BlockKind.footnote, page=page)
        for page, part in shown:
            for text in self._comments(part):
                self._draft.add(text, BlockKind.comment, page=page)

    def _notes(self, slide: str) -> Iterator[str]:
        for name in self._package.all_related(slide, "/notesSlide"):
            root = self._package.xml(name)
            for shape in shapes(root) if root is not None else ():
                if shape.placeholder == "body" and shape.text is not None:
                    yield plain_text(shape.text)

    def _comments(self, slide: str) -> Iterator[str]:
        for name in self._package.all_related(slide, "/comments"):
            root = self._package.xml(name)
            for comment in root.iter("{*}cm") if root is not None else ():
                texts = (plain_text(one) for one in comment.iter("{*}text", "{*}txBody"))
                yield "\n".join(filter(None, texts))

    def _add_templates(self) -> None:
        """Add the text of layouts and masters that slides show: not that of placeholders."""
        texts: dict[str, int] = {}
        for page, slide in enumerate(self._slides, start=1):
            for text in self._template_texts(slide):
                texts.setdefault(text, page)
        for text, page in texts.items():
            self._draft.add(text, BlockKind.annotation, page=page)

    def _template_texts(self, slide: str) -> Iterator[str]:
        for layout in self._package.all_related(slide, "/slideLayout"):
            yield from self._own_texts(layout)
            for master in self._package.all_related(layout, "/slideMaster"):
                yield from self._own_texts(master)

    def _own_texts(self, part: str) -> list[str]:
        known = self._known.get(part)
        if known is None:
            root = self._package.xml(part)
            found = shapes(root) if root is not None else ()
            known = self._known[part] = [
                text
                for shape in found
                if shape.placeholder is None and shape.text is not None
                if (text := plain_text(shape.text))
            ]
        return known

    def _add_hidden(self, page: int, part: str) -> None:
        if not self._limits.hidden:
            self._draft.leave_out(
                "hidden slide", f"slide {page}", "a hidden slide is not read", page=page
            )
            return
        root = self._package.xml(part)
        texts = [plain_text(one) for one in root.iter("{*}txBody")] if root is not None else []
        for text in (*texts, *self._notes(part), *self._comments(part)):
            self._draft.add(text, BlockKind.hidden, page=page)


def _relation(slide: etree._Element) -> str:
    """The relationship of an entry in the list of slides: `r:id`, beside its own `id`."""
    return next((str(value) for key, value in slide.items() if str(key).endswith("}id")), "")
