"""Operands that show nothing, and text outside the pages, are listed like any other text."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from documents.inventory.entry import Entry, EntryKind
from documents.inventory.pdf.strings import is_hash
from documents.inventory.walk import inventory
from documents.readers import pdf
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_places.page import blank, saved_pdf

WORD = "Qzvxwyk"
UTF16 = ("\ufeff" + WORD).encode("utf-16-be").hex()
UNKNOWN = "characters without a known meaning"


def entries(folder: Path, data: bytes) -> list[Entry]:
    return list(inventory(saved(folder, data), pdf.MEDIA_TYPE, LIMITS))


def is_listed(folder: Path, data: bytes) -> bool:
    return any(WORD in entry.text for entry in entries(folder, data))


@pytest.mark.parametrize(
    "content",
    [
        f"/{WORD} MP",
        f"/{WORD} BMC EMC",
        f"/{WORD} Do",
        f"<{UTF16}> pop",
        f"({WORD}) 2 Td",
        f"[/{WORD} (a)] TJ",
        f"{WORD}",
        f"/Span << /ActualText <{UTF16}> >> BDC EMC",
        f"BI /W 1 /H 1 /BPC 8 /CS /G /Who <{UTF16}> ID x EI",
    ],
)
@pytest.mark.parametrize("is_glyph", [False, True])
def test_what_an_operation_has_beside_shown_text_is_listed(
    tmp_path: Path, content: str, *, is_glyph: bool
) -> None:
    file = blank("BT /T3 12 Tf (a) Tj ET" if is_glyph else f"BT (Public) Tj {content} ET")
    if is_glyph:
        file.pages[0].Resources.Font.T3 = _type3(file, f"600 0 d0 {content}")
    assert is_listed(tmp_path, saved_pdf(file))


def test_an_operation_divided_over_two_streams_is_listed(tmp_path: Path) -> None:
    file = blank()
    file.pages[0].Contents = Array([file.make_stream(f"/{WORD}".encode()), file.make_stream(b"MP")])
    assert is_listed(tmp_path, saved_pdf(file))


def test_a_long_number_in_content_is_listed(tmp_path: Path) -> None:
    data = saved_pdf(blank("13812341234 0 m"))
    assert any("13812341234" in entry.text for entry in entries(tmp_path, data))


def test_a_number_in_a_name_is_listed_without_the_letters_before_it(tmp_path: Path) -> None:
    data = saved_pdf(blank("/N13812341234 MP"))
    assert any("13812341234" in entry.text.split("\n") for entry in entries(tmp_path, data))


@pytest.mark.parametrize("key", ["/ID", "/CheckSum"])
@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_a_string_where_a_hash_is_usual_is_listed(tmp_path: Path, key: str, encoding: str) -> None:
    file = blank()
    element = Dictionary(Type=Name.StructElem, S=Name.P)
    element[key] = String(WORD if encoding == "ascii" else bytes.fromhex(UTF16))
    file.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=file.make_indirect(element))
    assert is_listed(tmp_path, saved_pdf(file))


def test_a_hash_is_not_listed_as_text(tmp_path: Path) -> None:
    data = saved_pdf(blank())
    assert b"/ID" in data
    assert not any("ID" in entry.where for entry in entries(tmp_path, data))


def _removed_page(file: pikepdf.Pdf) -> None:
    """The page is in the file but not among its pages."""
    file.Root.Unused = file.pages[-1].obj
    del file.pages[-1]


def _inherited(file: pikepdf.Pdf) -> None:
    """Its resources are those of its parent."""
    page = file.pages[-1].obj
    page.Parent = file.make_indirect(Dictionary(Resources=page.Resources))
    parent, resources = page.Parent, page.Resources
    del page["/Resources"]
    _removed_page(file)
    file.Root.Unused.Parent = parent
    parent.Resources = resources


def _divided(file: pikepdf.Pdf) -> None:
    page = file.pages[-1].obj
    data = page.Contents.read_bytes()
    middle = data.index(b"<")
    page.Contents = Array([file.make_stream(data[:middle]), file.make_stream(data[middle:])])
    _removed_page(file)


def _content_only(file: pikepdf.Pdf) -> None:
    """Only the content of the page and its font are left."""
    page = file.pages[-1].obj
    file.Root.Unused = Array([page.Contents, page.Resources.Font.F2])
    del file.pages[-1]


@pytest.mark.parametrize("remove", [_removed_page, _inherited, _divided, _content_only])
@pytest.mark.parametrize("width", [1, 2])
def test_text_of_a_page_outside_the_page_tree_is_read_with_its_font(
    tmp_path: Path, remove: Callable[[pikepdf.Pdf], None], width: int
) -> None:
    file = _with_coded_page(width)
    remove(file)
    assert is_listed(tmp_path, saved_pdf(file))


def test_an_earlier_revision_is_read_with_the_fonts_of_the_last_one(tmp_path: Path) -> None:
    written = io.BytesIO()
    file = _with_coded_page(2)
    file.save(written, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    assert is_listed(tmp_path, _revised(written.getvalue()))


def test_content_without_its_font_is_unread(tmp_path: Path) -> None:
    file = _with_coded_page(2)
    file.Root.Unused = file.pages[-1].Contents
    del file.pages[-1]
    found = entries(tmp_path, saved_pdf(file))
    assert [one.reason for one in found if one.kind is EntryKind.unread] == [UNKNOWN]


@pytest.mark.parametrize("resources", [None, Dictionary()])
def test_codes_of_two_bytes_without_their_font_are_unread(
    tmp_path: Path, resources: Dictionary | None
) -> None:
    file = blank()
    stream = file.make_stream(b"BT /F1 9 Tf <000C000D000E> Tj ET")
    page = Dictionary(Type=Name.Page, Contents=stream, MediaBox=Array([0, 0, 9, 9]))
    if resources is not None:
        page.Resources = resources
    file.Root.Unused = file.make_indirect(page)
    found = [one for one in entries(tmp_path, saved_pdf(file)) if one.reason == UNKNOWN]
    assert found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bytes.fromhex("bfa853003e2c3858b575bbf5f5e1eab5"), True),
        ("请拨打电话找他".encode("gb18030") + b"ok", False),
        (b"0123456789abcdef", False),
    ],
)
def test_a_hash_that_could_be_rare_characters_is_a_hash(data: bytes, *, expected: bool) -> None:
    assert is_hash(data) == expected


def _with_coded_page(width: int) -> pikepdf.Pdf:
    """The second page shows the word in codes that only the ToUnicode of its font explains."""
    file = blank()
    codes = {char: (0x81 + at).to_bytes(width) for at, char in enumerate(WORD)}
    shown = "".join(codes[char].hex() for char in WORD)
    page = blank(f"BT /F2 12 Tf 72 700 Td <{shown}> Tj ET")
    file.pages.extend(page.pages)
    rows = "".join(f"<{code.hex()}> <{ord(char):04x}>\n" for char, code in codes.items())
    cmap = f"begincmap {len(codes)} beginbfchar {rows} endbfchar endcmap"
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    if width == 2:
        system = Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0)
        inner = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType2, CIDSystemInfo=system)
        font = Dictionary(
            Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.A, Encoding=Name("/Identity-H"),
            DescendantFonts=Array([file.make_indirect(inner)]),
        )  # fmt: skip
    font.ToUnicode = file.make_stream(cmap.encode())
    file.pages[-1].Resources.Font.F2 = file.make_indirect(font)
    return file


def _revised(data: bytes) -> bytes:
    """The content of the second page, replaced by an incremental revision."""
    with pikepdf.open(io.BytesIO(data)) as file:
        number = file.pages[-1].Contents.objgen[0]
        size, root = int(file.trailer.Size), file.Root.objgen[0]
    start = int(data.rpartition(b"startxref\n")[2].split()[0])
    new = b"%d 0 obj\n<< /Length 3 >>\nstream\nq Q\nendstream\nendobj\n" % number
    return data + new + (
        b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (number, len(data), size, root, start, len(data) + len(new))
    )  # fmt: skip


def _type3(file: pikepdf.Pdf, glyph: str) -> Any:
    return file.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 1000, 1000]),
            FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
            CharProcs=Dictionary(a=file.make_stream(glyph.encode())),
            Encoding=Dictionary(Type=Name.Encoding, Differences=Array([97, Name.a])),
            FirstChar=97, LastChar=97, Widths=Array([600]), Resources=Dictionary(),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "trailer",
    [
        f"trailer << /Size 1 /Who ({WORD}) >> startxref",
        f"trailer << /Size 1 /{WORD} 1 >>\nstartxref",
        f"trailer << /Size 1 /Who <{UTF16}> >> startxref",
        f"trailer << /Size 1 >> {WORD} startxref",
        f"trailer << /Size 1 >> % {WORD}",
    ],
)
def test_the_trailer_of_an_earlier_revision_is_listed(tmp_path: Path, trailer: str) -> None:
    assert is_listed(tmp_path, saved_pdf(blank()) + f"\n{trailer}\n0\n%%EOF".encode())


def test_a_usual_trailer_is_not_listed(tmp_path: Path) -> None:
    written = io.BytesIO()
    blank().save(written, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    data = written.getvalue()
    assert data.count(b"trailer") == 1
    assert not [one for one in entries(tmp_path, _revised(data)) if "trailer" in one.where]


@pytest.mark.parametrize("comment", [f"%%Title: (a) {WORD}", f"%!PS {WORD}", f"%%Begin {WORD}"])
def test_a_comment_in_the_form_of_a_standard_one_is_listed(tmp_path: Path, comment: str) -> None:
    file = blank()
    cmap = f"{comment}\nbegincmap 1 beginbfchar <41> <0041> endbfchar endcmap"
    file.pages[0].Resources.Font.F1.ToUnicode = file.make_stream(cmap.encode())
    assert is_listed(tmp_path, saved_pdf(file))


def test_a_comment_after_an_inline_image_is_listed(tmp_path: Path) -> None:
    content = f"BI /W 1 /H 1 /BPC 8 /CS /G ID ( EI\n% {WORD} )\nq Q"
    assert is_listed(tmp_path, saved_pdf(blank(content)))


def test_rich_text_with_tags_within_a_word_is_listed(tmp_path: Path) -> None:
    document = blank()
    rich = String(f"<body><p><span>{WORD[:3]}</span><b>{WORD[3:]}</b></p></body>")
    field = Dictionary(T=String("f"), FT=Name("/Tx"), V=String("x"), RV=rich)
    document.Root.AcroForm = Dictionary(Fields=Array([document.make_indirect(field)]))
    assert is_listed(tmp_path, saved_pdf(document))
