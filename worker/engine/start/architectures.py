"""Which architectures of models an installed vLLM knows.

Needs the standard library only, as `preflight` does.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

# To import vLLM, which is most of it.
SECONDS = 180
_QUESTION = (
    "from vllm.model_executor.models import ModelRegistry as known\n"
    "print(*known.get_supported_archs(), sep='\\n')"
)


class ArchitectureUnknown(Exception):
    """This vLLM cannot load the model, or does not work; the text says what to do."""


def python_on_path() -> Path:
    """The Python of the `vllm` on the PATH; in vLLM's image, the one that runs this."""
    program = shutil.which("vllm")
    beside = Path(program).with_name("python") if program else None
    return beside if beside and beside.exists() else Path(sys.executable)


def check_architecture(
    python: Path, name: str, model: str, env: Mapping[str, str] | None = None
) -> None:
    """Ask the vLLM of `python` whether it knows the architecture `name` of `model`.

    vLLM's own error is long and comes late. `env`: None is that of this process. Takes up to a
    minute. Raises `ArchitectureUnknown`.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the Python of the engine that is started next
            (str(python), "-c", _QUESTION),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env=env,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ArchitectureUnknown(
            f"the vLLM of {python} does not work ({error}): {_INSTALL}"
        ) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise ArchitectureUnknown(f"the vLLM of {python} does not work ({last}): {_INSTALL}")
    if name not in done.stdout.split():
        raise ArchitectureUnknown(
            f"this vLLM does not know the architecture {name} of {model}: use a newer release of "
            "Chancery, or another model"
        )


_INSTALL = (
    "install it again with make engine (make engine-here for GPUs), or in Compose use another "
    "CHANCERY_ENGINE_IMAGE"
)
