"""The texts of the code in another language: problems, tasks, and sentences.

Their English stands in the code. `problems.zh.toml` has a problem's `title` and `advice` by its
code, `health.zh.toml` the `detail` and `advice` of a problem of the system's health,
`sentences.zh.toml` English templates with `{placeholders}` and their translation, and
`phrases`, the translation of their values. `findings.zh.toml` has the same for what is in results
of format checks, proofreading and masking, `commands.zh.toml` the texts of operators' commands
by their English. Names of tasks are in the catalogue, `task.NAME.name`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jobs.model.problems import PROBLEM_TYPES, code_of
from jobs.texts import Language, language_of, texts
from tasks.task import Task

Texts = Mapping[str, Mapping[str, str]]
# The lists in the results of tasks, with the members that are sentences of the code.
_LAYOUT = ("expected", "found")
_FINDINGS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "format_check": {"findings": _LAYOUT},
    "format_fix": {"left": _LAYOUT, "changes": _LAYOUT},
    "proofread": {"edits": ("reason",), "remarks": ("reason",)},
    "redact": {
        "in_file": ("part",),
        "boxes": ("part",),
        "removed": ("what",),
        "not_covered": ("what", "where"),
    },
}
# Members of results that are sentences of the code themselves.
_SENTENCES: Mapping[str, Sequence[str]] = {"redact": ("notice",)}
_SEPARATOR = ", "
_FOLDER = Path(__file__).parent
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# In this order, as in POSIX: the first that is set and not empty decides.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
# Longer details are cut by the api in any case.
MAX_SENTENCE_CHARS = 2_000


class Translation:
    """Problems, tasks and sentences in one language."""

    def __init__(
        self,
        language: Language,
        *,
        problems: Texts,
        health: Texts | None = None,
        sentences: Sequence[Mapping[str, str]] = (),
        phrases: Mapping[str, str] | None = None,
        findings: Sentences | None = None,
        commands: Mapping[str, str] | None = None,
    ) -> None:
        self.language = language
        self._problems = problems
        self._texts = texts(language)
        self._health = health or {}
        self._sentences = Sentences(phrases or {}, sentences)
        self._findings = findings or Sentences({}, ())
        self._commands = commands or {}

    def title(self, code: str) -> str:
        """The title of a problem, by its code."""
        return self._problems.get(code, {}).get("title") or PROBLEM_TYPES[code].title

    def advice(self, code: str) -> str:
        """What the caller can do about a problem, by its code."""
        return self._problems.get(code, {}).get("advice") or PROBLEM_TYPES[code].advice

    def problem(self, problem: Mapping[str, Any]) -> dict[str, Any]:
        """A problem object with `title`, `detail` and the details of `errors` in this language.

        A detail without a translation follows the advice, so that nothing is lost.
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

    def health(self, code: str, values: Mapping[str, str]) -> tuple[str, str] | None:
        """What is wrong and what to do, for a problem of the system's health.

        `values` fill the placeholders, `subject` among them. None: the language is that of the
        code, or the problem has no translation.
        """
        if code not in self._health:
            return None
        kind = self._health[code]
        translated = {name: self.sentence(value) for name, value in values.items()}
        return _fill(kind["detail"], translated), _fill(kind["advice"], translated)

    def sentence(self, english: str) -> str:
        """The translation of a sentence; the sentence itself if it has none."""
        return self.known_sentence(english) or english

    def known_sentence(self, english: str) -> str | None:
        """The translation of a sentence. None: it has none."""
        if self.language is Language.en:
            return english
        return self._sentences.translation(english)

    def finding(self, english: str) -> str:
        """The translation of a text in a finding of a result; the text itself if it has none."""
        if self.language is Language.en:
            return english
        return self._findings.translation(english) or english

    def command(self, english: str) -> str:
        """A text of an operators' command, a template of `str.format`; itself if it has none."""
        return self._commands.get(english, english)

    def commands(self) -> Mapping[str, str]:
        """The texts of operators' commands by their English."""
        return self._commands

    def result(self, task: str, result: Any) -> Any:
        """A result with the texts of its findings in this language. `result` is not changed."""
        lists = _FINDINGS.get(task)
        if self.language is Language.en or lists is None or not isinstance(result, dict):
            return result
        translated = {
            name: [self._in_finding(one, members) for one in result[name]]
            for name, members in lists.items()
            if isinstance(result.get(name), list)
        }
        return (
            result
            | translated
            | self._in_finding(
                {name: result[name] for name in _SENTENCES.get(task, ()) if name in result},
                _SENTENCES.get(task, ()),
            )
        )

    def value(self, task: str, name: str, member: str, text: str) -> str:
        """A text of a result in this language, if it is the code's and not of a document.

        `name` is the member of the result, `member` that of the items in it, empty for a text.
        """
        members = _FINDINGS.get(task, {}).get(name, ()) if member else _SENTENCES.get(task, ())
        return self.finding(text) if (member or name) in members else text

    def _in_finding(self, finding: Any, members: Sequence[str]) -> Any:
        if not isinstance(finding, dict):
            return finding
        return finding | {
            name: self.finding(finding[name])
            for name in members
            if isinstance(finding.get(name), str)
        }

    def task_name(self, name: str) -> str:
        """The name of a task for people; of a department's task its own name."""
        return self._texts.get(f"task.{name}.name", name)

    def task_description(self, task: Task[Any, Any]) -> str:
        if self.language is Language.en:
            return task.description
        return self._texts.get(f"task.{task.name}.description", task.description)


