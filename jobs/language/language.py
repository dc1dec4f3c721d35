"""Which language a person reads: by `Accept-Language`, by `LANG`, or as given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

MAX_HEADER_CHARS = 1_000
# In this order, as in POSIX: the first that is set and not empty decides.
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Language(StrEnum):
    """The value is the primary subtag of BCP 47."""

    en = "en"
    zh = "zh"

    @property
    def tag(self) -> str:
        """For `Content-Language` and the `lang` attribute of HTML."""
        return "zh-CN" if self is Language.zh else "en"


def accepted(header: str | None, default: Language = Language.en) -> Language:
    """The language that an `Accept-Language` header prefers (RFC 9110, 12.5.4).

    `default`: without a header, or if it names no language that there is.
    """
    quality = dict.fromkeys(Language, 0.0)
    for primary, weight in _ranges((header or "")[:MAX_HEADER_CHARS]):
        for language in Language:
            if primary in (language, "*"):
                quality[language] = max(quality[language], weight)
    best = max(quality.values())
    if not best or quality[default] == best:
        return default
    return next(language for language in Language if quality[language] == best)


def of_environment(environment: Mapping[str, str]) -> Language:
    """The language of a process's environment; English unless it is Chinese."""
    locale = next((environment[name] for name in VARIABLES if environment.get(name)), "")
    return Language.zh if locale.lower().startswith("zh") else Language.en


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """The primary subtags with their weights; an entry that is malformed is ignored."""
    for entry in header.split(","):
        tag, _, parameter = entry.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        name, _, value = parameter.strip().partition("=")
        try:
            weight = float(value) if name.strip().lower() == "q" else 1.0
        except ValueError:
            continue
        if primary and 0 <= weight <= 1:
            yield primary, weight
