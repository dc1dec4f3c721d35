"""The `chancery` command."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any, TypeVar

import click

from chancery.commands.approvals import approval
from chancery.commands.batch.group import batch
from chancery.commands.callbacks import callbacks
from chancery.commands.connection import connection_options
from chancery.commands.documents import document
from chancery.commands.jobs import cancel, job, jobs
from chancery.commands.libraries import library
from chancery.commands.localized import localized, translate_click, with_language_option
from chancery.commands.submit import submit
from chancery.commands.tasks import tasks
from chancery.commands.usage import usage
from chancery.errors import ChanceryError, Unauthorized, Unreachable
from chancery.messages import is_chinese, language, language_of, message
from chancery.server_commands import load, server_commands, server_message

SECTIONS: Mapping[str, Sequence[click.Command]] = {
    "Documents and jobs": (submit, jobs, job, cancel, document, tasks),
    "Batches": (batch,),
    "Libraries": (library,),
    "Approvals": (approval,),
    "Callbacks": (callbacks,),
    "Usage": (usage,),
}
SERVER_SECTION = "Server"
# In the context's `meta`: `zh`, `en` or None.
LANGUAGE_KEY = "chancery.language"
Command = TypeVar("Command", bound=click.Command)
translate_click()
CLIENT_COMMANDS = {
    str(command.name): command for section in SECTIONS.values() for command in section
}


class ChanceryCommand(click.Group):
    """The client's commands by subject, then the server's. An error is printed as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - required by click
        return [*CLIENT_COMMANDS, *server_commands()]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - required by click
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name in CLIENT_COMMANDS:
            return _in_language(CLIENT_COMMANDS[cmd_name])
        point = server_commands().get(cmd_name)
        return _server_command(point) if point is not None else None

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - required by click
        formatter: click.HelpFormatter,
    ) -> None:
        for title, commands in SECTIONS.items():
            named = {str(each.name): _in_language(each) for each in commands}
            _write_section(formatter, message(title), named)
        from_server = {name: _server_command(point) for name, point in server_commands().items()}
        _write_section(formatter, message(SERVER_SECTION), from_server)

    def get_help(self, ctx: click.Context) -> str:
        return click.Group.get_help(_in_language(self), ctx)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        words = sys.argv[1:] if args is None else list(args)
        with language_of(words, os.environ):
            return super().main(words, *rest, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # For the server's commands, which know nothing of this package.
        ctx.meta[LANGUAGE_KEY] = language()
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ChanceryError as error:
            raise click.ClickException(f"{error}{_advice(error)}") from error


def _advice(error: ChanceryError) -> str:
    if isinstance(error, Unreachable):
        return message(
            " Check that the system is running (`chancery up`), and --api-url or CHANCERY_API_URL."
        )
    if isinstance(error, Unauthorized):
        return message(" Check --api-key or CHANCERY_API_KEY.")
    return ""


def _in_language(command: Command) -> Command:
    return localized(command, message) if is_chinese() else command


def _server_command(point: EntryPoint) -> click.Command:
    command = load(point)
    return with_language_option(localized(command, server_message()) if is_chinese() else command)


def _write_section(
    formatter: click.HelpFormatter, title: str, commands: Mapping[str, click.Command]
) -> None:
    rows = [
        (name, each.get_short_help_str(limit=68))
        for name, each in commands.items()
        if not each.hidden
    ]
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)


@click.group(
    cls=ChanceryCommand,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n"
    "  chancery submit summarize notice.docx --wait\n"
    "  chancery submit --help",
)
@click.version_option(package_name="chancery-client", prog_name="chancery")
@connection_options(environment=True)
def main() -> None:
    """Process documents with language models on the government's own machines."""
