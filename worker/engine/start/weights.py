"""Checks a model's folder before an engine loads it: is everything there, and complete?"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import stat
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIG, INDEX, SUMS = "config.json", "model.safetensors.index.json", "SHA256SUMS"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tiktoken.model")
_LENGTH_BYTES = 8
_MOST_HEADER_BYTES = 200_000_000
_BLOCK = 16 * 1024 * 1024
_NAMED = 5
_LFS_POINTER = b"version https://git-lfs"


class ModelUnusable(Exception):
    """A model cannot be loaded; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model whose files are complete. `weights`: their size in bytes."""

    path: Path
    config: Mapping[str, Any]
    weights: int

    @property
    def architecture(self) -> str:
        return str(self.config["architectures"][0])


def check_model(path: Path) -> ModelFolder:
    """Check the folder `path`: configuration, tokenizer, and each file of weights to its last byte.

    Files listed in `SHA256SUMS`, where there is one, are compared with their digests. Blocks on the
    disk. Raises `ModelUnusable`.
    """
    try:
        return _complete_model(path)
    except PermissionError as error:
        raise ModelUnusable(
            f"the user {_user()} may not read {error.filename}: chmod -R a+rX {path}, and let the "
            "user enter the folders above it (chmod a+x)"
        ) from error
    except OSError as error:
        raise ModelUnusable(
            f"{error.filename or path} cannot be read ({error.strerror}): check its disk or share"
        ) from error


def _complete_model(path: Path) -> ModelFolder:
    _check_folder(path)
    config = _config(path)
    if not any((path / name).exists() for name in TOKENIZERS):
        raise ModelUnusable(f"{path} has no tokenizer ({' or '.join(TOKENIZERS[:2])}): {_COPY}")
    files = _weight_files(path)
    for file in files:
        _check_length(file)
    _check_sums(path)
    return ModelFolder(path, config, sum(file.stat().st_size for file in files))


_COPY = "copy the model's whole folder again"


def _check_folder(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise ModelUnusable(
            f"{path} does not exist: give the folder with the model's config.json"
        ) from None
    if not stat.S_ISDIR(mode):
        raise ModelUnusable(
            f"{path} is a file, not a folder: give the folder with the model's config.json and "
            "weights (*.safetensors)"
        )
    os.scandir(path).close()  # raises if it may not be listed, where `glob` finds nothing


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container's user without a name
        return str(os.geteuid())


def _config(path: Path) -> Mapping[str, Any]:
    try:
        config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelUnusable(
            f"{path} has no {CONFIG}: give the folder of a model as its publisher lays it out"
        ) from None
    except ValueError as error:
        raise ModelUnusable(f"{path / CONFIG} cannot be read ({error}): {_COPY}") from error
    names = config.get("architectures") if isinstance(config, dict) else None
    if not (isinstance(names, list) and names and isinstance(names[0], str)):
        raise ModelUnusable(f"{path / CONFIG} names no architecture: {_COPY}")
    return dict(config)


def _weight_files(path: Path) -> Sequence[Path]:
    """The files that the index names, or else all; raises if one is missing."""
    index = path / INDEX
    if not index.exists():
        files = sorted(path.glob("*.safetensors"))
        if not files:
            raise ModelUnusable(f"{path} has no weights (*.safetensors): {_COPY}")
        return files
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, AttributeError) as error:
        raise ModelUnusable(f"{index} cannot be read: {_COPY}") from error
    missing = [name for name in names if not (path / name).is_file()]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise ModelUnusable(
            f"{path} lacks {len(missing)} of {len(names)} files of weights: "
            f"{', '.join(missing[:_NAMED])}{more}. Copy them, as {INDEX} names them"
        )
    return [path / name for name in names]


def _check_length(file: Path) -> None:
    """A file of safetensors begins with the length of its header, which names where each tensor
    ends: a copy that was cut off is shorter.
    """
    size = file.stat().st_size
    with file.open("rb") as opened:
        if opened.read(len(_LFS_POINTER)) == _LFS_POINTER:
            raise ModelUnusable(
                f"{file} is a pointer of Git LFS, without the weights: git lfs pull"
            )
        opened.seek(0)
        try:
            (length,) = struct.unpack("<Q", opened.read(_LENGTH_BYTES))
            header = json.loads(opened.read(min(length, _MOST_HEADER_BYTES)))
            ends = [
                tensor["data_offsets"][1]
                for name, tensor in header.items()
                if name != "__metadata__"
            ]
        except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelUnusable(f"{file} is damaged: copy it again") from error
    expected = _LENGTH_BYTES + length + max(ends, default=0)
    if size != expected:
        raise ModelUnusable(f"{file} has {size:,} bytes instead of {expected:,}: copy it again")


def _check_sums(path: Path) -> None:
    if not (path / SUMS).exists():
        return
    for name, digest in _sums(path / SUMS):
        file = path / name
        if not file.is_file():
            raise ModelUnusable(f"{path} lacks {name}, which {SUMS} lists: copy it")
        if _sha256(file) != digest:
            raise ModelUnusable(f"{file} differs from its digest in {SUMS}: copy it again")


def _sums(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of `sha256sum`: a digest, spaces or ` *`, a name."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ModelUnusable(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        digest, _, name = line.partition(" ")
        name = name.lstrip(" *")
        outside = name.startswith("/") or ".." in Path(name).parts
        if len(digest) != hashlib.sha256().digest_size * 2 or not name or outside:
            raise ModelUnusable(f"{path}, line {number}: expected a digest and the name of a file")
        yield name, digest.lower()


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
