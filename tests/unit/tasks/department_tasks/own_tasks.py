"""A department task for tests: its file and the task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tasks.department_tasks.file import OwnFile, read_file
from tasks.department_tasks.models import OwnOptions, OwnResult
from tasks.department_tasks.run import task_of
from tasks.task import Task

USER = "${document}\n\nSum it up in ${options.language}."
OPTIONS = {
    "type": "object",
    "properties": {"language": {"type": "string"}},
    "required": ["language"],
}
RESULT = {
    "type": "object",
    "properties": {
        "summary": {"type": "string"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"quote": {"type": "string"}},
                "required": ["quote"],
            },
        },
    },
    "required": ["summary"],
}
QUOTED = {"check": "quotes-in-source", "at": ["/items/*/quote"]}


def written(*, user: str = USER, **fields: Any) -> str:
    """A valid task file with these fields replaced. JSON is valid YAML."""
    whole = {
        "name": "permit",
        "version": "1",
        "description": "Sums up a permit application.",
        "prompt": {"user": user},
        "options_schema": OPTIONS,
        "result_schema": RESULT,
        "checks": [QUOTED],
        **fields,
    }
    kept = {name: value for name, value in whole.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False, indent=1)


def file_of(folder: Path, **fields: Any) -> OwnFile:
    path = folder / "permit.yaml"
    path.write_text(written(**fields), encoding="utf-8")
    return read_file(path)


def task_in(folder: Path, **fields: Any) -> Task[OwnOptions, OwnResult]:
    file = file_of(folder, **fields)
    return task_of(file.definition, file.digest)
