"""A DOCX with additional parts that its body references."""

from __future__ import annotations

import io
import zipfile

from standin.documents.builders import docx_with

NAMES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
INCLUDED = f'<w:altChunk r:id="x0" xmlns:r="{NAMES}"/>'


def related(data: bytes, *kinds: tuple[str, str]) -> bytes:
    """The same file with relationships to additional parts."""
    name = "word/_rels/document.xml.rels"
    written = io.BytesIO()
    lines = "".join(
        f'<Relationship Id="x{at}" Type="{NAMES}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(kinds)
    )
    with zipfile.ZipFile(io.BytesIO(data)) as usual, zipfile.ZipFile(written, "w") as packed:
        for part in usual.namelist():
            content = usual.read(part)
            if part == name:
                content = content.replace(b"</Relationships>", f"{lines}</Relationships>".encode())
            packed.writestr(part, content)
    return written.getvalue()


def including(data: bytes, body: str) -> bytes:
    """A document whose body includes `data` as a file, at `INCLUDED`."""
    written = io.BytesIO(related(docx_with(body), ("aFChunk", "chunk.bin")))
    with zipfile.ZipFile(written, "a") as packed:
        packed.writestr("word/chunk.bin", data)
    return written.getvalue()
