"""The texts of operators' commands, in English here and in Chinese in `jobs/texts`."""

from __future__ import annotations

import os

import click

from jobs.texts import Language
from jobs.texts.translation import language_of_environment, translation

# The command line stores it in the context's `meta`: `zh`, `en`, or None if nothing names one.
LANGUAGE_KEY = "chancery.language"


def message(english: str, **values: object) -> str:
    """The text in the language of the operator, with its placeholders filled (`str.format`)."""
    text = translation(language_of_operator()).command(english)
    return text.format(**values) if values else text


def detail(english: str) -> str:
    """A problem's detail, as `Translation.sentence`."""
    return translation(language_of_operator()).sentence(english)


def language_of_operator() -> Language:
    context = click.get_current_context(silent=True)
    named = context.meta.get(LANGUAGE_KEY) if context else None
    return Language(named) if named else language_of_environment(os.environ)
