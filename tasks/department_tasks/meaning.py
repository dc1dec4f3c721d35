"""What a task's file says that is well formed and cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from jsonschema import Draft202012Validator

from tasks.department_tasks.check_rules import Check, OneOf, Rule
from tasks.department_tasks.definition import OPTION, Case, Prompt
from tasks.department_tasks.problems import Flaw
from tasks.department_tasks.result_paths import may_be
from tasks.department_tasks.template import DOCUMENT, OPTIONS, flaws_of, names_in
from tasks.extract.evidence_schema import guided_schema
from tasks.model.caller_schema import Schema, SchemaRejected


def flaws_of_meaning(sound: Mapping[str, Any], folder: Path) -> list[Flaw]:
    """Everything that can be seen in the fields that are sound; the files of cases are looked for
    in `folder`.
    """
    options: Schema | None = sound.get("options_schema")
    result: Schema | None = sound.get("result_schema")
    checks: Sequence[Check] | None = sound.get("checks")
    flaws = [*_of_options(options), *_of_result(result)]
    if "prompt" in sound:
        flaws += _of_prompt(sound["prompt"], options)
    flaws += _of_checks(checks or (), options, result)
    flaws += _of_cases(sound.get("cases", ()), options, checks, folder)
    return flaws


def _of_options(schema: Schema | None) -> Iterator[Flaw]:
    if schema is None:
        return
    for name, part in schema.get("properties", {}).items():
        place = ("options_schema", "properties", name)
        if not re.fullmatch(OPTION, name):
            yield Flaw(place, "an option's name has letters, digits and _ alone", of_key=True)
        elif isinstance(part, Mapping) and "default" in part:
            wrong = _misfit({**schema, "required": []}, {name: part["default"]})
            if wrong:
                yield Flaw((*place, "default"), f"does not fit the option's own schema: {wrong}")


def _of_result(schema: Schema | None) -> Iterator[Flaw]:
    if schema is None:
        return
    try:
        guided_schema(schema, quoted=False)
    except SchemaRejected as error:
        yield Flaw(("result_schema",), str(error))


def _of_prompt(prompt: Prompt, options: Schema | None) -> Iterator[Flaw]:
    known = _known(options)
    for field, template in (("system", prompt.system), ("user", prompt.user)):
        place = ("prompt", field)
        for words, nth, detail in flaws_of(template or "", known):
            yield Flaw(place, detail, words=words, nth=nth)
        for name in dict.fromkeys(names_in(template or "")):
            yield from _of_placeholder(place, name, options)
    documents = names_in(prompt.user).count(DOCUMENT)
    if documents != 1:
        detail = f"must have ${{{DOCUMENT}}} once, where the document is to stand"
        words = f"${{{DOCUMENT}}}" if documents else ""
        yield Flaw(("prompt", "user"), detail, words=words, nth=max(0, documents - 1))


def _of_placeholder(place: tuple[str, str], name: str, options: Schema | None) -> Iterator[Flaw]:
    words = f"${{{name}}}"
    if name == DOCUMENT and place[1] == "system":
        yield Flaw(place, f"{words} stands in `user`: remove it here", words=words)
    option = name.removeprefix(OPTIONS)
    if (
        options is None
        or not name.startswith(OPTIONS)
        or option not in options.get("properties", {})
    ):
        return
    part = options["properties"][option]
    given = option in options.get("required", []) or (
        isinstance(part, Mapping) and "default" in part
    )
    if not given:
        detail = f"the option `{option}` may be left out: give it a default, or make it required"
        yield Flaw(place, detail, words=words)


def _known(options: Schema | None) -> list[str] | None:
    """The options' names; None where the schema itself is wrong."""
    return None if options is None else list(options.get("properties", {}))


def _of_checks(
    checks: Sequence[Check], options: Schema | None, result: Schema | None
) -> Iterator[Flaw]:
    for number, rule in enumerate(checks):
        place = ("checks", number)
        for n, pattern in enumerate(rule.at):
            if result is not None and not may_be(result, pattern):
                yield Flaw((*place, "at", n), f"result_schema has nothing at {pattern}")
        if isinstance(rule, OneOf):
            yield from _of_one_of(place, rule, options)


def _of_one_of(place: tuple[str, int], rule: OneOf, options: Schema | None) -> Iterator[Flaw]:
    known = _known(options)
    if (rule.values is None) == (rule.option is None):
        yield Flaw(place, "give either `values`, or the `option` that lists them")
    elif rule.option is not None and known is not None and rule.option not in known:
        yield Flaw((*place, "option"), f"there is no option `{rule.option}` in options_schema")


def _of_cases(
    cases: Sequence[Case], options: Schema | None, checks: Sequence[Rule] | None, folder: Path
) -> Iterator[Flaw]:
    names: set[str] = set()
    for number, case in enumerate(cases):
        place = ("cases", number)
        if case.name in names:
            yield Flaw((*place, "name"), "another case has this name: give each its own")
        names.add(case.name)
        wrong = _misfit(options, with_defaults(options, case.options)) if options else ""
        if wrong:
            yield Flaw((*place, "options"), f"does not fit options_schema: {wrong}")
        for n, check in enumerate(case.expect.passes):
            if checks is not None and check not in [rule.check for rule in checks]:
                detail = f"the task has no check `{check}`: add it to `checks`"
                yield Flaw((*place, "expect", "passes", n), detail)
        yield from _of_input(place, case, folder)


def _of_input(place: tuple[str, int], case: Case, folder: Path) -> Iterator[Flaw]:
    if (case.text is None) == (case.file is None):
        yield Flaw(place, "give either `text` or `file`")
    if case.file is None:
        return
    path = PurePosixPath(case.file)
    if path.is_absolute() or ".." in path.parts or "\\" in case.file or "\0" in case.file:
        yield Flaw((*place, "file"), "must lie beside the task's file, or below it")
    elif not _is_file(folder / path):
        yield Flaw((*place, "file"), "there is no such file beside the task's file")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _misfit(schema: Schema, data: Any) -> str:
    """What of `data` does not fit first; nothing where all fits."""
    try:
        error = next(Draft202012Validator(schema).iter_errors(data), None)
    except RecursionError:
        return "the schema leads back to itself without end"
    return error.message[:200] if error is not None else ""


def with_defaults(schema: Schema, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with the defaults of those that were left out."""
    defaults = {
        name: part["default"]
        for name, part in schema.get("properties", {}).items()
        if isinstance(part, Mapping) and "default" in part
    }
    return {**defaults, **options}
