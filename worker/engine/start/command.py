"""The commands that start an engine: on a machine's CPUs, or on its GPUs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from worker.engine.model.models import family_of
from worker.engine.start.main_memory import CACHE_GIB
from worker.engine.start.memory import MEMORY_SHARE, Plan

TCMALLOC = "libtcmalloc_minimal.so.4"
COMPACT_JSON = '{"backend": "xgrammar", "disable_any_whitespace": true}'
# It asks no other machine for a model, and reports nothing.
OFFLINE = {"DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
LIBRARY_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and the variables to add to the caller's environment."""

    argv: tuple[str, ...]
    env: dict[str, str]


def cpu_engine(
    root: Path,
    model: str | Path,
    host: str,
    port: int,
    *,
    max_model_len: int = 4096,
    dummy_weights: bool = False,
) -> Command:
    """The command that serves a model with the vLLM for the CPU that is installed in `root`.

    `model`: a name in `root / "models"`, or a folder.

    `dummy_weights`: use random weights, for a model without a weights file.
    Raises `FileNotFoundError` if vLLM or the model is not installed.
    """
    root = root.resolve()
    vllm = root / "venv" / "bin" / "vllm"
    folder = model if isinstance(model, Path) else root / "models" / model
    for path in (vllm, folder / "config.json"):
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: run make engine")
    argv = [
        *(str(vllm), *_serve(folder, host, port, max_model_len)),
        *("--dtype", "float32", "--enforce-eager"),
    ]
    if dummy_weights:
        argv += ["--load-format", "dummy"]
    return Command(tuple(argv), _environment(root, 1 if dummy_weights else CACHE_GIB))


def gpu_engine(root: Path, model: Path, host: str, port: int, plan: Plan) -> Command:
    """The command that serves the folder `model` on GPUs with the vLLM for CUDA in `root`.

    Raises `FileNotFoundError` if it is not installed.
    """
    vllm = root.resolve() / "venv" / "bin" / "vllm"
    if not vllm.exists():
        raise FileNotFoundError(f"{vllm} is missing: run make engine-here on this machine")
    return Command((str(vllm), *gpu_arguments(model, host, port, plan)), OFFLINE)


def gpu_arguments(model: Path, host: str, port: int, plan: Plan) -> tuple[str, ...]:
    """The arguments of `vllm` for a model on GPUs."""
    return (
        *_serve(model, host, port, plan.context),
        *("--tensor-parallel-size", str(plan.cards)),
        *("--gpu-memory-utilization", str(MEMORY_SHARE)),
        "--enable-prefix-caching",
    )


def _serve(folder: Path, host: str, port: int, context: int) -> tuple[str, ...]:
    """The part that both have. A model that reasons gets the parser of its family."""
    family = family_of(folder.name)
    parser = ("--reasoning-parser", family.parser) if family and family.parser else ()
    return (
        *("serve", str(folder)),
        *("--served-model-name", folder.name),
        *("--host", host, "--port", str(port)),
        *("--max-model-len", str(context)),
        *("--scheduling-policy", "priority"),
        "--enable-prompt-tokens-details",
        # JSON allows any amount of whitespace, and a small model may write nothing else.
        *("--structured-outputs-config", COMPACT_JSON),
        *parser,
    )


def _environment(root: Path, kv_cache_gib: int) -> dict[str, str]:
    env = {
        **OFFLINE,
        "VLLM_CPU_KVCACHE_SPACE": str(kv_cache_gib),
        "VLLM_CPU_OMP_THREADS_BIND": _cores(),
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
