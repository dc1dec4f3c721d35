"""Installs the peers' released packages into `.bench`, each lock into an environment of its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1] / ".bench"
# arq needs an older redis client than the others.
LOCKS = {"peers": "requirements.lock", "arq": "requirements-arq.lock"}


def peer_python(name: str) -> Path:
    """The interpreter of an environment, which is installed first where it is missing or old."""
    folder, lock = ROOT / name, HERE / LOCKS[name]
    python, stamp = folder / "bin" / "python", folder / ".installed"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        print(f"installing {lock.name} into {folder}", file=sys.stderr, flush=True)
        venv.create(folder, clear=True, with_pip=True)
        pip = (python, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock)
        subprocess.run(pip, check=True)
        stamp.write_text(digest)
    return python
