"""Folders of models: what is missing or cut off is found before the engine starts."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from worker.engine.start.weights import ModelUnusable, check_model


def tensors(size: int) -> bytes:
    """A file of safetensors with one tensor of `size` bytes."""
    header = json.dumps(
        {"__metadata__": {}, "a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}
    ).encode()
    return struct.pack("<Q", len(header)) + header + bytes(size)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "DeepSeek-R1-Distill-Qwen-7B"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"architectures": ["Qwen2ForCausalLM"]}))
    (folder / "tokenizer.json").write_text("{}")
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    for name in names:
        (folder / name).write_bytes(tensors(100))
    index = {"weight_map": dict(zip("ab", names, strict=True))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    sums = [f"{hashlib.sha256(tensors(100)).hexdigest()}  {name}" for name in names]
    (folder / "SHA256SUMS").write_text("\n".join(sums) + "\n")
    return folder


def test_a_complete_model_has_its_architecture_and_size(model: Path) -> None:
    found = check_model(model)
    assert found.architecture == "Qwen2ForCausalLM"
    assert found.weights == 2 * len(tensors(100))


def _cut(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()
    file = folder / "model-00002-of-00002.safetensors"
    file.write_bytes(file.read_bytes()[:-1])


def _empty(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()
    (folder / "model-00002-of-00002.safetensors").write_bytes(b"")


def _flip(folder: Path) -> None:
    file = folder / "model-00001-of-00002.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")


def _pointer(folder: Path) -> None:
    """As a clone without Git LFS has it."""
    (folder / "SHA256SUMS").unlink()
    (folder / "model-00001-of-00002.safetensors").write_text("version https://git-lfs\n" * 4)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "config.json").unlink(), r"has no config\.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "config.json").write_text("{}"), "names no architecture"),
        (lambda folder: (folder / "config.json").write_text("[]"), "names no architecture"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer"),
        (
            lambda folder: (folder / "model-00002-of-00002.safetensors").unlink(),
            "lacks 1 of 2 files of weights: model-00002",
        ),
        (_cut, r"has \d+ bytes instead of \d+: copy it again"),
        (_empty, "is damaged"),
        (_pointer, r"is a pointer of Git LFS, without the weights: git lfs pull"),
        (_flip, "differs from its digest"),
        (lambda folder: (folder / "SHA256SUMS").write_text("x  y\n"), "line 1: expected a digest"),
        (
            lambda folder: (folder / "SHA256SUMS").write_text(f"{'0' * 64}  ../x\n"),
            "line 1: expected a digest",
        ),
        (
            lambda folder: (folder / "SHA256SUMS").write_text(f"{'0' * 64}  x.json\n"),
            "lacks x.json",
        ),
        (
            lambda folder: (folder / "model.safetensors.index.json").write_text("{}"),
            "cannot be read",
        ),
    ],
)
def test_what_is_missing_is_named(model: Path, damage: Callable[[Path], object], said: str) -> None:
    damage(model)
    with pytest.raises(ModelUnusable, match=said):
        check_model(model)


def test_a_folder_without_weights_a_file_and_a_missing_folder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["X"]}))
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelUnusable, match="has no weights"):
        check_model(tmp_path)
    with pytest.raises(ModelUnusable, match="missing does not exist: give the folder"):
        check_model(tmp_path / "missing")
    with pytest.raises(ModelUnusable, match="is a file, not a folder: give the folder"):
        check_model(tmp_path / "config.json")


NOBODY = 65_534


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Root may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize(
    "name", ["", "config.json", "model-00002-of-00002.safetensors", "SHA256SUMS"]
)
def test_a_model_that_this_user_may_not_read_says_what_to_change(name: str, model: Path) -> None:
    # pytest's own folder may be entered by its owner only.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        moved = Path(shutil.copytree(model, Path(folder) / model.name))
        for path in (moved, *moved.iterdir()):
            path.chmod(0o755)
        closed = moved / name
        closed.chmod(0)
        said = rf"^the user \w+ may not read {closed}.*: chmod -R a\+rX {moved}, and let the user"
        with ordinary_user(), pytest.raises(ModelUnusable, match=said):
            check_model(moved)
        closed.chmod(0o700)
