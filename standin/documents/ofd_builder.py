"""Builds small OFD files after GB/T 33190-2016."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from reportlab.pdfbase.pdfmetrics import stringWidth

from documents.document import BlockKind

NAMESPACE = "http://www.ofdspec.org/2016"
LEFT, RIGHT, TOP, BOTTOM = 25.0, 185.0, 25.0, 270.0  # mm
SIZE, LARGE, LEADING = 4.2, 6.3, 6.4
COLUMN = 50.0

WHOLE = '<ofd:ImageObject Boundary="0 0 210 297" CTM="210 0 0 297 0 0" ResourceID="{id}"/>'

_TOKEN = re.compile(r"[\x21-\x7e]+|.", re.DOTALL)


def text_object(text: str, x: float, y: float, size: float = SIZE, attributes: str = "") -> str:
    """A line whose base line is `y` mm from the top of the page."""
    steps = " ".join(f"{advance(char, size):.3f}" for char in text[:-1])
    return (
        f'<ofd:TextObject Boundary="{x:.3f} {y - size:.3f} 160 {size * 1.3:.3f}" Font="3" '
        f'Size="{size}" {attributes}><ofd:TextCode X="0" Y="{size}" DeltaX="{steps}">{escape(text)}'
        "</ofd:TextCode></ofd:TextObject>"
    )


def advance(char: str, size: float) -> float:
    return stringWidth(char, "Helvetica", size) if char < "\u0100" else size


def paged(content: Sequence[tuple[BlockKind, str]]) -> list[str]:
    """The text objects of each page."""
    pages, y = [""], TOP
    for kind, words in content:
        size = LARGE if kind is BlockKind.heading else SIZE
        rows = words.split("\n") if kind is BlockKind.table else _wrapped(words, size)
        for row in rows:
            y += LEADING * size / SIZE
            if y > BOTTOM:
                pages.append("")
                y = TOP + LEADING
            for at, cell in enumerate(row.split("\t")):
                pages[-1] += text_object(cell, LEFT + at * COLUMN, y, size)
        y += LEADING * 0.8
    return pages


def _wrapped(words: str, size: float) -> Iterator[str]:
    line, wide = "", 0.0
    for token in _TOKEN.findall(words):
        width = sum(advance(char, size) for char in token)
        if line and wide + width > RIGHT - LEFT:
            yield line.rstrip(" ")
            line, wide = "", 0.0
        if line or token != " ":
            line, wide = line + token, wide + width
    yield line


def ofd(
    pages: Sequence[str],
    *,
    common: str = "",
    after: str = "",
    parts: Mapping[str, str | bytes] | None = None,
    namespace: str = NAMESPACE,
    entry: str = "",
) -> bytes:
    """An OFD file with the given objects on its pages, and additional elements and parts."""
    listed = "".join(
        f'<ofd:Page ID="{at + 1}" BaseLoc="Pages/Page_{at}/Content.xml"/>'
        for at in range(len(pages))
    )
    written: dict[str, str | bytes] = {
        "OFD.xml": "<ofd:OFD %s><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        f"</ofd:DocBody>{entry}</ofd:OFD>",
        "Doc_0/Document.xml": "<ofd:Document %s><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>"
        f"0 0 210 297</ofd:PhysicalBox></ofd:PageArea>{common}</ofd:CommonData><ofd:Pages>{listed}"
        f"</ofd:Pages>{after}</ofd:Document>",
        **{
            f"Doc_0/Pages/Page_{at}/Content.xml": "<ofd:Page %s>"
            + (page if "<ofd:Content>" in page else on_layer(page))
            + "</ofd:Page>"
            for at, page in enumerate(pages)
        },
        **(parts or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in written.items():
            named = f'xmlns:ofd="{namespace}"'
            data = part.replace("%s", named, 1) if isinstance(part, str) else part
            package.writestr(zipfile.ZipInfo(name), data)
    return packed.getvalue()


def on_layer(objects: str) -> str:
    return f"<ofd:Content><ofd:Layer>{objects}</ofd:Layer></ofd:Content>"


def scanned(pages: Sequence[str], *pictures: bytes) -> bytes:
    """An OFD file whose resources 1, 2 and so on are these pictures."""
    entries = "".join(
        f'<ofd:MultiMedia ID="{at}" Type="Image"><ofd:MediaFile>p{at}.bin</ofd:MediaFile>'
        "</ofd:MultiMedia>"
        for at in range(1, len(pictures) + 1)
    )
    resources = f'<ofd:Res %s BaseLoc="Res"><ofd:MultiMedias>{entries}</ofd:MultiMedias></ofd:Res>'
    files = {f"Doc_0/Res/p{at}.bin": data for at, data in enumerate(pictures, start=1)}
    return ofd(
        pages,
        common="<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>",
        parts={"Doc_0/DocumentRes.xml": resources, **files},
    )
