"""Install the application with its test tools into an environment.

    python3 deploy/setup/application.py .venv

Run from the checkout. Needs the standard library only.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from machine import check_application, check_disk, check_writable
from package_index import check_index, trust_system_certificates
from progress import Failed, Progress

LOCK = Path("requirements-dev.lock")
# The environment takes 1 GB; pip needs half as much again for its downloads.
NEEDED_BYTES = 1_500_000_000


def install(venv: Path, progress: Progress) -> None:
    """Create `venv` and install the locked requirements. Raises `Failed` with cause and remedy."""
    python = venv / "bin" / "python"
    if not _is_current(python):
        check_application()
        check_writable(Path())
        check_disk(Path(), NEEDED_BYTES, "the application")
        shutil.rmtree(venv, ignore_errors=True)
        progress.run([sys.executable, "-m", "venv", venv])
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    trust_system_certificates(python)
    check_index(python, LOCK, progress)
    with progress.step(f"the packages in {LOCK}"):
        progress.run([*pip, "--require-hashes", "-r", LOCK])
    with progress.step("chancery itself"):
        # Before the client was a distribution of its own, client and server were one: `chancery`.
        progress.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "chancery"])
        progress.run([*pip, "--no-build-isolation", "--no-deps", "-e", "client", "-e", "."])


def _is_current(python: Path) -> bool:
    """Whether the environment exists and has the version of the running Python."""
    settings = python.parent.parent / "pyvenv.cfg"
    if not python.exists() or not settings.exists():
        return False
    version = re.search(r"^version\s*=\s*(\S+)", settings.read_text(), re.MULTILINE)
    return version is not None and sys.version.startswith(version.group(1))


def main() -> int:
    venv = Path(sys.argv[1])
    with tempfile.NamedTemporaryFile(prefix="chancery-setup-", suffix=".log") as log:
        progress = Progress("setup", Path(log.name))
        began = time.monotonic()
        try:
            install(venv, progress)
        except Failed as failure:
            print(f"setup: {failure}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("setup: stopped. Run it again to continue.", file=sys.stderr)
            return 130
        version = ".".join(map(str, sys.version_info[:3]))
        progress.say(f"Python {version} in {venv} is ready ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
