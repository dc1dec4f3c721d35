"""Files that may be published: law text in the usual places of every format."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bench.quality.leaks.cases import places
from standin.documents.builders import FORMATS, HEADING, PARAGRAPH, TABLE, Item, as_eml

_SEED = 20_261_130
_SAMPLES = Path(__file__).parents[3] / "tests" / "samples"
# Places that ordinary files have. A file with a picture, a macro or an embedded object is not
# clean: it holds something that was not read.
_USUAL: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "DOCX": re.compile(
            r"text|text split over two runs|text split by .*|text split over a link|"
            r"inserted text|table cell|cell of a nested table|description of a table|"
            r"result of a simple field|title of a control|text of a control|"
            r"name of a bookmark|text (?:above|below).*ruby.*|text box .*|"
            r"description of a drawing|header|footer|footnote|endnote|comment|"
            r"author of a comment|name of a style|property (?:creator|title|subject|"
            r"keywords|Company)|custom property|title of a chart|category of a chart|"
            r"document variable|formula|diagram"
        ),
        "XLSX": re.compile(
            r"text of a cell.*|shared string|result of a formula|formula|"
            r"cell of a hidden (?:row|column)|defined name|value of a defined name|header|"
            r"(?:list|prompt) of a validation|filter|conditional format|tip of a link|"
            r"note on a cell|(?:name|column) of a table|number format|(?:text|"
            r"description) of a shape|title of a chart|property .*"
        ),
        "PDF": re.compile(
            r"text|text in .*|form|form in a form|rotated text|text of a rotated page|"
            r"property (?:Title|Author|Subject|Keywords|Creator)|metadata \(XMP\)|outline|"
            r"label of a page|note|author of a note|link|value of a field|help of a field|"
            r"structure: alternative|name of a layer|outline in an object stream|language"
        ),
        "OFD": re.compile(
            r"text|text in a page block|text of an annotation|outline|bookmark|"
            r"information .*|keyword|custom data|text of a template|composite object|"
            r"custom tag|name of a font|text in two codes"
        ),
        "HTML": re.compile(
            r"text|text split by a tag|title|description|alternative text|tip|option|"
            r"name of a class|value of a field|comment|data attribute"
        ),
        "e-mail": re.compile(
            r"header Subject|text|text in .*|text, quoted-printable|page|attached text|"
            r"attached DOCX|attached XLSX|name of an attachment"
        ),
        "Markdown": re.compile(r"text|emphasis within|title of a link|comment|code"),
        "text": re.compile(r"text|text in .*"),
    }
)


@dataclass(frozen=True, slots=True)
class Clean:
    format: str
    place: str
    data: bytes


def clean_files(count: int) -> Iterator[Clean]:
    """`count` files: half of them longer texts, half with a clause in a usual place."""
    rng = random.Random(_SEED)
    writers: Mapping[str, Callable[[Sequence[Item]], bytes]] = {**FORMATS, "eml": as_eml}
    # Parts of an XLS have no reader, so that it is never publishable without a person's look.
    names = [name for name in writers if name != "xls"]
    usual = [one for one in places() if _is_usual(one.format, one.name)]
    for at in range(count):
        if at % 2:
            name = names[at // 2 % len(names)]
            yield Clean(name, "whole text", writers[name](_content(rng)))
        else:
            place = usual[at // 2 % len(usual)]
            words = "flood" if place.latin else rng.choice(_clauses())
            yield Clean(place.format, place.name, place.build(words))


def _is_usual(kind: str, name: str) -> bool:
    return bool((pattern := _USUAL.get(kind)) and pattern.fullmatch(name))


def _clauses() -> list[str]:
    clauses = re.split(r"[，。；、：\n#]", _law())
    return [one.strip() for one in clauses if 4 < len(one.strip()) <= 18 and one.strip().isalpha()]


def paragraphs(rng: random.Random, count: int) -> list[str]:
    """Sentences of a law, on one line each."""
    sentences = [one for one in re.split(r"(?<=。)\s*", _law()) if 20 < len(one) < 150]
    return ["".join(one.split()) for one in rng.sample(sentences, count)]


def _content(rng: random.Random) -> list[Item]:
    rows = "\n".join("\t".join(rng.sample(_clauses(), 3)) for _ in range(3))
    chosen = paragraphs(rng, rng.randrange(4, 12))
    return [(HEADING, rng.choice(_clauses())), *((PARAGRAPH, one) for one in chosen), (TABLE, rows)]


def _law() -> str:
    return (_SAMPLES / "档案法(2020-06-20).md").read_text(encoding="utf-8")
