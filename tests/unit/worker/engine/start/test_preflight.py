"""The check before an engine starts in a container, with stand-ins for nvidia-smi and vLLM."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.worker.engine.start.test_memory import QWEN_7B
from tests.unit.worker.engine.start.test_weights import tensors
from worker.engine.start.preflight import CONFIGURATION_ERROR

ROOT = Path(__file__).parents[5]


def small_qwen(parent: Path) -> Path:
    """A folder with a model's files, complete and small."""
    folder = parent / "DeepSeek-R1-Distill-Qwen-7B"
    folder.mkdir()
    config = QWEN_7B | {"architectures": ["Qwen2ForCausalLM"]}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(tensors(100))
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return small_qwen(tmp_path)


def preflight(folder: Path, model: Path, known: str) -> tuple[int, str]:
    """Run as in the image: one card of 24 GB, and a vLLM that knows one architecture."""
    programs = {
        "nvidia-smi": "echo 'NVIDIA GeForce RTX 4090, 24564'",
        "python": f"echo {known}",
        "vllm": 'echo "vllm $*"',
    }
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    done = subprocess.run(
        (sys.executable, "-m", "worker.engine.start.preflight", "--exec", model, "--seed", "1"),
        cwd=ROOT,
        env=os.environ | {"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_model_that_fits_is_served(tmp_path: Path, model: Path) -> None:
    status, output = preflight(tmp_path, model, "Qwen2ForCausalLM")
    assert status == 0, output
    assert f"vllm serve {model}" in output
    assert "--seed 1" in output


def test_an_architecture_that_vllm_does_not_know_ends_it_before_vllm_starts(
    tmp_path: Path, model: Path
) -> None:
    status, output = preflight(tmp_path, model, "LlamaForCausalLM")
    assert status == CONFIGURATION_ERROR
    assert "does not know the architecture Qwen2ForCausalLM of DeepSeek-R1-Distill" in output
    assert "vllm serve" not in output
