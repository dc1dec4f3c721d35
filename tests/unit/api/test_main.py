"""`python -m api`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# In place of serving, print when garbage is collected.
SCRIPT = """
import gc
import uvicorn
from api.__main__ import main

def run(server, sockets=None):
    server.started = True
    print(gc.get_threshold()[0], gc.get_freeze_count() > 100_000)

uvicorn.Server.run = run
main()
"""


def test_the_garbage_of_many_requests_is_collected_at_once(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "CHANCERY_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "10000 True\n"
