"""Long texts of one repeated piece, which rules written for ordinary texts read slowly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from standin.documents.builders import docx_with
from tests.hostile.sender import Input, document, job

CHARACTERS = 900_000

PIECES = {
    "punctuation": "，。,.",
    "digits": "1",
    "digits and spaces": "1 ",
    "dates": "2026年13月45日",
    "opening brackets": "（",
    "opening title marks": "《",
    "opening quotation marks": "“",
    "articles": "第一条",
    "article of article": "第一千百十",
    "letters without end": "a",
    "letters and at signs": "a@",
    "dots": "a.",
    "blank lines": "\n",
    "spaces": " ",
    "hyphens": "-1",
    "combining marks": "é́",
    "amounts": "1,",
    "numerals": "一二三",
    "names": "张三、",
    "markings": "机密★",
}
TASKS: dict[str, dict[str, Any]] = {
    "proofread": {"use_model": False},
    "redact": {"use_model": False},
    "cite_check": {"laws": [{"text": "甲法\n第一条 甲。"}]},
    "disclosure_review": {"use_model": False},
    "format_check": {},
}
EVERY_TASK: dict[str, dict[str, Any]] = TASKS | {
    "parse": {},
    "summarize": {},
    "extract": {"schema": {"type": "object", "properties": {"x": {"type": "string"}}}},
    "classify": {"labels": [{"name": "a"}, {"name": "b"}]},
    "compare": {"old": {"text": "乙丙\n\n" * 90_000}},
    "dispatch": {"tree": [{"id": "a", "name": "甲"}, {"id": "b", "name": "乙"}]},
    "minutes": {},
    "translate": {"language": "en"},
    "draft": {"kind": "通知"},
    "qa": {"questions": ["甲甲"]},
}
SHORT = {("proofread", "punctuation"), ("redact", "digits"), ("disclosure_review", "dates")}


def _text(task: str, options: dict[str, Any], piece: str) -> Callable[[], dict[str, Any]]:
    def body() -> dict[str, Any]:
        return {"task": task, "input": {"text": _long(piece)}, "options": options}

    return body


def _docx(piece: str) -> Callable[[], bytes]:
    def content() -> bytes:
        paragraphs = _long(piece).replace("\n\n", "\n").split("\n")
        return docx_with("".join(f"<w:p><w:r><w:t>{one}</w:t></w:r></w:p>" for one in paragraphs))

    return content


def _long(piece: str) -> str:
    return "甲" + piece * (CHARACTERS // len(piece))


def _input(task: str, options: dict[str, Any], piece: str, name: str, *, short: bool) -> Input:
    """`format_check` reads Word files alone, so it gets one. In a file, a long run of hyphens and
    digits is taken for encoded data, and may be refused.
    """
    name = f"text: {task} of {name}"
    if task != "format_check":
        return job(name, _text(task, options, piece), times=2, short=short, accepted=True)
    must = None if piece == PIECES["hyphens"] else True
    return document(name, "text.docx", _docx(piece), task=task, times=2, short=short, accepted=must)


def _inputs() -> list[Input]:
    """Every piece with one task in turn, and the pieces that matter with their own task."""
    pairs = dict.fromkeys(SHORT)
    names = list(TASKS)
    pairs |= {(names[at % len(names)], piece): None for at, piece in enumerate(PIECES)}
    return [
        _input(task, TASKS[task], PIECES[piece], piece, short=(task, piece) in SHORT)
        for task, piece in sorted(pairs)
    ] + [
        _input(task, options, "甲乙丙丁戊己庚\n\n", "99,000 paragraphs", short=task == "parse")
        for task, options in EVERY_TASK.items()
    ]


INPUTS = (
    *_inputs(),
    job(
        "text: parse of 300,000 paragraphs",
        _text("parse", {}, "甲\n\n"),
        times=4,
        accepted=True,
    ),
)
