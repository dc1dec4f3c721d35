"""Lists all text of a Word document in one XML file, as that of the container it becomes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from documents.inventory.entry import Entry
from documents.inventory.nested import Walk
from documents.limits import ReadLimits
from documents.memory_file import memory_file
from documents.ooxml.single_file import as_package


def walk(package: Walk) -> Walk:
    """Return a walk of such files, given that of containers."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        with memory_file(as_package(path.read_bytes())) as container:
            yield from package(container, limits)

    return entries
