from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCAN = Path(__file__).parents[3] / "samples/archives-law-scan.png"
READ = """
import sys
from pathlib import Path
from documents.read import ReadLimits, read
print(len(read(Path(sys.argv[1]), ReadLimits(10_000, 1, ocr_pages=1)).text))
"""


def test_ocr_sends_no_telemetry_and_leaves_no_file(tmp_path: Path) -> None:
    """Without the setting, ONNX Runtime sends telemetry and stores what it cannot send."""
    folders = {"HOME": "home", "TMPDIR": "tmp", "XDG_CACHE_HOME": "cache"}
    for folder in folders.values():
        (tmp_path / folder).mkdir()
    env = os.environ | {name: str(tmp_path / folder) for name, folder in folders.items()}
    env.pop("ORT_DISABLE_TELEMETRY", None)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(SCAN)], env=env, capture_output=True, check=True
    )
    assert int(done.stdout) > 100
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
