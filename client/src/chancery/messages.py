"""The texts of the command line in English, which stands in the code, and in Chinese.

`texts/zh.toml` has the Chinese of each text by its English. The language is that of the process:
the command sets it, and a program that uses the client gets English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

CHINESE = "zh"
LANGUAGES = ("en", CHINESE)
_CATALOGUE = Path(__file__).parent / "texts" / f"{CHINESE}.toml"
# In this order, as in POSIX: the first that is set and not empty decides.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


class _Choice:
    """`language` is None where nothing names one."""

    language: str | None = None


def message(english: str, **values: object) -> str:
    """The text in the chosen language, with the values of its placeholders (`str.format`)."""
    text = catalogue().get(english, english) if is_chinese() else english
    return text.format(**values) if values else text


@contextmanager
def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[None]:
    """Use the language of the last `--lang` of the arguments, or else that of the environment."""
    before = _Choice.language
    _Choice.language = _of_arguments(arguments) or _of_environment(environment)
    try:
        yield
    finally:
        _Choice.language = before


def language() -> str | None:
    """`zh` or `en`. None: neither the arguments nor the environment name one."""
    return _Choice.language


def is_chinese() -> bool:
    return _Choice.language == CHINESE


@cache
def catalogue() -> Mapping[str, str]:
    """The Chinese texts by their English."""
    with _CATALOGUE.open("rb") as file:
        tables = tomllib.load(file).values()
    return {english: chinese for table in tables for english, chinese in table.items()}


def _of_arguments(arguments: Sequence[str]) -> str | None:
    """Before click parses them, so that errors and `--help` are in the language too."""
    found = None
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--lang":
            following = arguments[number + 1 : number + 2]
            named = value if equals else "".join(following)
            found = named if named in LANGUAGES else found
    return found


def _of_environment(environment: Mapping[str, str]) -> str | None:
    locale = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return CHINESE if locale.lower().startswith(CHINESE) else None
