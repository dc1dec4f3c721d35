"""What a PDF does not show is hidden content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from documents.document import BlockKind, Document
from documents.read import read
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_pages import pdf_of, show

SHOWN, SECRET = "正文可见", "隐藏图层内容"
MARKED = f"{show(SHOWN)}/OC /L BDC\n{show(SECRET, y=600)}EMC\n"
PAINTED = f"{show(SHOWN)}/X Do\n"
Layered = Callable[[pikepdf.Pdf, Any], Any]


def layered(content: str, use: Layered, **default: Any) -> bytes:
    """A page whose content is shown as `use` says, with a group that is off by default."""

    def change(pdf: pikepdf.Pdf) -> None:
        group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("图层")))
        off = default or {"OFF": Array([group])}
        pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(**off))
        use(pdf, group)

    return pdf_of([content], change)


def in_content(pdf: pikepdf.Pdf, group: Any) -> None:
    pdf.pages[0].obj.Resources.Properties = Dictionary(L=group)


def in_membership(policy: str) -> Layered:
    def use(pdf: pikepdf.Pdf, group: Any) -> None:
        member = Dictionary(Type=Name.OCMD, OCGs=group, P=Name(policy))
        pdf.pages[0].obj.Resources.Properties = Dictionary(L=pdf.make_indirect(member))

    return use


def in_expression(pdf: pikepdf.Pdf, group: Any) -> None:
    member = Dictionary(Type=Name.OCMD, VE=Array([Name.Not, Array([Name.Not, group])]))
    pdf.pages[0].obj.Resources.Properties = Dictionary(L=pdf.make_indirect(member))


def in_form(pdf: pikepdf.Pdf, group: Any) -> None:
    resources = pdf.pages[0].obj.Resources
    form = pdf.make_stream(show(SECRET, y=600).encode())
    form.stream_dict.Type, form.stream_dict.Subtype = Name.XObject, Name.Form
    form.stream_dict.BBox, form.stream_dict.OC = Array([0, 0, 595, 842]), group
    form.stream_dict.Resources = Dictionary(Font=resources.Font)
    resources.XObject = Dictionary(X=form)


def texts(document: Document) -> list[tuple[BlockKind, str]]:
    return [(one.kind, document.text[one.start : one.end]) for one in document.blocks]


@pytest.mark.parametrize(
    ("content", "use"),
    [
        (MARKED, in_content),
        (MARKED, in_membership("/AnyOn")),
        (MARKED, in_expression),
        (PAINTED, in_form),
    ],
    ids=["marked content", "membership", "expression", "form object"],
)
def test_a_layer_that_is_off_is_hidden_content(tmp_path: Path, content: str, use: Layered) -> None:
    path = saved(tmp_path, layered(content, use))
    assert read(path, LIMITS).text == SHOWN
    with_hidden = read(path, replace(LIMITS, hidden=True))
    assert texts(with_hidden) == [(BlockKind.paragraph, SHOWN), (BlockKind.hidden, SECRET)]
    assert with_hidden.blocks[1].box == pytest.approx((72, 232, 144, 244), abs=3)


def test_a_layer_that_is_on_is_text(tmp_path: Path) -> None:
    shown = in_membership("/AllOff")
    assert SECRET in read(saved(tmp_path, layered(MARKED, shown)), LIMITS).text
    data = layered(MARKED, in_content, BaseState=Name.ON)
    assert SECRET in read(saved(tmp_path, data), LIMITS).text


def test_a_base_state_of_off_hides_all_layers(tmp_path: Path) -> None:
    data = layered(MARKED, in_content, BaseState=Name.OFF)
    assert read(saved(tmp_path, data), LIMITS).text == SHOWN


def test_text_outside_the_crop_box_is_hidden_content(tmp_path: Path) -> None:
    def crop(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj.CropBox = Array([50, 650, 400, 800])

    path = saved(tmp_path, pdf_of([show(SHOWN) + show(SECRET, y=600)], crop))
    assert read(path, LIMITS).text == SHOWN
    with_hidden = read(path, replace(LIMITS, hidden=True))
    assert texts(with_hidden) == [(BlockKind.paragraph, SHOWN), (BlockKind.hidden, SECRET)]


@pytest.mark.parametrize("is_marked", [True, False])
def test_a_picture_on_a_layer_that_is_off_does_not_make_the_page_a_scan(
    tmp_path: Path, *, is_marked: bool
) -> None:
    def use(pdf: pikepdf.Pdf, group: Any) -> None:
        picture = pdf.make_stream(
            b"\x80", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1,
            ColorSpace=Name.DeviceGray, BitsPerComponent=8,
        )  # fmt: skip
        if is_marked:
            in_content(pdf, group)
        else:
            picture.stream_dict.OC = group
        pdf.pages[0].obj.Resources.XObject = Dictionary(X=picture)

    paint = "q 595 0 0 842 0 0 cm /X Do Q\n"
    content = show(SHOWN) + (f"/OC /L BDC {paint} EMC" if is_marked else paint)
    document = read(saved(tmp_path, layered(content, use)), replace(LIMITS, ocr_pages=None))
    assert document.text == SHOWN
