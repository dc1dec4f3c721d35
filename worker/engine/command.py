"""The command that starts an engine on a machine without a GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TCMALLOC = "libtcmalloc_minimal.so.4"
COMPACT_JSON = '{"backend": "xgrammar", "disable_any_whitespace": true}'
LIBRARY_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and the variables to add to the caller's environment."""

    argv: tuple[str, ...]
    env: dict[str, str]


def cpu_engine(
    root: Path,
    model: str,
    host: str,
    port: int,
    *,
    max_model_len: int = 4096,
    dummy_weights: bool = False,
) -> Command:
    """The command that serves `root / "models" / model` with the vLLM installed in `root`.

    `dummy_weights`: use random weights, for a model without a weights file.
    Raises `FileNotFoundError` if vLLM or the model is not installed.
    """
    root = root.resolve()
    vllm, folder = root / "venv" / "bin" / "vllm", root / "models" / model
    for path in (vllm, folder / "config.json"):
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: run make engine")
    argv = [
        *(str(vllm), "serve", str(folder)),
        *("--served-model-name", model),
        *("--host", host, "--port", str(port)),
        *("--dtype", "float32", "--enforce-eager"),
        *("--max-model-len", str(max_model_len)),
        *("--scheduling-policy", "priority"),
        "--enable-prompt-tokens-details",
        # JSON allows any amount of whitespace, and a small model may write nothing else.
        *("--structured-outputs-config", COMPACT_JSON),
    ]
    if dummy_weights:
        argv += ["--load-format", "dummy"]
    return Command(tuple(argv), _environment(root, "1" if dummy_weights else "2"))


def _environment(root: Path, kv_cache_gib: str) -> dict[str, str]:
    env = {
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": kv_cache_gib,
        "VLLM_CPU_OMP_THREADS_BIND": _cores(),
        "VLLM_NO_USAGE_STATS": "1",
    }
    if preload := ":".join(str(library) for library in _libraries(root)):
        env["LD_PRELOAD"] = preload
    return env


def _cores() -> str:
    return ",".join(str(core) for core in sorted(os.sched_getaffinity(0)))


def _libraries(root: Path) -> Iterator[Path]:
    """Installed libraries that make vLLM faster: tcmalloc and Intel's OpenMP."""
    for folder in LIBRARY_FOLDERS:
        libraries = sorted(
            (*Path(folder).glob(TCMALLOC), *Path(folder).glob(f"*-linux-gnu/{TCMALLOC}"))
        )
        if libraries:
            yield libraries[0]
            break
    openmp = root / "venv" / "lib" / "libiomp5.so"
    if openmp.exists():
        yield openmp
