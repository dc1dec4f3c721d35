"""Checks of a task's file across its fields: names, paths, placeholders and cases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from tasks.department_tasks.checks import OneOf, Rule
from tasks.department_tasks.definition import OPTION, Case, Prompt
from tasks.department_tasks.models import with_defaults
from tasks.department_tasks.problems import Flaw
from tasks.department_tasks.result_paths import is_possible
from tasks.department_tasks.template import DOCUMENT, OPTIONS, flaws_in, names_in
from tasks.model.schema_parts import Schema
from tasks.model.schema_validator import MOST_ERRORS, SchemaValidator


def consistency_flaws(fields: Mapping[str, Any], folder: Path) -> list[Flaw]:
    """The flaws across the valid `fields` of a file in `folder`."""
    options: Schema | None = fields.get("options_schema")
    result: Schema | None = fields.get("result_schema")
    checks: Sequence[Rule] | None = fields.get("checks")
    flaws = list(_options_flaws(options))
    if "prompt" in fields:
        flaws += _prompt_flaws(fields["prompt"], options)
    flaws += _check_flaws(checks or (), options, result)
    flaws += _case_flaws(fields.get("cases", ()), options, checks, folder)
    return flaws


def _options_flaws(schema: Schema | None) -> Iterator[Flaw]:
    if schema is None:
        return
    for name, part in schema.get("properties", {}).items():
        steps = ("options_schema", "properties", name)
        if not re.fullmatch(OPTION, name):
            yield Flaw(steps, "an option's name can have only letters, digits and _", of_key=True)
        elif isinstance(part, Mapping) and "default" in part:
            wrong = _error({**schema, "required": []}, {name: part["default"]})
            if wrong:
                yield Flaw((*steps, "default"), f"does not fit the option's own schema: {wrong}")


def _prompt_flaws(prompt: Prompt, options: Schema | None) -> Iterator[Flaw]:
    known = _option_names(options)
    for field, template in (("system", prompt.system), ("user", prompt.user)):
        steps = ("prompt", field)
        for words, nth, detail in flaws_in(template or "", known):
            yield Flaw(steps, detail, words=words, nth=nth)
        for name in dict.fromkeys(names_in(template or "")):
            yield from _placeholder_flaws(steps, name, options)
    documents = names_in(prompt.user).count(DOCUMENT)
    if documents != 1:
        detail = f"must have ${{{DOCUMENT}}} exactly once, where the document goes"
        words = f"${{{DOCUMENT}}}" if documents else ""
        yield Flaw(("prompt", "user"), detail, words=words, nth=max(0, documents - 1))


def _placeholder_flaws(steps: tuple[str, str], name: str, options: Schema | None) -> Iterator[Flaw]:
    words = f"${{{name}}}"
    if name == DOCUMENT and steps[1] == "system":
        yield Flaw(steps, f"{words} belongs in `user`: remove it here", words=words)
    option = name.removeprefix(OPTIONS)
    if (
        options is None
        or not name.startswith(OPTIONS)
        or option not in options.get("properties", {})
    ):
        return
    part = options["properties"][option]
    has_value = option in options.get("required", []) or (
        isinstance(part, Mapping) and "default" in part
    )
    if not has_value:
        detail = f"the option `{option}` is optional: give it a default, or make it required"
        yield Flaw(steps, detail, words=words)


def _option_names(options: Schema | None) -> list[str] | None:
    """The options' names; None where the schema is invalid."""
    return None if options is None else list(options.get("properties", {}))


def _check_flaws(
    checks: Sequence[Rule], options: Schema | None, result: Schema | None
) -> Iterator[Flaw]:
    for number, rule in enumerate(checks):
        steps = ("checks", number)
        for n, pattern in enumerate(rule.at):
            if result is not None and not is_possible(result, pattern):
                yield Flaw((*steps, "at", n), f"result_schema has nothing at {pattern}")
        if isinstance(rule, OneOf):
            yield from _one_of_flaws(steps, rule, options)


def _one_of_flaws(steps: tuple[str, int], rule: OneOf, options: Schema | None) -> Iterator[Flaw]:
    known = _option_names(options)
    if (rule.values is None) == (rule.option is None):
        yield Flaw(steps, "give either `values`, or the `option` that lists them")
    elif rule.option is not None and known is not None and rule.option not in known:
        yield Flaw((*steps, "option"), f"there is no option `{rule.option}` in options_schema")


def _case_flaws(
    cases: Sequence[Case], options: Schema | None, checks: Sequence[Rule] | None, folder: Path
) -> Iterator[Flaw]:
    names: set[str] = set()
    for number, case in enumerate(cases):
        steps = ("cases", number)
        if case.name in names:
            yield Flaw((*steps, "name"), "another case has this name: give each its own")
        names.add(case.name)
        wrong = _error(options, with_defaults(options, case.options)) if options else ""
        if wrong:
            yield Flaw((*steps, "options"), f"does not fit options_schema: {wrong}")
        for n, check in enumerate(case.expect.passes):
            if checks is not None and check not in [rule.check for rule in checks]:
                detail = f"the task has no check `{check}`: add it to `checks`"
                yield Flaw((*steps, "expect", "passes", n), detail)
        yield from _input_flaws(steps, case, folder)


def _input_flaws(steps: tuple[str, int], case: Case, folder: Path) -> Iterator[Flaw]:
    if (case.text is None) == (case.file is None):
        yield Flaw(steps, "give either `text` or `file`")
    if case.file is None:
        return
    path = PurePosixPath(case.file)
    if path.is_absolute() or ".." in path.parts or "\\" in case.file or "\0" in case.file:
        yield Flaw((*steps, "file"), "must be in the folder of the task's file, or below it")
    elif not _is_file(folder / path):
        yield Flaw((*steps, "file"), "there is no such file in the folder of the task's file")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _error(schema: Schema, data: Any) -> str:
    """The first error of `data` against the schema; empty if it fits."""
    errors = SchemaValidator(schema, heaviest=MOST_ERRORS).errors(data)
    return errors[0].message[:200] if errors else ""
