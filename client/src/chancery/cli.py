"""The `chancery` command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from chancery.commands.approvals import approval
from chancery.commands.batch.group import batch
from chancery.commands.callbacks import callbacks
from chancery.commands.connection import connection_options
from chancery.commands.documents import document
from chancery.commands.jobs import cancel, job, jobs
from chancery.commands.libraries import library
from chancery.commands.submit import submit
from chancery.commands.tasks import tasks
from chancery.commands.usage import usage
from chancery.errors import ChanceryError, Unauthorized, Unreachable
from chancery.server_commands import load, server_commands

SECTIONS: Mapping[str, Sequence[click.Command]] = {
    "Documents and jobs": (submit, jobs, job, cancel, document, tasks),
    "Batches": (batch,),
    "Libraries": (library,),
    "Approvals": (approval,),
    "Callbacks": (callbacks,),
    "Usage": (usage,),
}
SERVER_SECTION = "Server"
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
            return CLIENT_COMMANDS[cmd_name]
        point = server_commands().get(cmd_name)
        return load(point) if point is not None else None

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - required by click
        formatter: click.HelpFormatter,
    ) -> None:
        for title, commands in SECTIONS.items():
            _write_section(formatter, title, {str(each.name): each for each in commands})
        from_server = {name: load(point) for name, point in server_commands().items()}
        _write_section(formatter, SERVER_SECTION, from_server)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ChanceryError as error:
            raise click.ClickException(f"{error}{_advice(error)}") from error


def _advice(error: ChanceryError) -> str:
    if isinstance(error, Unreachable):
        return (
            " Check that the system is running (`chancery up`), and --api-url or CHANCERY_API_URL."
        )
    if isinstance(error, Unauthorized):
        return " Check --api-key or CHANCERY_API_KEY."
    return ""


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
