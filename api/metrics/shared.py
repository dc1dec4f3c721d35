"""Metrics of several api processes on one port: each of them shows the sums over all.

Every process writes its counters and histograms to files of its own in one folder (the mode of
prometheus_client for several processes). The files are named by the process's name, which a
restarted process has again, so that its counters go on and there are no more files than processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, values
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_PID = ".pid"


def share_metrics(folder: Path, name: str) -> None:
    """Let the metrics that are made from now on write to `folder`. `name`: of this process.

    Raises `OSError` if the folder cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{name}{_PID}").write_text(str(os.getpid()))
    os.environ[_FOLDER_VARIABLE] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: name)  # type: ignore[no-untyped-call]


def shared_registry(folder: Path) -> CollectorRegistry:
    """A registry with the sums over all processes, and with what each of them uses."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    registry.register(_Processes(folder))
    return registry


class _Processes(Collector):
    """The `process_...` metrics of each process, by the label `process`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for name, pid in self._pids():
            for metric in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                family = families.setdefault(
                    metric.name, Metric(metric.name, metric.documentation, metric.type)
                )
                for sample in metric.samples:
                    labels = {**sample.labels, "process": name}
                    family.add_sample(sample.name, labels, sample.value)
        return families.values()

    def _pids(self) -> Iterator[tuple[str, int]]:
        for path in sorted(self._folder.glob(f"*{_PID}")):
            yield path.stem, int(path.read_text())
