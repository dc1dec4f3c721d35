from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest

from documents.detect import detect
from documents.errors import READABLE, UnsupportedDocument
from standin.documents.builders import as_pdf, saved
from standin.documents.compound_builder import compound


def zipped(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return written.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x1f\x8b\x08" + bytes(100), "gzip"),
        (Path(sys.executable).resolve().read_bytes()[:5_000], "a program"),
        (b"MZ\x90\x00" + bytes(100), "a program"),
        (bytes(range(256)) * 10, "neither text"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "a HEIC picture. Save or export it as JPEG"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(100), "a film"),
        (bytes(257) + b"ustar\x0000", "a tar archive"),
        (b"AC1032\x00" + bytes(100), "an AutoCAD drawing"),
        (zipped({"mimetype": b"application/epub+zip"}), "an EPUB book"),
        (
            zipped({"mimetype": b"application/vnd.oasis.opendocument.presentation"}),
            "an OpenDocument presentation",
        ),
        (zipped({"Index/Document.iwa": b"x"}), "an iWork document"),
        (zipped({"[Content_Types].xml": b"<Types/>"}), "a ZIP container, but not a supported"),
        (compound({"PowerPoint Document": b"x"}), "a PowerPoint presentation from before 2007"),
        (compound({"Props9": b"x"}), "a Project plan"),
        (compound({"Contents": b"x"}), "neither DOC nor XLS"),
        (b"\x78\x9f\x3e\x22\x01\x00\x01\x06\x90\x08", "winmail.dat"),
        (b"\x01\x00\x09\x00\x00\x03\xc1\x11\x00\x00", "a Windows metafile"),
    ],
)
def test_an_unsupported_format_is_refused_by_its_name(
    tmp_path: Path, data: bytes, name: str
) -> None:
    with pytest.raises(UnsupportedDocument, match=name) as raised:
        detect(saved(tmp_path, data, "letter.docx"))
    assert f"Supported: {READABLE}." in str(raised.value)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"MZ is an abbreviation.", "text/plain"),
        (b"BMW is an abbreviation, and GIF is one; II* too.", "text/plain"),
        (b"The header of a PDF is %PDF-1.7, as everyone knows.", "text/plain"),
        (b"a < b and <b>c</b>", "text/plain"),
        (b"<?xml version='1.0'?><record><p>x</p></record>", "text/plain"),
        (b"<?xml version='1.0'?>\n<!-- c -->\n<html><body>x</body></html>", "text/html"),
        (b"  <P class='x'>text</P>", "text/html"),
        (b"# Title\n\ntext", "text/markdown"),
        (b"#hashtag and no title", "text/plain"),
        (b"a | b\n--- | ---\n1 | 2\n", "text/markdown"),
        (b"a\n-----\nb\n", "text/plain"),
        (b"\xef\xbb\xbf" + as_pdf(), "application/pdf"),
        (b"\r\n" + as_pdf(), "application/pdf"),
    ],
)
def test_similar_formats_are_distinguished(tmp_path: Path, data: bytes, media_type: str) -> None:
    assert detect(saved(tmp_path, data)) == media_type


def test_a_character_cut_by_the_end_of_the_head_does_no_harm(tmp_path: Path) -> None:
    for shift in range(4):
        data = b"a" * shift + "档案管理𠀀".encode() * 10_000
        assert detect(saved(tmp_path, data)) == "text/plain"
        data = b"a" * shift + "档案管理𠀀".encode("gb18030") * 10_000
        assert detect(saved(tmp_path, data)) == "text/plain"
