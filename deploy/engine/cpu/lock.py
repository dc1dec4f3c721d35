"""Resolve pyproject.toml into requirements.lock and torch-public.lock, with digests.

    .venv/bin/python deploy/engine/cpu/lock.py

torch and the CUDA libraries that its public build needs stand in torch-public.lock, all else in
requirements.lock. The digests of torch-cpu.lock are copied from PyTorch's index by hand: the public
index, which this asks, does not have that build.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEADER = "# Made by `make lock` from pyproject.toml. Installed with --require-hashes --no-deps.\n"
# Holds wherever the engine is installed; the lock is read more easily without.
EVERYWHERE = (
    "(platform_machine == 'aarch64' or platform_machine == 'x86_64') and sys_platform == 'linux'"
)
PUBLIC_TORCH = re.compile(r"(torch|cuda-[a-z-]+|nvidia-[a-z0-9-]+)==")


def resolved() -> list[str]:
    """The locked requirements, each with its digests, in the order of their names."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "-q", "--universal"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "pyproject.toml"]
    command += ["-c", "requirements.lock"]
    # uv reads [tool.uv] of the folder that it runs in.
    done = subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.PIPE, text=True)
    text = done.stdout.replace(f" ; {EVERYWHERE}", "")
    return re.findall(r"^\S.*(?:\n .*)*\n", text, re.MULTILINE)


def main() -> None:
    requirements = resolved()
    public = [each for each in requirements if PUBLIC_TORCH.match(each)]
    shared = [each for each in requirements if each not in public]
    (HERE / "torch-public.lock").write_text(HEADER + "".join(public))
    (HERE / "requirements.lock").write_text(HEADER + "".join(shared))


if __name__ == "__main__":
    main()
