"""Every sentence of a problem in the code has a Chinese translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jobs.submit.validation_texts import _KINDS, _TEXTS
from jobs.texts import Language
from jobs.texts.translation import translation

ROOT = Path(__file__).parents[4]
RAISERS = {"ProblemError": 1, "Problem": 1, "invalid_field": 1, "_refuse": 1, "_invalid_query": 0}
HAN = re.compile(r"[\u4e00-\u9fff]")
ZH = translation(Language.zh)


def templates(node: ast.expr) -> Iterator[str]:
    """The text of an expression, its values replaced by samples; none if it is a variable."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "N1" for part in parts
            )
        case ast.IfExp(body=body, orelse=orelse):
            yield from templates(body)
            yield from templates(orelse)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            for first in templates(left):
                for second in templates(right):
                    yield first + second


def details_of(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "detail":
                    yield from ((node.lineno, text) for text in templates(value))
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "PydanticCustomError" and len(node.args) > 1:
                place = 1
            elif name in RAISERS:
                place = RAISERS[name]
            else:
                continue
            if len(node.args) > place:
                yield from ((node.lineno, text) for text in templates(node.args[place]))


def sentences() -> list[tuple[str, str]]:
    return [
        (f"{path.relative_to(ROOT)}:{line}", text)
        for folder in ("api", "jobs")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text in details_of(path)
        if len(text) > 1 and text not in ("N1", "{detail}")
    ]


def test_the_sentences_of_the_code_are_found() -> None:
    assert len(sentences()) > 60


def test_every_sentence_is_translated() -> None:
    missing = [
        f"{place}: {english}"
        for place, english in sentences()
        if not HAN.search(ZH.known_sentence(english) or "")
    ]
    assert missing == []


def test_what_is_wrong_in_a_request_is_said_in_chinese() -> None:
    for kind, template in _TEXTS.items():
        english = re.sub(r"\{\w+\}", "3", template)
        assert HAN.search(ZH.known_sentence(english) or ""), kind
    for kind in set(_KINDS.values()):
        for english in (
            f"Expected {kind}.",
            f"Expected {kind}, not a text.",
            f'Expected {kind}, not a list. Example: {{"text": "…"}}',
        ):
            assert HAN.search(ZH.known_sentence(english) or ""), english
    for english, chinese in (
        ("This member is required.", "缺少此项。"),
        ("There is no member `callback`. Did you mean `callback_url`?",
         "没有 `callback` 这一项。是否应为 `callback_url`？"),
        ("Expected an object, not a text.", "应为对象，而不是文本。"),
    ):  # fmt: skip
        assert ZH.sentence(english) == chinese
