"""Installs an engine into a folder, step by step.

Completed steps are skipped, interrupted ones repeated. Uses only the standard library.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from package_index import trust_system_certificates
from progress import Progress


@dataclass(frozen=True)
class Step:
    """`pins` identifies what the step installs: if it changes, the step is repeated."""

    name: str
    pins: str
    work: Callable[[Engine], None]


class Engine:
    """The folder of the engine: `venv`, `models`, `stamps` and the installation log."""

    def __init__(self, root: Path, progress: Progress) -> None:
        self.root = root
        self.python = root / "venv" / "bin" / "python"
        self.models = root / "models"
        self.scratch = root / "tmp"
        self.progress = progress

    def run(self, *command: str | Path) -> str:
        """Run a command and return its output. Raises `CommandFailed`."""
        self.scratch.mkdir(exist_ok=True)
        return self.progress.run(command, {"TMPDIR": str(self.scratch), "HF_HUB_OFFLINE": "1"})

    def pip(self, *arguments: str | Path) -> str:
        return self.run(self.python, "-m", "pip", *arguments)

    def install(self, lock: Path, *arguments: str | Path) -> None:
        """Install exactly the files in `lock`, verified against their digests."""
        options = (
            "--progress-bar",
            "off",
            "--no-deps",
            "--require-hashes",
            "--only-binary",
            ":all:",
        )
        self.pip("install", *options, *arguments, "-r", lock)


def make_venv(engine: Engine) -> None:
    engine.run(sys.executable, "-m", "venv", "--clear", engine.root / "venv")


@dataclass(frozen=True)
class Installation:
    """`steps` by the folder of the engine; `check` raises `Failed` if the machine cannot run it,
    and `check_room` if the disk has too little room.
    """

    steps: Callable[[Path], Sequence[Step]]
    check: Callable[[], None]
    check_room: Callable[[Path], None]


def unfinished_steps(root: Path, steps: Sequence[Step]) -> list[tuple[int, Step, str]]:
    """The steps to do: number, step, and the text of its stamp.

    A step depends on those before it, so its stamp includes their pins, and a repeated step
    repeats all steps after it.
    """
    pins, todo = "", list[tuple[int, Step, str]]()
    for number, step in enumerate(steps, 1):
        pins += f"{step.name}: {step.pins}\n"
        stamp = root / "stamps" / f"{number}"
        if todo or not stamp.exists() or stamp.read_text() != pins:
            todo.append((number, step, pins))
    return todo


def install(root: Path, installation: Installation, progress: Progress) -> None:
    """Do the unfinished steps. Raises `Failed` with cause and remedy."""
    steps = installation.steps(root)
    todo = unfinished_steps(root, steps)
    if not todo:
        return
    installation.check()
    trust_system_certificates(Path(sys.executable))
    (root / "stamps").mkdir(exist_ok=True)
    (root / "install.log").write_text("")
    engine = Engine(root, progress)
    for number, step, pins in todo:
        stamp = root / "stamps" / f"{number}"
        stamp.unlink(missing_ok=True)
        with progress.step(f"[{number}/{len(steps)}] {step.name}"):
            step.work(engine)
        stamp.write_text(pins)
    shutil.rmtree(engine.scratch, ignore_errors=True)
