"""The `chancery` command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from client.commands.batch.group import batch
from client.commands.callbacks import callbacks
from client.commands.connection import connection_options
from client.commands.jobs import cancel, job, jobs
from client.commands.libraries import library
from client.commands.submit import submit
from client.commands.tasks import tasks
from client.errors import ChanceryError, Unauthorized, Unreachable
from client.server_commands import load, server_commands

SECTIONS: Mapping[str, Sequence[click.Command]] = {
    "Documents and jobs": (submit, jobs, job, cancel, tasks),
    "Batches": (batch,),
    "Libraries": (library,),
    "Callbacks": (callbacks,),
}
SERVER_SECTION = "The system"
OWN = {str(command.name): command for section in SECTIONS.values() for command in section}


class ChanceryCommand(click.Group):
    """Own commands by subject, then those of the server part; errors as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*OWN, *server_commands()]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name in OWN:
            return OWN[cmd_name]
        point = server_commands().get(cmd_name)
        return load(point) if point is not None else None

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        for title, commands in SECTIONS.items():
            _write_section(formatter, title, {str(each.name): each for each in commands})
        found = {name: load(point) for name, point in server_commands().items()}
        _write_section(formatter, SERVER_SECTION, found)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ChanceryError as error:
            raise click.ClickException(f"{error}{_what_to_do(error)}") from error


def _what_to_do(error: ChanceryError) -> str:
    if isinstance(error, Unreachable):
        return " Is the system up (`chancery up`), and is --api-url or CHANCERY_API_URL right?"
    if isinstance(error, Unauthorized):
        return " Check --api-key or CHANCERY_API_KEY."
    return ""


def _write_section(
    formatter: click.HelpFormatter, title: str, commands: Mapping[str, click.Command]
) -> None:
    shown = [
        (name, each.get_short_help_str(limit=68))
        for name, each in commands.items()
        if not each.hidden
    ]
    if shown:
        with formatter.section(title):
            formatter.write_dl(shown)


@click.group(cls=ChanceryCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chancery", prog_name="chancery")
@connection_options(environment=True)
def main() -> None:
    """Put documents through language models on the government's own machines."""
