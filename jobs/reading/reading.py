"""Reads documents and results for people, in the processes that read documents."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from documents.document import Document
from documents.errors import DocumentError, WorkError
from documents.isolation.compute import compute, computing_in
from documents.isolation.owner import Owner, working_for
from documents.isolation.pool import ReaderPool
from documents.limits import ReadLimits
from documents.source import FileResult
from jobs.model.job import StoredDocument
from jobs.model.problems import ProblemError
from jobs.reading.view import OutputFile, Region, ResultView, files_of, view_of
from jobs.store import Store

# Those of `documents.page_picture`, whose import takes long.
PICTURED = frozenset(
    {
        "application/pdf", "image/png", "image/jpeg", "image/tiff", "image/bmp", "image/webp",
        "image/gif",
    }
)  # fmt: skip
_PDF = "application/pdf"
_MOST_SEARCHED_CHARS = 500
_REMEMBERED_DOCUMENTS, _REMEMBERED_CHARS = 8, 1_000_000


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A PNG, and the page's size in points."""

    png: bytes
    width: float
    height: float
    pages: int


class Reading:
    """`processes` have limits of time and memory. A document that was read is remembered, a few of
    them in memory, so that the next page does not read it again.
    """

    def __init__(self, store: Store, processes: ReaderPool, limits: ReadLimits) -> None:
        self._store = store
        self._processes = processes
        self._limits = limits
        self._read: OrderedDict[tuple[str, str], Document] = OrderedDict()

    async def files(self, department: str, result: bytes) -> Sequence[OutputFile]:
        """The files that a result (JSON) names. Raises `ProblemError` as `view` does."""
        with self._computing(department):
            return await compute(files_of, result)

    async def view(
        self,
        department: str,
        task: str,
        result: bytes,
        document: StoredDocument | None,
        section: int,
    ) -> ResultView:
        """A result (JSON) beside a section of its document, if that can be read here.

        Raises `ProblemError` for a result that is too large, and while no process can be started.
        """
        text = await self._text(document) if document else None
        pages = await self._pages(document, text) if document else None
        with self._computing(department):
            view = await compute(view_of, task, result, text, section, pages)
        if document is None or document.media_type != _PDF or not view.regions:
            return view
        return await self._with_exact_regions(view, document)

    async def _with_exact_regions(self, view: ResultView, document: StoredDocument) -> ResultView:
        """The view with the boxes of the words themselves, where the page's text has them."""
        words = {one.number: one.mark.words[:_MOST_SEARCHED_CHARS] for one in view.marks}
        places = [(words[region.mark], region.box) for region in view.regions]
        arguments = {"page": view.section, "places": places}
        try:
            found = (await self._work(document, "word_boxes", arguments)).values["boxes"]
        except ProblemError:
            return view
        regions = [
            Region(region.mark, (box[0], box[1], box[2], box[3]))
            for region, boxes in zip(view.regions, found, strict=True)
            for box in boxes or [region.box]
        ]
        return replace(view, regions=regions)

    async def page_picture(self, document: StoredDocument, page: int) -> PagePicture:
        """A page, from 1, as a picture.

        Raises `ProblemError`: `file-missing`, or why the document or the page cannot be shown.
        """
        arguments = {"media_type": document.media_type, "page": page}
        result = await self._work(document, "page_picture", arguments)
        values = result.values
        return PagePicture(
            result.file or b"",
            float(values["width"]),
            float(values["height"]),
            int(values["pages"]),
        )

    async def _work(
        self, document: StoredDocument, name: str, arguments: Mapping[str, Any]
    ) -> FileResult:
        """Work of `tasks.file_work` on the document's file. Raises `ProblemError`."""
        try:
            with working_for(Owner(document.department)):
                async with self._store.readable(document.blob) as path:
                    return await self._processes.work(
                        path, self._limits, name, arguments, identity=document.sha256
                    )
        except WorkError as error:
            raise ProblemError(error.code, str(error)) from error
        except FileNotFoundError as error:
            raise ProblemError("file-missing", "The document is missing in the store.") from error

    async def _pages(self, document: StoredDocument, text: Document | None) -> int | None:
        """How many pages can be shown as pictures; None if the text is shown."""
        if document.media_type not in PICTURED:
            return None
        if text is not None and text.pages:
            return text.pages
        with suppress(ProblemError):
            return (await self.page_picture(document, 1)).pages
        return None

    async def _text(self, document: StoredDocument) -> Document | None:
        """The document's text; None if it cannot be read here, as a scan without OCR."""
        key = (document.department, document.id)
        if key in self._read:
            self._read.move_to_end(key)
            return self._read[key]
        try:
            with working_for(Owner(document.department)):
                async with self._store.readable(document.blob) as path:
                    text = await self._processes.read(
                        path, self._limits, document.media_type, identity=document.sha256
                    )
        except (DocumentError, FileNotFoundError):
            return None
        except WorkError as error:
            raise ProblemError(error.code, str(error)) from error
        self._remember(key, text)
        return text

    @contextmanager
    def _computing(self, department: str) -> Iterator[None]:
        try:
            with working_for(Owner(department)), computing_in(self._processes):
                yield
        except WorkError as error:
            raise ProblemError(error.code, str(error)) from error

    def _remember(self, key: tuple[str, str], text: Document) -> None:
        if len(text.text) > _REMEMBERED_CHARS:
            return
        self._read[key] = text
        if len(self._read) > _REMEMBERED_DOCUMENTS:
            self._read.popitem(last=False)