@cache
def translation(language: Language) -> Translation:
    """The texts of a language, read once."""
    if language is Language.en:
        return Translation(language, problems={})
    sentences = _read(f"sentences.{language}.toml")
    findings = _read(f"findings.{language}.toml")
    return Translation(
        language,
        problems=_read(f"problems.{language}.toml"),
        health=_read(f"health.{language}.toml"),
        sentences=sentences["sentences"],
        phrases=sentences["phrases"],
        findings=Sentences(findings["phrases"], findings["sentences"]),
        commands={
            english: text
            for table in _read(f"commands.{language}.toml").values()
            for english, text in table.items()
        },
    )


def language_of_environment(environment: Mapping[str, str]) -> Language:
    """The language of a process's messages; English unless it is Chinese."""
    locale = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return language_of(locale, Language.en)


class Sentences:
    """Translations of phrases, and of sentences with placeholders."""

    def __init__(self, phrases: Mapping[str, str], sentences: Sequence[Mapping[str, str]]) -> None:
        self._phrases = phrases
        self._sentences = [_Sentence(each["en"], each["zh"]) for each in sentences]

    def translation(self, english: str) -> str | None:
        """None: it has none. Values of placeholders are translated too, where they can be."""
        if english in self._phrases:
            return self._phrases[english]
        if len(english) > MAX_SENTENCE_CHARS:
            return None
        if _SEPARATOR in english and (enumeration := self._enumeration(english)):
            return enumeration
        for sentence in self._sentences:
            values = sentence.values(english)
            if values is not None:
                return sentence.translate(
                    {
                        name: value if name in sentence.codes else self.translation(value) or value
                        for name, value in values.items()
                    }
                )
        return None

    def _enumeration(self, english: str) -> str | None:
        """The translation of `a, b, c`. None: a part has none."""
        parts = [self.translation(part) for part in english.split(_SEPARATOR)]
        return None if None in parts else "，".join(filter(None, parts))


class _Sentence:
    """An English template and its translation. Matching takes time linear in the sentence."""

    def __init__(self, english: str, translated: str) -> None:
        self._translated = translated
        # Literals and names of placeholders alternate: "The text has ", "count", " characters."
        parts = _PLACEHOLDER.split(english)
        self._literals: Sequence[str] = parts[::2]
        self._names: Sequence[str] = parts[1::2]
        # Names in backticks are those of the api and are not translated.
        self.codes = {
            name
            for literal, name in zip(self._literals, self._names, strict=False)
            if literal.endswith("`")
        }

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

    def translate(self, values: Mapping[str, str]) -> str:
        return _fill(self._translated, values)


def _fill(text: str, values: Mapping[str, str]) -> str:
    """One pass: values may have braces themselves. A name without a value stays as it is."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def _read(name: str) -> dict[str, Any]:
    with (_FOLDER / name).open("rb") as file:
        return tomllib.load(file)
