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


COMPUTING = """
import asyncio, json
from pathlib import Path

from documents.isolation.compute import compute, computing_in
from jobs.batches.input.checked_lines import LineLimits, check_lines
from jobs.process.processes import computing_processes, start_later
from jobs.process.settings import TaskSettings

BODY = {"task": "summarize", "input": {"text": "Water."}}
LINE = {"method": "POST", "url": "/v1/jobs", "body": BODY}

def line(number):
    return number, json.dumps({**LINE, "custom_id": str(number)}).encode()

async def main():
    limits = {"timeout_seconds": 30, "memory_mib": 512, "processes": 1}
    async with computing_processes(TaskSettings(), check_lines.__module__, **limits) as pool:
        await start_later(pool, after_seconds=0)
        lines = list(map(line, range(200)))
        with computing_in(pool):
            checks = await compute(check_lines, lines, LineLimits(None, 100, None, None))
        maps = Path(f"/proc/{pool._server._process.pid}/maps").read_text()
        print(len(checks), all(one.line for one in checks), "pdfium" in maps)

asyncio.run(main())
"""


def test_processes_that_only_compute_start_without_the_readers_of_documents() -> None:
    done = run([sys.executable, "-c", COMPUTING], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "200 True False"
