"""The text of an OFD part as a page shows it, whether the document uses the part or not."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from documents.readers.ofd.page import in_order, runs
from documents.readers.ofd.views import views


def shown_lines(root: etree._Element) -> Iterator[str]:
    """Yield the lines of each element with text objects. A value may be split over objects."""
    holders = {text.getparent(): None for text in root.iter("{*}TextObject")}
    for holder in holders:
        if holder is not None and (drawn := list(runs(holder, (0.0, 0.0)))):
            for view in views(drawn):
                yield "".join(glyph.char for glyph in in_order(view))
