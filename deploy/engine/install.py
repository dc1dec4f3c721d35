"""Install an engine: vLLM for the CPU with a small model, or vLLM for NVIDIA's GPUs.

    python3 deploy/engine/install.py [--for cpu|cuda] [--root .engine]

Requires Python 3.11 to 3.13 on Linux and a package index. By default `cuda` where `nvidia-smi`
lists a GPU, into `.engine-cuda`; else `cpu`, into `.engine`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE / "cpu", HERE / "cuda", HERE.parent / "setup"):
    sys.path.insert(0, str(folder))

import cpu_engine  # noqa: E402 (their folders are on the path only now)
import cuda_engine  # noqa: E402
from folder_lock import only_one  # noqa: E402
from installation import install, unfinished_steps  # noqa: E402
from progress import Failed, Progress  # noqa: E402

INSTALLATIONS = {"cpu": cpu_engine.INSTALLATION, "cuda": cuda_engine.INSTALLATION}
ROOTS = {"cpu": Path(".engine"), "cuda": Path(".engine-cuda")}
SECONDS = 30


def kind_here() -> str:
    """`cuda` on a machine with an NVIDIA GPU whose driver works, else `cpu`.

    Raises `Failed` if the driver does not answer.
    """
    if shutil.which("nvidia-smi") is None:
        return "cpu"
    try:
        done = subprocess.run(
            ("nvidia-smi", "--list-gpus"), capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(
            f"nvidia-smi does not answer: {error}. Repair the driver, or name an engine: --for cpu"
        ) from error
    return "cuda" if done.returncode == 0 and done.stdout.strip() else "cpu"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--for", dest="kind", choices=INSTALLATIONS, help="default: by the machine")
    parser.add_argument("--root", type=Path, help="default: .engine, or .engine-cuda for GPUs")
    parser.add_argument(
        "--check",
        action="store_true",
        help="only check whether this machine can run the engine, unless it is installed",
    )
    options = parser.parse_args()
    try:
        kind = options.kind or kind_here()
    except Failed as failure:
        print(f"engine: {failure}", file=sys.stderr)
        return 1
    installation = INSTALLATIONS[kind]
    root = (options.root or ROOTS[kind]).resolve()
    progress = Progress("engine", root / "install.log")
    began = time.monotonic()
    try:
        if options.check:
            if unfinished_steps(root, installation.steps(root)):
                installation.check()
                installation.check_room(root.parent)
            return 0
        root.mkdir(parents=True, exist_ok=True)
        with only_one(root, progress):
            install(root, installation, progress)
    except Failed as failure:
        print(f"engine: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("engine: stopped. Run it again to continue.", file=sys.stderr)
        return 130
    progress.say(f"ready in {root} ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
