"""The folder of departments' own tasks: `*.yaml` and `*.yml`, one task a file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from tasks.department_tasks.file import OwnFile, read_file
from tasks.department_tasks.problems import FileProblem, Flaw, TaskFilesRefused

# An entry of a batch's index has eight bits for its task, and some are for the built-in ones.
MOST_TASKS = 150
# Names that Celery's messages have for other things.
RESERVED = frozenset({"callback", "chat"})
_ENDINGS = (".yaml", ".yml")


def read_folder(folder: Path, built_in: Collection[str]) -> Sequence[OwnFile]:
    """Every task's file in the folder itself, by name; other files, and those whose names begin
    with a dot, are left alone.

    Raises `TaskFilesRefused` with everything that is wrong with any of them: also a name that is
    one of `built_in`, or that two files have.
    """
    try:
        paths = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in _ENDINGS and not path.name.startswith(".")
        )
    except OSError as error:
        detail = f"the folder cannot be read: {error.strerror}: check CHANCERY_TASKS_DIR"
        raise TaskFilesRefused([FileProblem(str(folder), 1, 1, "", detail)]) from error
    if len(paths) > MOST_TASKS:
        detail = f"{len(paths)} files: a folder holds {MOST_TASKS} tasks at most"
        raise TaskFilesRefused([FileProblem(str(folder), 1, 1, "", detail)])
    return read_files(paths, built_in)


def read_files(paths: Sequence[Path], built_in: Collection[str]) -> Sequence[OwnFile]:
    """As `read_folder`, for these files."""
    read: list[OwnFile] = []
    problems: list[FileProblem] = []
    for path in paths:
        try:
            one = read_file(path)
        except TaskFilesRefused as refused:
            problems += refused.problems
            continue
        problems += _of_name(one, read, built_in)
        read.append(one)
    if problems:
        raise TaskFilesRefused(problems)
    return read


def _of_name(
    one: OwnFile, others: Sequence[OwnFile], built_in: Collection[str]
) -> list[FileProblem]:
    name = one.definition.name
    twin = next((other for other in others if other.definition.name == name), None)
    if name in built_in or name in RESERVED:
        return [one.problem(Flaw(("name",), f"`{name}` is Chancery's own: choose another name"))]
    if twin is not None:
        detail = f"`{name}` is the task in {twin.path.name} too: choose another name"
        return [one.problem(Flaw(("name",), detail))]
    return []
