"""Import rules that the contracts in pyproject.toml cannot express."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp

PACKAGES = ("api", "bench", "chancery", "documents", "jobs", "standin", "tasks", "worker")


def test_there_are_no_import_cycles() -> None:
    graph = grimp.build_graph(*PACKAGES)
    imports = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    assert len(imports) > 300
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the cycle
