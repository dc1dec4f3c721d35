"""Values that are drawn: in picture files, scans, and pictures inside other files."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw, ImageFont

from bench.quality.leaks.docx_file import docx
from bench.quality.leaks.ofd_places import ofd, resource
from bench.quality.leaks.pdf_file import Stream, pdf
from bench.quality.leaks.place import Part, Place
from bench.quality.leaks.text_places import attached, html
from bench.quality.leaks.xlsx_file import xlsx

_DOTS = 150


def picture(value: str, kind: str = "png", *, turned: int = 0, pages: int = 1) -> bytes:
    """A page of three lines, of which the second holds the value, without metadata."""
    frames = [_drawn(value if page == pages - 1 else "nothing") for page in range(pages)]
    first, *rest = (frame.rotate(turned, expand=True, fillcolor=255) for frame in frames)
    written = io.BytesIO()
    more = {"save_all": True, "append_images": rest} if rest else {}
    first.save(written, kind, dpi=(_DOTS, _DOTS), **more)
    return written.getvalue()


def _drawn(value: str) -> Image.Image:
    page = Image.new("L", (900, 500), 255)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(34)
    for row, line in enumerate(("Notice of the office", f"Number {value}", "End of the notice")):
        pen.text((60, 80 + 120 * row), line, font=font, fill=20)
    return page


_INLINE = (
    '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="5486400" cy="3048000"/><wp:docPr id="1" '
    'name="p"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/'
    'picture"><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:nvPicPr><pic:cNvPr id="1" name="p"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip '
    'r:embed="p0"/></pic:blipFill><pic:spPr/></pic:pic></a:graphicData></a:graphic></wp:inline>'
    "</w:drawing></w:r></w:p>"
)
_SHEET = (
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"/>'
)
_IMAGE = (
    "/Type /XObject /Subtype /Image /Width 900 /Height 500 /ColorSpace /DeviceGray "
    "/BitsPerComponent 8 /Filter /DCTDecode"
)
_OFD_PICTURE = (
    '<ofd:MultiMedias><ofd:MultiMedia ID="41" Type="Image"><ofd:MediaFile>Res/i.png</ofd:MediaFile>'
    "</ofd:MultiMedia></ofd:MultiMedias>"
)
_OFD_IMAGE = (
    '<ofd:ImageObject ID="9" Boundary="10 100 180 100" CTM="180 0 0 100 0 0" ResourceID="41"/>'
)


def _pdf(value: str, content: str) -> bytes:
    return pdf(
        value,
        content=content,
        resources="/XObject << /X 20 0 R >>",
        objects={20: Stream(lambda one: picture(one, "jpeg"), _IMAGE)},
    )


def _page(value: str) -> bytes:
    data = base64.b64encode(picture(value)).decode()
    return html("", body=f'<img src="data:image/png;base64,{data}">')


BUILDERS: Mapping[str, Callable[[str], bytes]] = {
    **{f"picture ({kind})": lambda value, kind=kind: picture(value, kind) for kind in (  # type: ignore[misc]
        "png", "jpeg", "tiff", "bmp", "webp",
    )},
    "picture on its side": lambda value: picture(value, turned=90),
    "second page of a picture (tiff)": lambda value: picture(value, "tiff", pages=2),
    "scan (pdf)": lambda value: picture(value, "pdf"),
    "picture on a page (pdf)": lambda value: _pdf(value, "q 450 0 0 250 72 400 cm /X Do Q"),
    "picture that a page does not draw (pdf)": lambda value: _pdf(value, ""),
    "picture (docx)": lambda value: docx(
        value, _INLINE, [Part("word/media/i.png", picture, "image")]
    ),
    "picture that nothing shows (docx)": lambda value: docx(
        value, "", [Part("word/media/i.png", picture)]
    ),
    "picture (xlsx)": lambda value: xlsx(
        value,
        parts=[Part("xl/drawings/d.xml", _SHEET, "drawing"), Part("xl/media/i.png", picture)],
    ),
    "picture (ofd)": lambda value: ofd(
        value, **resource(_OFD_PICTURE, _OFD_IMAGE, [Part("Doc_0/Res/i.png", picture)])
    ),
    "picture (html)": _page,
    "attached picture (mail)": lambda value: attached(value, picture, "i.png", "image/png"),
}  # fmt: skip


def places() -> list[Place]:
    return [Place("pixels", name, build, latin=True) for name, build in BUILDERS.items()]
