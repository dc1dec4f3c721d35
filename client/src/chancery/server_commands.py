"""What the installed server adds to `chancery`. It is loaded on use."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from chancery.messages import message

GROUP = "chancery.commands"
# The operators' access to the ledger, and the texts of the server's commands.
SERVER_GROUP = "chancery.server"


def server_commands() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def load(point: EntryPoint) -> click.Command:
    """The command. If it cannot be imported: a command that fails and gives the reason."""
    try:
        command = point.load()
    except (ImportError, AttributeError) as error:
        return _unavailable(point.name, str(error))
    if not isinstance(command, click.Command):
        return _unavailable(point.name, message("{point.value} is not a command", point=point))
    return command


def load_operators() -> Any:
    """The class that lists and changes the records of any department.

    Raises `ImportError` if the server is not installed, or not completely.
    """
    if (point := _server_part("operators")) is None:
        raise ImportError("chancery-server is not installed")
    return point.load()


def server_message() -> Callable[[str], str]:
    """Translates a text of the server's commands."""
    if (point := _server_part("message")) is None:  # a server of before it had translations
        return str
    try:
        found: Callable[[str], str] = point.load()
    except (ImportError, AttributeError):
        return str
    return found


def _server_part(name: str) -> EntryPoint | None:
    return next((one for one in entry_points(group=SERVER_GROUP) if one.name == name), None)


def _unavailable(name: str, reason: str) -> click.Command:
    text = message(
        "Not available: chancery-server is not installed completely ({reason}).", reason=reason
    )

    def fail() -> None:
        raise click.ClickException(text)

    return click.Command(
        name,
        callback=fail,
        help=text,
        short_help=message("(not available: {reason})", reason=reason),
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
