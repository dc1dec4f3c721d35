"""The commands that the installed server adds to `chancery`. They are loaded on use."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import click

GROUP = "chancery.commands"


def server_commands() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def load(point: EntryPoint) -> click.Command:
    """The command. If it cannot be imported: a command that fails and gives the reason."""
    try:
        command = point.load()
    except (ImportError, AttributeError) as error:
        return _unavailable(point.name, str(error))
    if not isinstance(command, click.Command):
        return _unavailable(point.name, f"{point.value} is not a command")
    return command


def _unavailable(name: str, reason: str) -> click.Command:
    message = f"Not available: chancery-server is not installed completely ({reason})."

    def fail() -> None:
        raise click.ClickException(message)

    return click.Command(
        name,
        callback=fail,
        help=message,
        short_help=f"(not available: {reason})",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
