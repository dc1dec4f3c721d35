"""`chancery batch` as a process, and what it left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

from tests.unit.client.conftest import KEY

STATE = ".chancery-batch.jsonl"
Run = Callable[..., Result]
# Where the tests run in a shell's background, SIGINT is ignored, and stays so in what they start.
COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from chancery.cli import main
main()
"""


def names_in(folder: Path) -> list[str]:
    """What a batch of it should hold, in order."""
    files = (path for path in folder.rglob("*.txt"))
    return [path.relative_to(folder).as_posix() for path in sorted(files)]


def uploads(server: Any) -> Counter[str]:
    """How often the bytes of each file came."""
    sent = [
        request.fields["file"]["sha256"] for request in server.requests if "file" in request.fields
    ]
    return Counter(sent)


def started(server: Any, *words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "batch", *map(str, words)],
        env=os.environ | {"CHANCERY_API_URL": server.url, "CHANCERY_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < ends, "it did not come about"
        pause.wait(0.02)
