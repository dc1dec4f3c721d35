"""Every command's help has examples, and each example is a command that exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from chancery.cli import main


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
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
        context = click.Context(command, parent=context)
    if "--help" in words:
        return
    parser = command.make_parser(context)
    given, rest, _ = parser.parse_args(args=list(words))
    assert rest == [], rest
    for parameter in command.params:
        if parameter.required:
            assert given.get(str(parameter.name)), (parameter.name, words)
