"""The command that starts an engine without a GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.engine.start.command import cpu_engine


def _installed(root: Path, *models: str) -> Path:
    for path in ("venv/bin/vllm", *(f"models/{model}/config.json" for model in models)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def test_the_model_is_served_under_its_own_name_with_priorities(tmp_path: Path) -> None:
    command = cpu_engine(_installed(tmp_path, "small"), "small", "127.0.0.1", 8000)
    line = " ".join(command.argv)
    assert f"{tmp_path}/venv/bin/vllm serve {tmp_path}/models/small" in line
    assert "--served-model-name small --host 127.0.0.1 --port 8000" in line
    assert "--scheduling-policy priority" in line
    assert "dummy" not in line


def test_vllm_sends_no_usage_statistics(tmp_path: Path) -> None:
    env = cpu_engine(_installed(tmp_path, "small"), "small", "127.0.0.1", 8000).env
    assert {env[name] for name in ("DO_NOT_TRACK", "HF_HUB_OFFLINE", "VLLM_NO_USAGE_STATS")} == {
        "1"
    }


def test_dummy_weights_for_a_model_without_weights(tmp_path: Path) -> None:
    root = _installed(tmp_path, "tiny")
    argv = cpu_engine(root, "tiny", "127.0.0.1", 8000, dummy_weights=True).argv
    assert argv[-2:] == ("--load-format", "dummy")


@pytest.mark.parametrize("model", ["missing", "small"])
def test_a_missing_installation_is_an_error_that_says_what_to_do(
    tmp_path: Path, model: str
) -> None:
    root = tmp_path if model == "small" else _installed(tmp_path, "small")
    with pytest.raises(FileNotFoundError, match="run make engine"):
        cpu_engine(root, model, "127.0.0.1", 8000)
