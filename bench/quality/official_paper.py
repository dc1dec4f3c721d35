"""Official documents as data, and as DOCX files that specify the same layout in several ways."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

FANGSONG, HEITI, KAITI = "仿宋_GB2312", "黑体", "楷体_GB2312"
XIAOBIAOSONG, SONGTI = "方正小标宋简体", "宋体"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument"


@dataclass(eq=False, slots=True)
class Line:
    """A paragraph. Indents are in characters, spacing in twips; `pieces` have another look."""

    role: str
    text: str = ""
    font: str = FANGSONG
    points: float = 16
    align: str = "both"
    first: float = 0
    left: float = 0
    right: float = 0
    line: int = 579
    rule: str = "exact"
    before: int = 0
    after: int = 0
    colour: str | None = None
    pieces: list[tuple[int, int, Mapping[str, Any]]] = field(default_factory=list)


@dataclass(slots=True)
class Footer:
    field: bool = True
    dashes: tuple[str, str] = ("— ", " —")
    points: float = 14
    font: str = SONGTI
    align: str = "right"


@dataclass(slots=True)
class Paper:
    """`way` is where the font is specified: `direct`, `style`, `theme` or `defaults`. `seals` are
    the texts of its seals, which its file does not have.
    """

    kind: str
    lines: list[Line]
    way: str
    margins: dict[str, float] = field(
        default_factory=lambda: {"top": 37, "left": 28, "right": 26, "bottom": 35, "footer": 25.5}
    )
    size: tuple[float, float] = (210, 297)
    grid: str | None = "linesAndChars"
    lines_a_page: float = 22
    characters: float = 28
    odd: Footer | None = field(default_factory=Footer)
    even: Footer | None = field(default_factory=lambda: Footer(align="left"))
    turns: bool = True
    cut: int = 0
    seals: tuple[str, ...] = ()

    def of(self, *roles: str) -> list[Line]:
        return [line for line in self.lines if line.role in roles]

    def place(self, line: Line) -> int:
        return self.lines.index(line)


def as_docx(paper: Paper) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, xml in _parts(paper):
            packed.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), xml)
    return written.getvalue()


def _parts(paper: Paper) -> Iterator[tuple[str, str]]:
    footers = {name: one for name, one in (("1", paper.odd), ("2", paper.even)) if one is not None}
    related = {"styles": "styles.xml", "settings": "settings.xml", "theme": "theme/theme1.xml"}
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_TYPES}.{kind}+xml"/>'
        for name, kind in [
            ("document", "wordprocessingml.document.main"),
            ("styles", "wordprocessingml.styles"),
            ("settings", "wordprocessingml.settings"),
            ("theme/theme1", "theme"),
            *((f"footer{number}", "wordprocessingml.footer") for number in footers),
        ]
    )
    yield (
        "[Content_Types].xml",
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{types}</Types>",
    )
    yield "_rels/.rels", _relations([("rId1", "officeDocument", "word/document.xml")])
    targets = [(kind, kind, target) for kind, target in related.items()]
    targets += [(f"footer{number}", "footer", f"footer{number}.xml") for number in footers]
    yield "word/_rels/document.xml.rels", _relations(targets)
    yield "word/document.xml", _document(paper)
    yield "word/styles.xml", _styles(paper.way)
    switch = "<w:evenAndOddHeaders/>" if paper.turns else ""
    yield "word/settings.xml", f'<w:settings xmlns:w="{_W}">{switch}<w:compat/></w:settings>'
    yield "word/theme/theme1.xml", _THEME
    for number, footer in footers.items():
        yield f"word/footer{number}.xml", _footer(footer)


def _relations(given: list[tuple[str, str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="{name}" Type="{_R}/{kind}" Target="{target}"/>'
        for name, kind, target in given
    )
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{entries}</Relationships>"
    )


_THEME = (
    '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="t">'
    '<a:themeElements><a:fontScheme name="f"><a:majorFont><a:latin typeface="Calibri"/>'
    '<a:ea typeface=""/><a:font script="Hans" typeface="黑体"/></a:majorFont><a:minorFont>'
    f'<a:latin typeface="Calibri"/><a:ea typeface=""/><a:font script="Hans" typeface="{FANGSONG}"/>'
    "</a:minorFont></a:fontScheme></a:themeElements></a:theme>"
)


def _styles(way: str) -> str:
    text = f'<w:rFonts w:eastAsia="{FANGSONG}"/><w:sz w:val="32"/>'
    if way == "theme":
        text = '<w:rFonts w:eastAsiaTheme="minorEastAsia"/><w:sz w:val="32"/>'
    defaults = text if way == "defaults" else '<w:sz w:val="21"/>'
    own = "" if way == "defaults" else text
    return (
        f'<w:styles xmlns:w="{_W}"><w:docDefaults><w:rPrDefault><w:rPr>{defaults}</w:rPr>'
        "</w:rPrDefault></w:docDefaults>"
        '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="text0"><w:name w:val="text base"/>'
        f'<w:basedOn w:val="a"/><w:rPr>{own}</w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="text"><w:name w:val="text"/>'
        '<w:basedOn w:val="text0"/><w:pPr><w:spacing w:line="579" w:lineRule="exact"/>'
        '<w:ind w:firstLineChars="200" w:firstLine="640"/></w:pPr></w:style></w:styles>'
    )


def _document(paper: Paper) -> str:
    body = "".join(_paragraph(line, paper) for line in paper.lines)
    twips = 1440 / 25.4
    margins = "".join(f'w:{side}="{round(mm * twips)}" ' for side, mm in paper.margins.items())
    references = "".join(
        f'<w:footerReference w:type="{kind}" r:id="footer{number}"/>'
        for number, kind, footer in (("1", "default", paper.odd), ("2", "even", paper.even))
        if footer is not None
    )
    normal = 10.5 if paper.grid == "snapToChars" and paper.way != "defaults" else 16
    pitch = round(225 * twips / paper.lines_a_page - 0.5)
    space = round((156 * twips / 20 / paper.characters - normal) * 4096)
    grid = (
        f'<w:docGrid w:type="{paper.grid}" w:linePitch="{pitch}" w:charSpace="{space}"/>'
        if paper.grid
        else ""
    )
    return (
        f'<w:document xmlns:w="{_W}" xmlns:r="{_R}"><w:body>{body}<w:sectPr>{references}'
        f'<w:pgSz w:w="{round(paper.size[0] * twips)}" w:h="{round(paper.size[1] * twips)}"/>'
        f'<w:pgMar {margins} w:header="851" w:gutter="0"/>{grid}</w:sectPr></w:body></w:document>'
    )


def _paragraph(line: Line, paper: Paper) -> str:
    styled = paper.way == "style" and line.role in {"text", "h3", "h4"}
    properties = '<w:pStyle w:val="text"/>' if styled else ""
    if paper.way == "theme":
        properties = '<w:pStyle w:val="text0"/>'
    if line.role == "letterhead":
        properties += '<w:pBdr><w:bottom w:val="single" w:sz="12" w:color="FF0000"/></w:pBdr>'
    if not styled or (line.line, line.rule, line.before, line.after) != (579, "exact", 0, 0):
        properties += (
            f'<w:spacing w:before="{line.before}" w:after="{line.after}" w:line="{line.line}" '
            f'w:lineRule="{line.rule}"/>'
        )
    if not styled or (line.first, line.left, line.right) != (2, 0, 0):
        properties += _indent(line)
    properties += f'<w:jc w:val="{line.align}"/>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{_runs(line, paper)}</w:p>"


def _indent(line: Line) -> str:
    first = "firstLine" if line.first >= 0 else "hanging"
    return (
        f'<w:ind w:leftChars="{round(line.left * 100)}" w:left="{round(line.left * 320)}" '
        f'w:rightChars="{round(line.right * 100)}" w:right="{round(line.right * 320)}" '
        f'w:{first}Chars="{round(abs(line.first) * 100)}" '
        f'w:{first}="{round(abs(line.first) * 320)}"/>'
    )


def _runs(line: Line, paper: Paper) -> str:
    """The text as runs, split at pieces and at every `cut` characters."""
    base = {"font": line.font, "points": line.points, "colour": line.colour}
    cuts = {0, len(line.text), *(cut for one in line.pieces for cut in one[:2])}
    if paper.cut:
        cuts |= set(range(paper.cut, len(line.text), paper.cut))
    places = sorted(cuts)
    written = ""
    for start, end in itertools.pairwise(places):
        look = dict(base)
        for first, last, other in line.pieces:
            if first <= start and end <= last:
                look |= other
        text = escape(line.text[start:end])
        written += f'<w:r>{_look(look, paper)}<w:t xml:space="preserve">{text}</w:t></w:r>'
    return written


def _look(look: Mapping[str, Any], paper: Paper) -> str:
    """The run properties that styles and defaults do not specify."""
    properties = ""
    inherited = paper.way in {"theme", "defaults"}
    if not inherited or look["font"] != FANGSONG:
        properties += f'<w:rFonts w:hint="eastAsia" w:eastAsia="{look["font"]}"/>'
    if look["colour"]:
        properties += f'<w:color w:val="{look["colour"]}"/>'
    if not inherited or look["points"] != 16:
        properties += f'<w:sz w:val="{round(look["points"] * 2)}"/>'
    return f"<w:rPr>{properties}</w:rPr>" if properties else ""


def _footer(footer: Footer) -> str:
    look = (
        f'<w:rPr><w:rFonts w:ascii="{footer.font}" w:hAnsi="{footer.font}" '
        f'w:eastAsia="{footer.font}"/><w:sz w:val="{round(footer.points * 2)}"/></w:rPr>'
    )
    number = (
        f'<w:fldSimple w:instr=" PAGE "><w:r>{look}<w:t>1</w:t></w:r></w:fldSimple>'
        if footer.field
        else ""
    )
    before, after = (
        f'<w:r>{look}<w:t xml:space="preserve">{dash}</w:t></w:r>' if dash else ""
        for dash in footer.dashes
    )
    return (
        f'<w:ftr xmlns:w="{_W}"><w:p><w:pPr><w:jc w:val="{footer.align}"/></w:pPr>'
        f"{before}{number}{after}</w:p></w:ftr>"
    )
