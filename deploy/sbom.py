"""`python -m deploy.sbom FOLDER` writes CycloneDX SBOMs of the locked packages into FOLDER.

`chancery.cdx.json` lists the packages of the application, `engine-cpu.cdx.json` those of vLLM as
`make engine` installs it, `engine-cuda.cdx.json` those of vLLM for NVIDIA cards as `make up MODEL=`
does, with the digests of their files. The image has the first of them as
/opt/chancery/share/chancery.cdx.json. Licences are in docs/licences.md.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_CPU = ROOT / "deploy/engine/cpu"
_CUDA = ROOT / "deploy/engine/cuda"


def write_sbom(locks: Sequence[Path], project: Path, output: Path) -> None:
    """Write an SBOM of the packages in `locks`, which belong to the `pyproject.toml` `project`."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write("\n".join(lock.read_text() for lock in locks))
        requirements.flush()
        subprocess.run(  # our own arguments, no shell
            [
                # Its warning on the missing dependency graph, which a lock does not have, is noise.
                *(sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements"),
                *(requirements.name, "--pyproject", str(project), "--output-reproducible"),
                *("--of", "JSON", "--output-file", str(output)),
            ],
            check=True,
        )


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_sbom([ROOT / "requirements.lock"], ROOT / "pyproject.toml", folder / "chancery.cdx.json")
    write_sbom(
        [_CPU / "requirements.lock", _CPU / "torch-cpu.lock", _CPU / "smollm2.lock"],
        _CPU / "pyproject.toml",
        folder / "engine-cpu.cdx.json",
    )
    write_sbom(
        [_CUDA / "requirements.lock"], _CUDA / "pyproject.toml", folder / "engine-cuda.cdx.json"
    )


if __name__ == "__main__":
    main()
