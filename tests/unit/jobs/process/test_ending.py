from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio, atexit, threading, time
from jobs.process.ending import exit_now

async def main():
    begun = threading.Event()
    asyncio.get_running_loop().run_in_executor(None, lambda: (begun.set(), time.sleep(600)))
    await asyncio.to_thread(begun.wait)
    atexit.register(print, "flushed")
    print("stopped")
    exit_now(3)

asyncio.run(main())
"""


def test_a_process_ends_though_a_thread_hangs() -> None:
    ended = subprocess.run(
        (sys.executable, "-c", PROGRAM), capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (3, "stopped\nflushed\n"), ended.stderr
