"""Log lines of a process."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SCRIPT = """
import logging, os, sys
import structlog
from jobs.process.logs import set_up_logs

set_up_logs("worker")
log = structlog.get_logger()
structlog.contextvars.bind_contextvars(job_id="job_1")
log.info("job.claimed", attempt=1, name="通知")
log.debug("job.hidden")
logging.getLogger("library").warning("a %s", "record")
try:
    raise ValueError("wrong")
except ValueError:
    log.exception("job.defect")
os.close(2)
log.info("job.lost")
print("alive")
"""


def logged() -> tuple[list[dict[str, Any]], str]:
    """The lines that `SCRIPT` writes to standard error, and what it prints."""
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ran.stderr.splitlines()], ran.stdout


def test_events_and_records_of_libraries_are_json_lines_and_a_broken_stream_stops_nobody() -> None:
    (event, record, defect), printed = logged()
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "job.claimed",
        "attempt": 1,
        "name": "通知",
        "job_id": "job_1",
        "level": "info",
        "role": "worker",
    }
    assert (record["event"], record["level"], record["role"]) == ("a record", "warning", "worker")
    assert (defect["event"], defect["level"]) == ("job.defect", "error")
    assert "ValueError: wrong" in defect["exception"]
    assert printed == "alive\n"
