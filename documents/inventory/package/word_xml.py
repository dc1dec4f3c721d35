"""Lists all text of a Word document in one XML file, as that of the container it becomes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from documents.inventory.entry import Entry
from documents.inventory.nested import Inventory, Nested, Walk
from documents.inventory.package.xml_part import xml_entries
from documents.limits import ReadLimits
from documents.memory_file import memory_file
from documents.ooxml.single_file import around_parts, as_package


def walk(inventory: Inventory, package: Walk) -> Walk:
    """Return a walk of such files, given that of containers; `inventory` lists files inside."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        data = path.read_bytes()
        with memory_file(as_package(data)) as container:
            yield from package(container, limits)
        if around := around_parts(data):
            yield from xml_entries("around the parts", around, Nested(limits, inventory))

    return entries
