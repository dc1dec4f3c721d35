"""The prompt for a translation, and the model's answer."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from tasks.errors import OutputError
from tasks.model.answer_schema import Schema, list_of, object_of
from tasks.model.output import fence

PROMPT = """<document>
{text}
</document>

Each paragraph of the document begins with its number. Translate each into {language}: in full,
nothing added, nothing left out. Keep all numbers, dates and document numbers. Answer with the list
of the {count} translated paragraphs, in their order, without the numbers.{glossary}"""


class Language(StrEnum):
    zh = "zh"
    en = "en"
    fr = "fr"
    de = "de"
    es = "es"
    pt = "pt"
    ru = "ru"
    ja = "ja"
    ko = "ko"


_NAMES = {
    Language.zh: "Chinese (simplified characters)",
    Language.en: "English",
    Language.fr: "French",
    Language.de: "German",
    Language.es: "Spanish",
    Language.pt: "Portuguese",
    Language.ru: "Russian",
    Language.ja: "Japanese",
    Language.ko: "Korean",
}


def numbered(lines: Sequence[str]) -> str:
    return "\n".join(f"[{number}] {line}" for number, line in enumerate(lines, start=1))


def prompt(text: str, language: Language, terms: dict[str, str], count: int) -> str:
    lines = "".join(f"\n{fence(term)} = {fence(meant)}" for term, meant in terms.items())
    glossary = f"\nThese translations must be used:{lines}" if terms else ""
    return PROMPT.format(
        text=fence(text), language=_NAMES[language], count=count, glossary=glossary
    )


def read(data: Any, count: int) -> list[str]:
    """Raises `OutputError` for an answer that is not a list of `count` paragraphs."""
    texts = data.get("paragraphs") if isinstance(data, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise OutputError("The model's answer is JSON, but not a list of paragraphs.")
    if len(texts) != count:
        raise OutputError(f"The model gave {len(texts)} paragraphs instead of {count}.")
    return [text.strip() for text in texts]


def schema(count: int) -> Schema:
    return object_of(paragraphs=list_of({"type": "string"}, count, least=count))
