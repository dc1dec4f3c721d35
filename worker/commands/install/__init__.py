"""`chancery install`: run the system under the service manager of this machine."""

from __future__ import annotations

import click

from worker.commands.install.systemd import systemd


@click.group(
    epilog="\b\nExample:\n  chancery install systemd --user chancery --dir /etc/systemd/system",
)
def install() -> None:
    """Have the service manager of this machine run the system."""


install.add_command(systemd)
