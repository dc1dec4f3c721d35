"""An engine of one's own on GPUs, with a stand-in for `nvidia-smi` and for vLLM's own Python."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from tests.unit.worker.engine.start.test_preflight import small_qwen
from worker.engine.start.cards import CardsUnusable, find_cards
from worker.supervise.own_engine import EngineUnusable, engine_for, loading_progress

SAID: list[str] = []


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in; a test writes its lines."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return folder / "nvidia-smi"


def say(smi: Path, *lines: str, status: int = 0) -> None:
    said = "\n".join(lines)
    smi.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\nexit {status}\n")
    smi.chmod(0o755)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return small_qwen(tmp_path)


@pytest.fixture
def vllm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation whose Python knows one architecture."""
    programs = tmp_path / "engine" / "venv" / "bin"
    programs.mkdir(parents=True)
    for name, text in (("vllm", "exit 1"), ("python", "echo Qwen2ForCausalLM")):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("CHANCERY_ENGINE_HOME", str(tmp_path / "engine"))
    return programs


def test_the_cards_are_those_that_the_driver_lists(
    smi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(find_cards()) == []
    say(smi, "NVIDIA H200, 143771", "NVIDIA H200, 143771")
    assert [card.memory for card in find_cards()] == [143_771 * 1024**2] * 2
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert len(find_cards()) == 1
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert list(find_cards()) == []


def test_a_driver_that_does_not_work_is_named(smi: Path) -> None:
    say(smi, "NVIDIA-SMI has failed because it couldn't communicate", status=9)
    with pytest.raises(CardsUnusable, match="status 9: NVIDIA-SMI has failed"):
        find_cards()
    say(smi, "NVIDIA GB10, [N/A]")
    with pytest.raises(CardsUnusable, match="without its memory"):
        find_cards()


def test_vllm_starts_with_flags_that_fit_the_cards(smi: Path, model: Path, vllm: Path) -> None:
    say(smi, *["NVIDIA GeForce RTX 4090, 24564"] * 2)
    said: list[str] = []
    engine = engine_for(model, None, said.append)
    assert engine.child
    line = " ".join(engine.child.argv)
    assert line.startswith(f"{vllm}/vllm serve {model}")
    for flags in (
        "--served-model-name DeepSeek-R1-Distill-Qwen-7B",
        "--max-model-len 32768",
        "--tensor-parallel-size 2",
        "--gpu-memory-utilization 0.9",
        "--scheduling-policy priority",
        "--enable-prefix-caching",
        "--reasoning-parser deepseek_r1",
    ):
        assert flags in line
    assert "2 of 2 cards (NVIDIA GeForce RTX 4090)" in said[-1]


def test_without_a_card_it_runs_on_the_cpus(smi: Path, model: Path, vllm: Path) -> None:
    engine = engine_for(model, 2_048, SAID.append)
    assert engine.child
    assert "--max-model-len 2048" in " ".join(engine.child.argv)
    assert "--enforce-eager" in engine.child.argv


def test_without_a_card_a_model_larger_than_the_memory_is_refused(
    smi: Path, model: Path, vllm: Path
) -> None:
    size = 4_000_000_000_000
    header = json.dumps({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    with (model / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(file.tell() + size)  # takes no space on the disk
    with pytest.raises(EngineUnusable, match=r"this machine's memory: 3725\.3 GiB"):
        engine_for(model, None, SAID.append)


def test_a_model_of_another_architecture_is_refused_before_the_start(
    smi: Path, model: Path, vllm: Path
) -> None:
    (vllm / "python").write_text("#!/bin/sh\necho LlamaForCausalLM\n")
    with pytest.raises(EngineUnusable, match="does not know the architecture Qwen2ForCausalLM"):
        engine_for(model, None, SAID.append)
    (vllm / "python").write_text("#!/bin/sh\necho 'ImportError: libcudart' >&2\nexit 1\n")
    with pytest.raises(
        EngineUnusable, match=r"ImportError: libcudart\): install it again with make"
    ):
        engine_for(model, None, SAID.append)


def test_a_missing_model_and_one_that_does_not_fit_are_refused_at_once(
    smi: Path, model: Path, vllm: Path
) -> None:
    with pytest.raises(EngineUnusable, match="missing does not exist"):
        engine_for(model / "missing", None, SAID.append)
    say(smi, "NVIDIA T400, 2048")
    with pytest.raises(EngineUnusable, match="DeepSeek-R1-Distill-Qwen-7B: the model does not fit"):
        engine_for(model, None, SAID.append)


def test_the_progress_of_loading_is_read_from_the_log() -> None:
    log = (
        "INFO 11-30 08:00:00 Loading weights\n"
        "Loading safetensors checkpoint shards:   0% Completed | 0/11 [00:00<?, ?it/s]\r"
        "Loading safetensors checkpoint shards:  45% Completed | 5/11 [00:07<00:08, 1.4s/it]"
    )
    assert loading_progress(log) == "5 of 11 files of weights"
    assert loading_progress("INFO starting") is None
