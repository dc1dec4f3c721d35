"""Commands with their help in Chinese, and click's own texts."""

from __future__ import annotations

import copy
import inspect
import re
import unicodedata
from collections.abc import Callable, Mapping
from gettext import gettext, ngettext
from importlib import import_module
from typing import Any, TypeVar

import click

from chancery.messages import LANGUAGES, is_chinese, message

Command = TypeVar("Command", bound=click.Command)
Decorated = TypeVar("Decorated", bound=Callable[..., Any] | click.Command)
Translate = Callable[[str], str]

# As click, whose lines are counted in characters: Chinese ones take two columns of the terminal.
COLUMNS = 76
# A line is not broken inside a word of ASCII, and does not begin with a closing mark.
_TOKEN = re.compile(r" *[!-~]+| *.")
_CLOSING = "，。；：、！？）》”’"
_PLAIN = "\b"
_EXAMPLE = "Example:"
CLICK_MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")


def localized(command: Command, translate: Translate) -> Command:
    """A copy of a command with its help, and that of its commands, translated."""
    copied = copy.copy(command)
    copied._help_option = None  # noqa: SLF001 - click keeps it with the help in another language
    if command.help:
        copied.help = _text(command.help, translate)
        copied.short_help = _first_sentence(command.short_help or command.help, translate)
    if command.epilog:
        copied.epilog = _text(command.epilog, translate)
    copied.params = [_parameter(each, translate) for each in command.params]
    if isinstance(copied, click.Group):
        copied.commands = {
            name: localized(each, translate) for name, each in copied.commands.items()
        }
    return copied


def with_language_option(command: Command) -> Command:
    """A copy of a command in which every command without commands of its own accepts `--lang`."""
    copied = copy.copy(command)
    if isinstance(copied, click.Group):
        copied.commands = {
            name: with_language_option(each) for name, each in copied.commands.items()
        }
    elif all(each.name != "lang" for each in command.params):
        copied.params = [*command.params]
        language_option(copied)
    return copied


def language_option(command: Decorated) -> Decorated:
    """Add `--lang`. `language_of` reads its value before click parses the command line."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        expose_value=False,
        help=message("The language of messages and descriptions.  [LANG]"),
    )(command)


def translate_click() -> None:
    """Translate click's own texts: it marks them for gettext, which takes the language from the
    environment alone, and texts from compiled files.
    """
    for name in CLICK_MODULES:
        module = vars(import_module(f"click.{name}"))
        module |= {mark: own for mark, own in _MARKS.items() if mark in module}


def _gettext(text: str) -> str:
    return message(text) if is_chinese() else gettext(text)


def _ngettext(one: str, many: str, count: int) -> str:
    return message(many) if is_chinese() else ngettext(one, many, count)


_MARKS: Mapping[str, Callable[..., str]] = {"_": _gettext, "ngettext": _ngettext}


def _parameter(parameter: click.Parameter, translate: Translate) -> click.Parameter:
    copied: Any = copy.copy(parameter)
    if getattr(copied, "help", None):
        copied.help = translate(copied.help)
    return copied  # type: ignore[no-any-return]


def _text(text: str, translate: Translate) -> str:
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(_paragraph(each, translate) for each in paragraphs)


def _paragraph(paragraph: str, translate: Translate) -> str:
    """Lines of examples stay as they are."""
    lines = paragraph.split("\n")
    if lines[0] == _PLAIN:
        return "\n".join([_PLAIN, message(lines[1]), *lines[2:]])
    if paragraph.startswith(_EXAMPLE):
        return f"{_PLAIN}\n{message(_EXAMPLE)}{paragraph.removeprefix(_EXAMPLE).lstrip()}"
    return f"{_PLAIN}\n{_wrapped(translate(_one_line(paragraph)))}"


def _first_sentence(text: str, translate: Translate) -> str:
    first = translate(_one_line(text.split("\n\n", maxsplit=1)[0]))
    return first.split("。")[0]


def _one_line(paragraph: str) -> str:
    return " ".join(paragraph.split())


def _wrapped(text: str) -> str:
    lines = [""]
    for token in _TOKEN.findall(text):
        if _columns(lines[-1] + token) > COLUMNS and token not in _CLOSING:
            lines.append(token.lstrip())
        else:
            lines[-1] += token
    return "\n".join(lines)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
