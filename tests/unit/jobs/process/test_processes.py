from __future__ import annotations

import sys
from subprocess import run

PROGRAM = """
import asyncio, sys
from jobs.process.processes import task_processes, warm_up
from jobs.process.settings import TaskSettings

async def main():
    limits = {"timeout_seconds": 30, "memory_mib": 512}
    async with task_processes(TaskSettings(), processes=1, **limits) as pool:
        loaded = "tasks.redact" in sys.modules
        await warm_up(pool, after_seconds=0)
        print(loaded, "tasks.redact" in sys.modules, pool.offline is not None)

asyncio.run(main())
"""


def test_a_process_imports_the_tasks_and_starts_its_pool_some_time_after_its_start() -> None:
    done = run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True", "True"]
