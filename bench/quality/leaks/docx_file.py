"""Writes small DOCX files from templates, and the pictures and charts of Office files."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Sequence

from PIL import Image, PngImagePlugin

from bench.quality.leaks.docx_text import paragraph, run
from bench.quality.leaks.place import Part, content_of, zipped
from bench.quality.leaks.values import filled

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
NAMES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": OFFICE,
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }.items()
)
MAIN = "word/document.xml"
_TITLE = paragraph(run("关于做好防汛工作的通知"))


def docx(
    value: str, body: str = "", parts: Sequence[Part] = (), links: Sequence[str] = ()
) -> bytes:
    """A DOCX with `body`, parts and external targets, which are templates filled with `value`."""
    relations, overrides = [], []
    packed: dict[str, bytes] = {}
    for at, part in enumerate(parts):
        path = filled(part.path, value)
        packed[path] = content_of(part.content, value)
        if part.relation:
            relations.append((f"p{at}", part.relation, posixpath.relpath(path, "word"), ""))
        if part.content_type:
            overrides.append(
                f'<Override PartName="/{path}" ContentType="{filled(part.content_type, value)}"/>'
            )
    for at, target in enumerate(links):
        relations.append((f"l{at}", "hyperlink", filled(target, value), ' TargetMode="External"'))
    text = filled(_TITLE + body, value)
    return zipped(
        {
            "[Content_Types].xml": _types("".join(overrides)),
            "_rels/.rels": _relations(
                [
                    ("d", "officeDocument", MAIN, ""),
                    ("e", "extended-properties", "docProps/app.xml", ""),
                ]
            ),
            MAIN: f"<w:document {NAMES}><w:body>{text}<w:sectPr/></w:body></w:document>".encode(),
            "word/_rels/document.xml.rels": _relations(relations),
            "docProps/app.xml": (APP % "").encode(),
            **packed,
        }
    )


def _types(overrides: str) -> bytes:
    pictures = "".join(
        f'<Default Extension="{ending}" ContentType="image/{kind}"/>'
        for ending, kind in (("png", "png"), ("jpeg", "jpeg"), ("svg", "svg+xml"))
    )
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="bin" ContentType="application/octet-stream"/>{pictures}'
        f'<Override PartName="/{MAIN}" '
        f'ContentType="{WORD}.document.main+xml"/>{overrides}</Types>'
    ).encode()


def _relations(entries: Sequence[tuple[str, str, str, str]]) -> bytes:
    lines = "".join(
        f'<Relationship Id="{name}" Type="{kind if ":" in kind else f"{OFFICE}/{kind}"}" '
        f'Target="{target}"{mode}/>'
        for name, kind, target, mode in entries
    )
    return f'<Relationships xmlns="{_PACKAGE}">{lines}</Relationships>'.encode()


def xml(tag: str, content: str) -> str:
    return f"<{tag} {NAMES}>{content}</{tag}>"


def story(tag: str, content: str) -> str:
    return xml(f"w:{tag}", content)


APP = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-'
    'properties">%s</Properties>'
)


def chart(title: str = "", category: str = "甲", formula: str = "Sheet1!$A$2") -> str:
    text = (
        f"<c:title><c:tx><c:rich><a:p><a:r><a:t>{title}</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    )
    return xml(
        "c:chartSpace",
        f"<c:chart>{text}<c:plotArea><c:barChart><c:ser><c:cat><c:strRef><c:f>{formula}</c:f>"
        f'<c:strCache><c:pt idx="0"><c:v>{category}</c:v></c:pt></c:strCache></c:strRef></c:cat>'
        "</c:ser></c:barChart></c:plotArea></c:chart>",
    )


def picture(kind: str, value: str, **where: str) -> bytes:
    """A small picture with `value` in its metadata."""
    written = io.BytesIO()
    image = Image.new("L", (8, 8), 255)
    if kind == "png":
        notes = PngImagePlugin.PngInfo()
        notes.add_itxt("Comment", value, zip=where.get("zip") == "yes")
        image.save(written, kind, pnginfo=notes)
    elif where.get("exif"):
        exif = Image.Exif()
        exif[0x9C9C] = value.encode("utf-16-le")  # XPComment
        image.save(written, kind, exif=exif)
    else:
        image.save(written, kind, comment=value.encode())
    return written.getvalue()
