"""The ledger's Lua scripts, each with the libraries that it requires.

A file's first line may be `-- requires: NAME, NAME`, with names of libraries in `scripts/lib/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "scripts"
LIBRARIES = FOLDER / "lib"
_REQUIRES = "-- requires:"


@cache
def commands() -> Mapping[str, str]:
    """The complete text of every command, by its path without suffix (`jobs/claim`)."""
    return {
        path.relative_to(FOLDER).with_suffix("").as_posix(): "".join(
            part.read_text() for part in parts_of(path)
        )
        for path in command_paths()
    }


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
