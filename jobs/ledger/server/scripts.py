"""The ledger's Lua scripts, each with the libraries that it requires.

A file's first line may be `-- requires: NAME, NAME`, with names of libraries in `scripts/lib/`. Of
a library a command has only the definitions that it uses: Lua allows 200 local variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "scripts"
LIBRARIES = FOLDER / "lib"
_REQUIRES = "-- requires:"
# A definition in a library, up to the next one: `local function f(…) … end`, `local a, b = …`.
_DEFINITION = re.compile(
    r"^local (?:function )?(?P<names>\w+(?:, \w+)*).*?(?=^local |\Z)", re.DOTALL | re.MULTILINE
)
_NAME = re.compile(r"[A-Za-z_]\w*")


@cache
def commands() -> Mapping[str, str]:
    """The complete text of every command, by its path without suffix (`jobs/claim`)."""
    return {
        path.relative_to(FOLDER).with_suffix("").as_posix(): complete(path)
        for path in command_paths()
    }


def complete(path: Path) -> str:
    """The text of a command with what it uses of its libraries."""
    *libraries, command = parts_of(path)
    text = command.read_text()
    used = set(_NAME.findall(text))
    definitions = [
        found for library in libraries for found in _DEFINITION.finditer(library.read_text())
    ]
    kept: list[str] = []
    # A definition uses only those before it.
    for definition in reversed(definitions):
        if used.intersection(definition["names"].split(", ")):
            kept.append(definition[0])
            used.update(_NAME.findall(definition[0]))
    return "".join((*reversed(kept), text))


def command_paths() -> Sequence[Path]:
    return sorted(path for path in FOLDER.glob("*/*.lua") if path.parent != LIBRARIES)


def parts_of(path: Path) -> Sequence[Path]:
    """The files of a script: its libraries, each after those that it requires itself, then `path`.

    Raises `ValueError` for libraries that require each other.
    """
    return list(dict.fromkeys(_parts(path, ())))


def _parts(path: Path, requiring: tuple[Path, ...]) -> Iterator[Path]:
    if path in requiring:
        names = " -> ".join(each.stem for each in (*requiring, path))
        raise ValueError(f"libraries in {LIBRARIES} require each other: {names}")
    for name in _required(path):
        yield from _parts(LIBRARIES / f"{name}.lua", (*requiring, path))
    yield path


def _required(path: Path) -> Sequence[str]:
    first, _, _ = path.read_text().partition("\n")
    if not first.startswith(_REQUIRES):
        return ()
    return [name.strip() for name in first.removeprefix(_REQUIRES).split(",")]
