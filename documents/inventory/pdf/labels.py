"""What the objects of a PDF are, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pikepdf

from documents.inventory.pdf.content import Key
from documents.readers.pdf.malformed import MALFORMED

ATTACHED = "attached file "
"""The label of an attached file begins with this; its name follows."""
_MOST = 200_000
_OF_PAGE: Mapping[str, str] = {
    "/Annots": "annotation", "/Contents": "content", "/Thumb": "thumbnail",
    "/Metadata": "metadata", "/AA": "action", "/PieceInfo": "private data",
}  # fmt: skip
_OF_ROOT: Mapping[str, str] = {
    "/Metadata": "metadata", "/Outlines": "bookmarks", "/AcroForm": "form", "/Names": "names",
    "/StructTreeRoot": "structure", "/PageLabels": "page labels", "/OpenAction": "action",
    "/AA": "action", "/OCProperties": "layers", "/AF": "names", "/Dests": "names",
    "/PieceInfo": "private data", "/Threads": "threads", "/Collection": "portfolio",
}  # fmt: skip
_NOT_FOLLOWED = frozenset(("/Parent", "/P", "/Pg", "/Dest", "/D", "/Popup", "/IRT", "/Page"))


def labels_of(pdf: pikepdf.Pdf) -> Mapping[Key, str]:
    """A label for each object that a page or the catalog reaches; the first one wins."""
    labels: dict[Key, str] = {}
    with suppress(*MALFORMED):
        _fill(pdf, labels)
    return labels


def _fill(pdf: pikepdf.Pdf, labels: dict[Key, str]) -> None:
    info = pdf.trailer.get("/Info")
    if isinstance(info, pikepdf.Dictionary):
        labels[info.objgen] = "properties"
    for number, page in enumerate(pdf.pages, 1):
        labels.setdefault(page.obj.objgen, f"page {number}")
    for number, page in enumerate(pdf.pages, 1):
        for key, words in _OF_PAGE.items():
            _label(page.obj.get(key), f"page {number}, {words}", labels)
        _label(page.obj.get("/Resources"), f"page {number}, resources", labels)
    for key, words in _OF_ROOT.items():
        _label(pdf.Root.get(key), words, labels)


def _label(value: Any, words: str, labels: dict[Key, str]) -> None:
    pending = [(value, words)]
    while pending and len(labels) < _MOST:
        item, label = pending.pop()
        if not isinstance(item, pikepdf.Dictionary | pikepdf.Array | pikepdf.Stream):
            continue
        if item.is_indirect:
            if item.objgen in labels:
                continue
            labels[item.objgen] = label
        if isinstance(item, pikepdf.Array):
            pending += [(one, label) for one in item]
            continue
        for key in item.keys():  # noqa: SIM118 - iterating a Dictionary is deprecated
            if key not in _NOT_FOLLOWED:
                pending.append((item[key], _inner(label, key, item)))


def _inner(label: str, key: str, item: Any) -> str:
    if key == "/EF":
        name = item.get("/UF", item.get("/F"))
        return f"{ATTACHED}{name}" if isinstance(name, pikepdf.String) else f"{ATTACHED}{label}"
    return f"{label}, {_WORDS[key]}" if key in _WORDS else label


_WORDS: Mapping[str, str] = {
    "/JS": "script", "/XFA": "form data", "/AP": "appearance",
    "/SMask": "soft mask", "/FontFile": "font", "/FontFile2": "font", "/FontFile3": "font",
    "/ToUnicode": "character map", "/CharProcs": "Type 3 glyph", "/Pattern": "pattern",
}  # fmt: skip
