"""Reads the files in which operators describe callbacks and forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from pydantic import ValidationError

from jobs.model.formats.toml_file import FormatError
from jobs.submit.validation_texts import validation_text
from worker.commands.messages import detail, message

Described = TypeVar("Described")

format_file = click.Path(exists=True, dir_okay=False, path_type=Path)


def read_described(path: Path, read: Callable[[bytes], Described]) -> Described:
    """Raises `click.ClickException` with every problem of the file, one a line."""
    try:
        return read(path.read_bytes())
    except OSError as error:
        raise click.ClickException(
            message("{path} cannot be read: {error}", path=path, error=error)
        ) from error
    except FormatError as error:
        raise click.ClickException(f"{path.name}: {detail(str(error))}") from error
    except ValidationError as error:
        lines: list[str] = []
        for each in error.errors(include_url=False):
            field = ".".join(map(str, each["loc"]))
            text = detail(validation_text(each, each["loc"]))
            lines.append(": ".join(filter(None, (path.name, field, text))))
        raise click.ClickException("\n".join(lines)) from error
