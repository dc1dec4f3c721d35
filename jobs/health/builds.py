"""Which builds of Chancery the live processes run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from jobs.health.report import ProcessHealth

UNKNOWN = "?"


def processes_by_build(processes: Iterable[ProcessHealth]) -> Mapping[str, Sequence[ProcessHealth]]:
    """The live processes of each build, the build that started last at the end.

    A process of a release that does not report its build is listed as `?`.
    """
    builds: defaultdict[str, list[ProcessHealth]] = defaultdict(list)
    for process in processes:
        if process.live:
            builds[process.build or UNKNOWN].append(process)
    return dict(sorted(builds.items(), key=lambda build: _first_start(build[1])))


def mixed_since(processes: Iterable[ProcessHealth]) -> datetime | None:
    """When a process of a second build started; None while all run the same one."""
    starts = [_first_start(own) for own in processes_by_build(processes).values()]
    return starts[1] if len(starts) > 1 else None


def _first_start(processes: Sequence[ProcessHealth]) -> datetime:
    return min(process.started_at for process in processes)
