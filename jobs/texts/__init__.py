"""The texts that people read, in one catalogue for each language: `zh.toml`, `en.toml`.

A key is the path of a text in the file, such as `console.sign_in.title`. Both files have the same
keys. Names of codes (tasks, options, states, kinds) are texts too: `task.redact.name`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


class Language(StrEnum):
    zh = "zh"
    en = "en"

    @property
    def tag(self) -> str:
        """For `lang` and Content-Language (RFC 5646)."""
        return "zh-CN" if self is Language.zh else "en"


class Texts:
    """The catalogue of one language. Call it with a key, and with the values of placeholders."""

    def __init__(self, language: Language, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """Raises `KeyError` for an unknown key, or a placeholder without a value."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def of(self, group: str, code: object) -> str:
        """The text of a code: `of("status", "queued")`; the code itself if it has none."""
        return self._texts.get(f"{group}.{code}", str(code))

    def any_of(self, groups: Sequence[str], code: str) -> str:
        """The text of a code in the first of the groups that has it; the code itself otherwise."""
        keys = (f"{group}.{code}" for group in groups)
        return next((self._texts[key] for key in keys if key in self._texts), code)

    def get(self, key: str, default: str = "") -> str:
        return self._texts.get(key, default)

    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)


@cache
def texts(language: Language) -> Texts:
    """The catalogue of a language, read once."""
    with (_FOLDER / f"{language}.toml").open("rb") as file:
        return Texts(language, dict(_flat(tomllib.load(file))))


def language_of(accepted: str | None, default: Language = Language.zh) -> Language:
    """The first language of an `Accept-Language` (RFC 9110, 12.5.4) that there are texts in.

    `LANG` and `--lang` fit too: `zh_CN.UTF-8`.
    """
    ranked = []
    for position, part in enumerate((accepted or "").split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        ranked.append((-_quality(parameters), position, tag.strip().lower()[:2]))
    for quality, _, tag in sorted(ranked):
        if quality < 0 and tag in set(Language):
            return Language(tag)
    return default


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
