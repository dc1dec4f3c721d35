"""`parse`: forms, equations and numbered clauses of Word documents, drawn at random.

What a document must show is built together with its XML, by other code than the reader's.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.quality.measure import Measure
from documents.read import read
from standin.documents.builders import LIMITS, docx_with, saved
from standin.documents.docx_parts import related

_COUNT = 500
_SEED = 18
_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
_W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
_WORDS = ("同意", "不同意", "已婚", "低保户", "城镇", "农村", "本人到场")
_DIGITS = "零一二三四五六七八九"
_FORMATS: Mapping[str, Callable[[int], str]] = {
    "decimal": str,
    "chineseCounting": lambda n: (("十" if n < 20 else f"{_DIGITS[n // 10]}十") if n > 9 else "")
    + (_DIGITS[n % 10] if n % 10 else ""),
    "ideographTraditional": lambda n: "甲乙丙丁戊己庚辛壬癸"[n - 1] if n < 11 else str(n),
    "decimalEnclosedCircle": lambda n: chr(0x245F + n) if n < 21 else str(n),
    "lowerLetter": lambda n: chr(96 + n) if n < 27 else chr(96 + n - 26) * 2,
}  # fmt: skip

# XML, and the text that it shows.
Drawn = tuple[str, str]


def measures() -> Iterator[Measure]:
    for name, draw in (("form values", _form), ("equations", _equation)):
        chance = random.Random(_SEED)
        drawn = [draw(chance) for _ in range(_COUNT)]
        shown = _shown([f"<w:p>{_run(f'{at}：')}{xml}</w:p>" for at, (xml, _) in enumerate(drawn)])
        expected = [f"{at}：{text}" for at, (_, text) in enumerate(drawn)]
        yield _measure(name, shown, expected)
    yield _measure("clause numbers", *_clauses(random.Random(_SEED)))


def _measure(name: str, shown: Sequence[str], expected: Sequence[str]) -> Measure:
    right = sum(one == other for one, other in zip(shown, expected, strict=False))
    return Measure("parse", f"{name} in DOCX", len(expected), right / len(expected), 1.0)


def _shown(body: Sequence[str], numbering: str = "") -> list[str]:
    parts = {"word/numbering.xml": f"numbering|{numbering}"} if numbering else None
    data = docx_with("".join(body), parts)
    if numbering:
        data = related(data, ("numbering", "numbering.xml"))
    with tempfile.TemporaryDirectory() as folder:
        return read(saved(Path(folder), data), LIMITS).text.split("\n\n")


def _run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def _form(chance: random.Random) -> Drawn:
    """Some boxes, each before its word, and the chosen entry of a list."""
    drawn = [chance.choice(_BOXES)(chance.random() < 0.5) for _ in range(chance.randint(1, 4))]
    words = [chance.choice(_WORDS) for _ in drawn]
    xml = "".join(box + _run(f"{word} ") for (box, _), word in zip(drawn, words, strict=True))
    text = " ".join(shown + word for (_, shown), word in zip(drawn, words, strict=True))
    entries = chance.sample(_WORDS, 3)
    at = chance.randrange(3)
    listed = "".join(f'<w:listEntry w:val="{entry}"/>' for entry in entries)
    choice = _field(f'<w:ddList><w:result w:val="{at}"/>{listed}</w:ddList>')
    return xml + choice, f"{text} {entries[at]}"


def _field(data: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _symbol(is_ticked: bool) -> Drawn:  # noqa: FBT001 - one of several of a kind
    char = "F052" if is_ticked else "F0A3"
    return f'<w:r><w:sym w:font="Wingdings 2" w:char="{char}"/></w:r>', "☐☑"[is_ticked]


def _letter(is_ticked: bool) -> Drawn:  # noqa: FBT001 - as above
    fonts = '<w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/>'
    return _run("þ" if is_ticked else "¨", fonts), "☐☑"[is_ticked]


def _control(is_ticked: bool) -> Drawn:  # noqa: FBT001 - as above
    state = (
        f'<w14:checkbox xmlns:w14="{_W14}"><w14:checked w14:val="{is_ticked:d}"/></w14:checkbox>'
    )
    content = _run("☒" if is_ticked else "☐")
    return (
        f"<w:sdt><w:sdtPr>{state}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>",
        "☐☑"[is_ticked],
    )


def _legacy(is_ticked: bool) -> Drawn:  # noqa: FBT001 - as above
    checked = f'<w:checked w:val="{is_ticked:d}"/>'
    return _field(f"<w:checkBox>{checked}</w:checkBox>"), "☐☑"[is_ticked]


_BOXES: Sequence[Callable[[bool], Drawn]] = (_symbol, _letter, _control, _legacy)


def _equation(chance: random.Random) -> Drawn:
    xml, text = _term(chance, 3)
    return f'<m:oMath xmlns:m="{_MATH}">{xml}</m:oMath>', text


def _term(chance: random.Random, depth: int) -> Drawn:
    kind = chance.choice(("number", "fraction", "power", "root", "sum")) if depth else "number"
    if kind == "number":
        text = chance.choice(("x", str(chance.randint(1, 999)), "2.5"))
        return f"<m:r><m:t>{text}</m:t></m:r>", text
    first, second = _term(chance, depth - 1), _term(chance, depth - 1)
    if kind == "sum":
        return f"{first[0]}<m:r><m:t>+</m:t></m:r>{second[0]}", f"{first[1]}+{second[1]}"
    a, b = _operand(first), _operand(second)
    if kind == "root":
        return f"<m:rad><m:e>{a[0]}</m:e></m:rad>", f"√{a[1]}"
    if kind == "power":
        return f"<m:sSup><m:e>{a[0]}</m:e><m:sup>{b[0]}</m:sup></m:sSup>", f"{a[1]}^{b[1]}"
    return f"<m:f><m:num>{a[0]}</m:num><m:den>{b[0]}</m:den></m:f>", f"{a[1]}/{b[1]}"


def _operand(drawn: Drawn) -> Drawn:
    xml, text = drawn
    is_simple = text.replace(".", "").isalnum()
    return xml, text if is_simple else f"({text})"


def _clauses(chance: random.Random) -> tuple[list[str], list[str]]:
    """Clauses of lists with three levels, which restart at random."""
    formats = list(_FORMATS)
    body: list[str] = []
    expected: list[str] = []
    lists: list[str] = []
    definitions: list[str] = []
    for number in range(_COUNT // 20):
        chosen = [chance.choice(formats) for _ in range(3)]
        levels = "".join(
            f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
            f'<w:lvlText w:val="{"-".join(f"%{n}" for n in range(1, at + 2))}"/></w:lvl>'
            for at, form in enumerate(chosen)
        )
        definitions.append(f'<w:abstractNum w:abstractNumId="{number}">{levels}</w:abstractNum>')
        counts = [0, 0, 0]
        level, list_id = 0, ""
        for at in range(20):
            if not at or chance.random() < 0.1:
                start, list_id, level = chance.randint(1, 9), str(len(lists) + 1), 0
                override = f'<w:startOverride w:val="{start}"/>'
                lists.append(
                    f'<w:num w:numId="{list_id}"><w:abstractNumId w:val="{number}"/>'
                    f'<w:lvlOverride w:ilvl="0">{override}</w:lvlOverride></w:num>'
                )
                counts = [start - 1, 0, 0]
            else:
                level = chance.randint(0, min(2, level + 1))
            counts = [*counts[:level], counts[level] + 1, *[0] * (2 - level)]
            numbers = (_FORMATS[chosen[n]](counts[n]) for n in range(level + 1))
            expected.append(f"{'-'.join(numbers)} 条")
            properties = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'
            body.append(f"<w:p><w:pPr>{properties}</w:pPr>{_run('条')}</w:p>")
    return _shown(body, "".join((*definitions, *lists))), expected
