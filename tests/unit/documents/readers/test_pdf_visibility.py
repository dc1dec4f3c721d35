"""Text of a PDF that is drawn and cannot be seen is hidden content."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Dictionary, Name

from documents.document import BlockKind, Document
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_pages import Change, pdf_of, show

SHOWN, SECRET = "正文可见的一行", "看不见的内容"
_HIDDEN = replace(LIMITS, hidden=True)
# The secret stands from 72 to 144, with its base line at 600.
WORDS = show(SECRET, y=600)
RED = "0.8 0 0 rg"


def area(x: float = 60, y: float = 590, width: float = 100, height: float = 30) -> str:
    return f"{x} {y} {width} {height} re f\n"


def parsed(
    tmp_path: Path, *pages: str, limits: ReadLimits = _HIDDEN, change: Change | None = None
) -> Document:
    return read(saved(tmp_path, pdf_of(pages, change)), limits)


def hidden_of(document: Document) -> str:
    return "".join(
        document.text[one.start : one.end]
        for one in document.blocks
        if one.kind is BlockKind.hidden
    )


def resources(pdf: pikepdf.Pdf) -> None:
    """Pictures `I` (opaque), `M` (with a mask), states `A` (transparent), `X` (multiplied)."""
    white = b"\xff" * 16
    gray = {
        "/Type": Name.XObject, "/Subtype": Name.Image, "/Width": 4, "/Height": 4,
        "/ColorSpace": Name.DeviceGray, "/BitsPerComponent": 8,
    }  # fmt: skip
    mask = pdf.make_stream(b"\x00\xff" * 8, gray)
    states = Dictionary(
        A=Dictionary(Type=Name.ExtGState, ca=0.0, CA=0.0),
        H=Dictionary(Type=Name.ExtGState, ca=0.4),
        X=Dictionary(Type=Name.ExtGState, BM=Name.Multiply),
    )
    for page in pdf.pages:
        page.obj.Resources.XObject = Dictionary(
            I=pdf.make_stream(white, gray), M=pdf.make_stream(white, {**gray, "/SMask": mask})
        )
        page.obj.Resources.ExtGState = states


def picture(
    name: str, x: float = 60, y: float = 590, width: float = 100, height: float = 30
) -> str:
    return f"q {width} 0 0 {height} {x} {y} cm /{name} Do Q\n"


@pytest.mark.parametrize(
    "content",
    [
        f"1 g {WORDS}",
        f"0.999 1 1 rg {WORDS}",
        f"{RED} {area()} {WORDS}",
        f"1 g {area(0, 0, 595, 680)} {WORDS}",
        f"{WORDS} 0 g {area()}",
        f"{WORDS} 1 g {area()}",
        f"q 0 0 595 842 re W n {WORDS} 1 g {area()} Q",
        f"{WORDS} {picture('I')}",
        f"/A gs {WORDS}",
        f"3 Tr {WORDS}",
        f"2 Tr 1 g 1 G {WORDS}",
        show(SECRET, y=600, size=0.1),
    ],
    ids=[
        "white on paper", "nearly white", "the color of the area", "white on a white page",
        "under black", "under white", "under white within a clip", "under a picture",
        "transparent", "invisible", "white with a white outline", "of no size",
    ],
)  # fmt: skip
def test_text_that_cannot_be_seen_is_hidden_content(content: str, tmp_path: Path) -> None:
    document = parsed(tmp_path, show(SHOWN) + content, change=resources)
    assert hidden_of(document) == SECRET
    assert document.text.startswith(SHOWN)
    assert document.text.count(SECRET) == 1


@pytest.mark.parametrize(
    "content",
    [
        f"0 g {area()} 1 g {WORDS}",
        f"0 g {area()} {RED} {WORDS}",
        f"20 w 0 G 60 605 m 200 605 l S 1 g {WORDS}",
        f"0 g 60 590 m 160 590 l 170 620 l 60 620 l f 1 g {WORDS}",
        f"{picture('I', 0, 300, 595, 380)} 1 g {WORDS}",
        f"1 g {WORDS} {picture('I', 0, 300, 595, 380)}",
        f"{WORDS} {picture('I', 0, 300, 595, 380)}",
        f"3 Tr {WORDS} {picture('I', 0, 300, 595, 380)}",
        f"{WORDS} {picture('M')}",
        f"{WORDS} q /H gs 1 1 0 rg {area()} Q",
        f"{WORDS} q /X gs 1 1 0 rg {area()} Q",
        f"{WORDS} q 0 0 10 10 re W n 1 g {area()} Q",
        f"{WORDS} 1 g {area(60, 604, 100, 1)}",
        f"{WORDS} 1 g {area(60, 600, 100, 5)}",
        f"1 1 0 rg {area()} 0 g {WORDS}",
        f"1 1 0 rg {WORDS}",
        f"0.9 g {WORDS}",
        f"1 g {WORDS} {RED} {show(SECRET, 72.5, 599.5)}",
        f"{WORDS} 1 g {area()} 0 g {WORDS}",
    ],
    ids=[
        "white on black", "red on black", "on a wide line", "on a slanted area",
        "on a picture", "white under a scan", "under a scan",
        "invisible under a scan", "under a picture with gaps", "under a transparent mark",
        "under a multiplied mark", "under an area outside its clip", "struck out",
        "partly covered", "on a colored area", "yellow", "light gray", "above a white shadow",
        "drawn again",
    ],
)  # fmt: skip
def test_text_that_can_be_seen_is_text(content: str, tmp_path: Path) -> None:
    document = parsed(tmp_path, show(SHOWN) + content, change=resources)
    assert SECRET in document.text
    assert SECRET not in hidden_of(document)


def test_of_a_line_only_the_characters_on_paper_of_their_color_are_hidden(tmp_path: Path) -> None:
    document = parsed(tmp_path, f"{show(SHOWN)} 0 g {area(60, 590, 50, 30)} 1 g {WORDS}")
    assert hidden_of(document) == SECRET[4:]
    assert SECRET[:4] in document.text


def test_of_a_line_only_the_covered_characters_are_hidden(tmp_path: Path) -> None:
    document = parsed(tmp_path, f"{WORDS} 0 g {area(71, 590, 26, 30)}")
    assert hidden_of(document) == SECRET[:2]
    assert SECRET[2:] in document.text


def test_hidden_text_is_named_if_it_is_not_read(tmp_path: Path) -> None:
    document = parsed(tmp_path, f"{show(SHOWN)} 1 g {WORDS}", limits=LIMITS)
    assert document.text == SHOWN
    assert [(one.what, one.page) for one in document.unread] == [("hidden text", 1)]


def slanted(text: str, size: float = 60) -> str:
    codes = text.encode("utf-16-be").hex()
    return f"BT /C {size} Tf 0.7 0.7 -0.7 0.7 150 300 Tm <{codes}> Tj ET\n"


def test_a_watermark_is_an_annotation_that_breaks_no_paragraph(tmp_path: Path) -> None:
    lines = "".join(
        show("这是一段足够长的正文文字用来占满整行" * 2, y=700 - 18 * at) for at in range(20)
    )
    pages = [lines + slanted("内部资料"), slanted("内部资料") + lines]
    document = parsed(tmp_path, *pages, limits=LIMITS)
    found = [(one.kind, document.text[one.start : one.end]) for one in document.blocks]
    assert [one for one in found if "内部资料" in one[1]] == [(BlockKind.annotation, "内部资料")]
    assert {kind for kind, _ in found} == {BlockKind.paragraph, BlockKind.annotation}


def test_a_page_whose_text_all_leans_is_text(tmp_path: Path) -> None:
    document = parsed(tmp_path, slanted("倾斜的正文", 12), limits=LIMITS)
    assert BlockKind.annotation not in {one.kind for one in document.blocks}
    assert document.text.replace("\n", "") == "倾斜的正文"
