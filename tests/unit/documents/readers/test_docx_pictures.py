"""Pictures in a Word document: read by OCR, passed over where they hold no text, or named."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from documents.document import BlockKind, Document, Unread
from documents.errors import NoTextLayer
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import LIMITS, docx_with, saved
from standin.documents.docx_parts import related
from tests.unit.documents.readers.pages import SCANS, drawn

R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
WP = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
TEXT = "<w:p><w:r><w:t>text</w:t></w:r></w:p>"
OFF = "OCR is switched off"


def png(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def shown(width: float = 400, height: float = 500, id_: str = "x0") -> str:
    extent = f'<wp:extent cx="{width * 12_700:.0f}" cy="{height * 12_700:.0f}"/>'
    blip = f'<a:blip {A} {R} r:embed="{id_}"/>'
    inline = f"<wp:inline {WP}>{extent}{blip}</wp:inline>"
    return f"<w:p><w:r><w:drawing>{inline}</w:drawing></w:r></w:p>"


def with_picture(data: bytes | None, body: str) -> bytes:
    written = io.BytesIO(related(docx_with(body), ("image", "media/image1.png")))
    if data is not None:
        with zipfile.ZipFile(written, "a") as packed:
            packed.writestr("word/media/image1.png", data)
    return written.getvalue()


def document(folder: Path, data: bytes | None, body: str, limits: ReadLimits = LIMITS) -> Document:
    return read(saved(folder, with_picture(data, body)), limits)


def test_a_pasted_scan_is_read_in_its_place(tmp_path: Path) -> None:
    body = TEXT + shown() + "<w:p><w:r><w:t>after</w:t></w:r></w:p>"
    found = document(tmp_path, png(drawn()), body, SCANS)
    assert found.text.startswith("text\n\nRiverside District Office")
    assert found.text.endswith("after")
    assert found.unread == ()
    assert found.scans
    assert [block.confidence is None for block in found.blocks][:: len(found.blocks) - 1] == [
        True,
        True,
    ]
    assert all(block.confidence for block in found.blocks[1:-1])


def test_a_process_without_ocr_leaves_the_document_to_one_with_ocr(tmp_path: Path) -> None:
    with pytest.raises(NoTextLayer):
        document(tmp_path, png(drawn()), TEXT + shown(), replace(LIMITS, ocr_pages=None))


def test_pictures_that_are_not_read_are_named(tmp_path: Path) -> None:
    def unread(data: bytes | None, body: str) -> list[tuple[str, str]]:
        found = document(tmp_path, data, TEXT + body).unread
        return [(one.where, one.reason) for one in found]

    picture = png(drawn())
    assert unread(picture, shown()) == [("picture 1, body", OFF)]
    in_cell = f"<w:tbl><w:tr><w:tc>{shown()}</w:tc></w:tr></w:tbl>"
    assert unread(picture, in_cell + shown()) == [
        ("picture 1, body", OFF),
        ("picture 2, body", OFF),
    ]
    assert unread(None, shown()) == [("picture 1, body", "it is not in the file")]
    linked = shown().replace("r:embed", "r:link")
    assert unread(picture, linked) == [("picture 1, body", "it is not in the file")]
    damaged = "its format is not supported, or it is damaged"
    assert unread(b"\x01\x00\x00\x00 EMF", shown()) == [("picture 1, body", damaged)]


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        (drawn(), (400, 5)),
        (drawn(), (20, 20)),
        (Image.new("RGB", (600, 800), "white"), (400, 500)),
        (Image.new("1", (600, 5), 0), (400, 500)),
    ],
    ids=["rule", "icon", "one colour", "few pixels"],
)
def test_pictures_that_hold_no_text_are_passed_over(
    tmp_path: Path, picture: Image.Image, size: tuple[float, float]
) -> None:
    found = document(tmp_path, png(picture), TEXT + shown(*size), replace(LIMITS, ocr_pages=None))
    assert (found.text, found.unread) == ("text", ())


def test_the_size_of_an_old_picture_is_in_its_style(tmp_path: Path) -> None:
    def old(style: str) -> str:
        data = f'<v:imagedata {R} r:id="x0"/>'
        shape = f'<v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="{style}">{data}</v:shape>'
        return f"<w:p><w:r><w:pict>{shape}</w:pict></w:r></w:p>"

    picture = png(drawn())
    assert document(tmp_path, picture, TEXT + old("width:20pt;height:0.2in")).unread == ()
    where = Unread("picture", "picture 1, body", OFF)
    assert document(tmp_path, picture, TEXT + old("width:200pt;height:2in")).unread == (where,)


def test_a_document_of_pictures_only_needs_ocr(tmp_path: Path) -> None:
    with pytest.raises(NoTextLayer, match="no text"):
        document(tmp_path, png(drawn()), shown())


def test_a_picture_of_several_headers_is_read_once(tmp_path: Path) -> None:
    data = docx_with(TEXT, {f"word/header{n}.xml": f"hdr|{shown(id_='p')}" for n in (1, 2)})
    data = related(data, ("header", "header1.xml"), ("header", "header2.xml"))
    written = io.BytesIO(data)
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="p" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/image" Target="media/image1.png"/></Relationships>'
    )
    with zipfile.ZipFile(written, "a") as packed:
        packed.writestr("word/media/image1.png", png(drawn(["Letterhead"])))
        for n in (1, 2):
            packed.writestr(f"word/_rels/header{n}.xml.rels", relation)
    found = read(saved(tmp_path, written.getvalue()), LIMITS)
    assert [one.where for one in found.unread] == ["picture 1, header"]
    assert [block.kind for block in found.blocks] == [BlockKind.paragraph]
