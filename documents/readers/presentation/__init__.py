"""PPTX: the text of slides in order (ECMA-376 part 1, 19 and 21)."""

from __future__ import annotations

from pathlib import Path

from documents.document import Document
from documents.draft import Draft
from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.ooxml.package import Package
from documents.readers.presentation.deck import Deck

_POWER_POINT = "application/vnd.openxmlformats-officedocument.presentationml"
MEDIA_TYPE = f"{_POWER_POINT}.presentation"
MAIN_TYPES = frozenset(
    (
        f"{_POWER_POINT}.presentation.main+xml",
        f"{_POWER_POINT}.slideshow.main+xml",
        f"{_POWER_POINT}.template.main+xml",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
        "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
    )
)


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a presentation. Raises a `DocumentError`: `NoTextLayer` if a process with OCR has to
    read its pictures.

    Each slide is a page: its title, its other text in the order of its shapes, its tables. Notes
    follow as footnotes, comments as comments, and text that slides take from their layouts once, as
    `annotation`. Pictures are read by OCR. Hidden slides are read only with `limits.hidden`, else
    named as not read, as is the data of charts.
    """
    draft = Draft(limits)
    try:
        with Package(path, limits) as package:
            main = package.main_part(MAIN_TYPES)
            if main is None:
                raise CorruptDocument("The container holds no presentation. Save it again.")
            deck = Deck(draft, package, main, limits)
            deck.read()
    except RecursionError as error:
        raise CorruptDocument("The presentation is nested too deeply. Save it again.") from error
    return draft.finish(MEDIA_TYPE, deck.pages, scans=deck.pictures.scans)
