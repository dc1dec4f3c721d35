"""Commands that the server part adds to `chancery`, loaded only when they are asked for."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import click

GROUP = "chancery.commands"


def server_commands() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def load(point: EntryPoint) -> click.Command:
    """The command, or one that says why it is not available here."""
    try:
        command = point.load()
    except (ImportError, AttributeError) as error:
        return _unavailable(point.name, str(error))
    if not isinstance(command, click.Command):
        return _unavailable(point.name, f"{point.value} is not a command")
    return command


def _unavailable(name: str, why: str) -> click.Command:
    reason = f"Not available here: needs the server part, pip install 'chancery[server]' ({why})."

    def refuse() -> None:
        raise click.ClickException(reason)

    return click.Command(
        name,
        callback=refuse,
        help=reason,
        short_help=f"(not available: {why})",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
