"""The texts of one language, from `en.toml` or `zh.toml` beside this file.

Tables of a file: `problems` by code (`title`, `advice`), `tasks` by name (`name`, `description`),
`sentences` (English templates with `{placeholders}`, and their translation) and `phrases` (English
values of placeholders, and their translation). All others are texts by key: `console.sign_in`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jobs.language.language import Language
from jobs.model.problems import PROBLEM_TYPES, code_of
from tasks.task import Task

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Longer details are cut by the api in any case.
MAX_SENTENCE_CHARS = 2_000


class Catalogue:
    """The texts of a language."""

    def __init__(self, language: Language, texts: Mapping[str, Any]) -> None:
        self.language = language
        self._texts = texts
        self._sentences = [
            _Sentence(each["en"], each["text"]) for each in texts.get("sentences", ())
        ]
        self._phrases: Mapping[str, str] = texts.get("phrases", {})

    def text(self, key: str, **values: object) -> str:
        """The text with this key, such as `console.sign_in`, with its placeholders filled in.

        Raises `KeyError` if there is none.
        """
        found: Any = self._texts
        for part in key.split("."):
            found = found[part]
        return _fill(str(found), {name: str(value) for name, value in values.items()})

    def title(self, code: str) -> str:
        """The title of a problem, by its code."""
        return str(self._of_problem(code).get("title") or PROBLEM_TYPES[code].title)

    def advice(self, code: str) -> str:
        """What the caller can do about a problem, by its code."""
        return str(self._of_problem(code).get("advice") or PROBLEM_TYPES[code].advice)

    def problem(self, problem: Mapping[str, Any]) -> dict[str, Any]:
        """A problem object with `title`, `detail` and the details of `errors` in this language.

        A detail that has no translation follows the advice, so that nothing is lost.
        """
        code = code_of(problem)
        if self.language is Language.en or code not in PROBLEM_TYPES:
            return dict(problem)
        translated = dict(problem) | {"title": self.title(code)}
        if detail := problem.get("detail"):
            known = self.known_sentence(str(detail))
            translated["detail"] = known or f"{self.advice(code)}（{detail}）"
        if errors := problem.get("errors"):
            translated["errors"] = [
                {**error, "detail": self.sentence(str(error["detail"]))} for error in errors
            ]
        return translated

    def sentence(self, english: str) -> str:
        """The translation of an English sentence; the sentence itself if it has none."""
        return self.known_sentence(english) or english

    def known_sentence(self, english: str) -> str | None:
        """The translation of an English sentence. None: it has none."""
        if self.language is Language.en:
            return english
        if english in self._phrases:
            return self._phrases[english]
        if len(english) > MAX_SENTENCE_CHARS:
            return None
        for sentence in self._sentences:
            values = sentence.values(english)
            if values is not None:
                translated = {name: self.sentence(value) for name, value in values.items()}
                return _fill(sentence.text, translated)
        return None

    def task_name(self, name: str) -> str:
        """The name of a task for people; of a department's task its own name."""
        return str(self._of_task(name).get("name") or name)

    def task_description(self, task: Task[Any, Any]) -> str:
        return str(self._of_task(task.name).get("description") or task.description)

    def _of_problem(self, code: str) -> Mapping[str, str]:
        found: Mapping[str, str] = self._texts.get("problems", {}).get(code, {})
        return found

    def _of_task(self, name: str) -> Mapping[str, str]:
        found: Mapping[str, str] = self._texts.get("tasks", {}).get(name, {})
        return found


@cache
def catalogue(language: Language) -> Catalogue:
    """The texts of a language."""
    source = files(__package__).joinpath(f"{language.value}.toml")
    return Catalogue(language, tomllib.loads(source.read_text(encoding="utf-8")))


class _Sentence:
    """An English template and its translation. Matching takes time linear in the sentence."""

    def __init__(self, english: str, text: str) -> None:
        self.text = text
        # Literals and names of placeholders alternate: "The text has ", "count", " characters."
        parts = _PLACEHOLDER.split(english)
        self._literals: Sequence[str] = parts[::2]
        self._names: Sequence[str] = parts[1::2]

    def values(self, sentence: str) -> dict[str, str] | None:
        """The values of the placeholders in a sentence. None: it is not of this template."""
        first, *rest = self._literals
        if not rest:
            return {} if sentence == first else None
        if not (sentence.startswith(first) and sentence.endswith(rest[-1])):
            return None
        start, end = len(first), len(sentence) - len(rest[-1])
        values: dict[str, str] = {}
        for name, literal in zip(self._names, rest[:-1], strict=False):
            place = sentence.find(literal, start, end)
            if place < 0:
                return None
            values[name] = sentence[start:place]
            start = place + len(literal)
        if start > end:
            return None
        values[self._names[-1]] = sentence[start:end]
        return values


def _fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders replaced in one pass: values may have braces themselves."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)
