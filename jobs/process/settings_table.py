"""`python -m jobs.process.settings_table` writes `docs/settings.md`: every setting in a table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from jobs.process import settings

_HEAD = """# Settings

Every setting is an environment variable, read when a process starts. Lists are written as JSON:
`CHANCERY_CALLBACK_SCHEDULE_SECONDS=[0, 5, 300]`. Times are in seconds unless the name says
otherwise. `CHANCERY_API_URL` and `CHANCERY_API_KEY` are for the client, see [client.md](client.md).

This page is made by `python -m jobs.process.settings_table > docs/settings.md`.
"""

_HEADER = ("| variable | default | meaning |", "| --- | --- | --- |")


def settings_classes() -> list[type[BaseSettings]]:
    """The settings classes, in the order in which they are written."""
    return [
        one
        for one in vars(settings).values()
        if isinstance(one, type) and issubclass(one, BaseSettings) and one is not BaseSettings
    ]


def variable(owner: type[BaseSettings], name: str) -> str:
    """The environment variable of a field."""
    return f"{owner.model_config.get('env_prefix', '')}{name.upper()}"


def settings_table() -> str:
    """The page, as it should be."""
    parts = [_HEAD]
    for owner in settings_classes():
        rows = [
            f"| `{variable(owner, name)}` | {_default(field)} | {field.description} |"
            for name, field in owner.model_fields.items()
        ]
        subject = owner.__name__.removesuffix("Settings")
        parts.append("\n".join([f"## {subject}", "", *_HEADER, *rows, ""]))
    return "\n".join(parts)


def _default(field: FieldInfo) -> str:
    return "" if field.default is None else f"`{_text(field.default)}`"


def _text(value: Any) -> str:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case str() | Path():
            return str(value)
        case _:
            return json.dumps(value)


def main() -> None:
    sys.stdout.write(settings_table())


if __name__ == "__main__":
    main()
