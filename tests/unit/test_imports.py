"""Who imports whom, as far as the contracts in pyproject.toml cannot say it."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp

PACKAGES = ("api", "bench", "chancery", "documents", "jobs", "standin", "tasks", "worker")


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES)
    imports = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    assert len(imports) > 300
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle
