"""Writes what Redis's systemd unit needs, before it starts.

    python -m worker.supervise.prepare_redis DATA_DIR PORT

Its configuration, its password on the first start, and its URL, by which operators' commands with
`--data-dir` find it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jobs.process.private_files import write_private
from worker.supervise.machine import REDIS_URL_FILE
from worker.supervise.redis_server import redis_server


def main() -> None:
    data_dir, port = Path(sys.argv[1]), int(sys.argv[2])
    write_private(data_dir / REDIS_URL_FILE, redis_server(data_dir, port).url)


if __name__ == "__main__":
    main()
