"""Every command's help has examples; these and the commands that the docs and doctor name exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from chancery.cli import main
from jobs.health.problem_types import PROBLEM_TYPES, problem
from jobs.texts import Language
from jobs.texts.translation import translation

DOCS = Path(__file__).parents[3] / "docs"


def commands(
    command: click.Command = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


COMMANDS = dict(commands())


def examples(path: tuple[str, ...]) -> list[str]:
    shown = CliRunner().invoke(main, [*path, "--help"], terminal_width=200).stdout
    _, _, after = shown.partition("Example")
    return re.findall(r"(?:^ +|s?: )(chancery .*\S)", after, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(COMMANDS), ids=" ".join)
def test_help_has_examples_that_are_commands(path: tuple[str, ...]) -> None:
    lines = examples(path)
    assert any(tuple(shlex.split(line)[1 : len(path) + 1]) == path for line in lines), lines
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "chancery"
        _check_words(words)


def _check_words(words: list[str]) -> None:
    """The command's options exist, and its arguments are complete. It is not run."""
    command, context, words = _found(words)
    if "--help" in words:
        return
    parser = command.make_parser(context)
    given, rest, _ = parser.parse_args(args=list(words))
    assert rest == [], rest
    for parameter in command.params:
        if parameter.required:
            assert given.get(str(parameter.name)), (parameter.name, words)


def _found(words: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    """The command that the words name, its context, and the words after its name."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
        context = click.Context(command, parent=context)
    return command, context, words


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_the_commands_and_options_that_the_docs_name_exist(page: Path) -> None:
    lines = re.findall(
        r"`(chancery [^`\n]+)`|^(?:    |\$ )?(chancery .+)", page.read_text(), re.MULTILINE
    )
    for line in map("".join, lines):
        words = re.split(r" [|>#<] ?|: ", line)[0].split()[1:]
        if re.fullmatch("[a-z]+", words[0]):
            command, _, rest = _found(words)
            known = {option for one in command.params for option in one.opts} | {"--help"}
            unknown = {word for word in rest if word.startswith("--")} - known
            assert not unknown, line


@pytest.mark.parametrize("code", PROBLEM_TYPES)
@pytest.mark.parametrize("language", Language)
def test_the_commands_that_doctor_advises_are_complete(
    code: str, language: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHANCERY_REDIS_URL", raising=False)
    names = re.findall(r"{(\w+)}", str(PROBLEM_TYPES[code]))
    values: dict[str, Any] = dict.fromkeys(names, "x") | {"options": " --lane bulk"}
    values.pop("subject", None)
    found = problem(code, "tax", **values)
    texts = translation(language).health(code, {"subject": "tax", **found.values})
    advice = texts[1] if texts else found.advice
    for command in re.findall(r"`chancery ([^`]+)`", advice):
        if command != "up":
            printed = CliRunner().invoke(main, shlex.split(command)).output
            assert "no running system in var" in printed, (command, printed)
