"""The arithmetic of main memory, on a machine without GPUs."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.engine.start.main_memory import check_main_memory, free_memory
from worker.engine.start.memory import GIB, DoesNotFit

WEIGHTS = 15_231_271_864  # DeepSeek-R1-Distill-Qwen-7B, bfloat16


def test_a_model_that_does_not_fit_is_refused_with_the_arithmetic_and_what_to_change() -> None:
    with pytest.raises(DoesNotFit) as refused:
        check_main_memory({"torch_dtype": "bfloat16"}, WEIGHTS, 30 * GIB, "7B")
    text = str(refused.value)
    assert "14.2 GiB of weights are 28.4 GiB in float32" in text
    assert "needs 32.4 GiB, and 30.0 GiB are free" in text
    assert "a smaller model, a machine with an NVIDIA card, or a vLLM elsewhere" in text


@pytest.mark.parametrize(
    ("config", "free"),
    [
        ({"torch_dtype": "bfloat16"}, 33 * GIB),
        ({"dtype": "torch.float32"}, 19 * GIB),
        ({}, None),
    ],
)
def test_a_model_that_fits_is_not_refused(config: dict[str, str], free: int | None) -> None:
    check_main_memory(config, WEIGHTS, free, "7B")


def test_free_memory_is_the_machine_s_or_what_the_container_s_limit_leaves(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       32000000 kB\nMemAvailable:   20000000 kB\n")
    assert free_memory(meminfo, tmp_path) == 20_000_000 * 1024
    limit = tmp_path / "memory.max"
    limit.write_text("max\n")
    (tmp_path / "memory.current").write_text(f"{5 * GIB}\n")
    (tmp_path / "memory.stat").write_text(f"file 99\ninactive_file {GIB}\n")
    assert free_memory(meminfo, tmp_path) == 20_000_000 * 1024
    limit.write_text(f"{8 * GIB}\n")
    assert free_memory(meminfo, tmp_path) == 4 * GIB
    assert free_memory(tmp_path / "missing", tmp_path) is None
