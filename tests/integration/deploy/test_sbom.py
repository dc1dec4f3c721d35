"""The SBOMs list what the locks do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sbom")
    subprocess.run([sys.executable, "-m", "deploy.sbom", str(folder)], cwd=ROOT, check=True)
    return folder


@pytest.mark.parametrize(
    ("name", "locks"),
    [
        ("chancery", ["requirements.lock"]),
        (
            "engine-cpu",
            [f"deploy/engine/cpu/{lock}.lock" for lock in ("requirements", "torch-cpu", "smollm2")],
        ),
        ("engine-cuda", ["deploy/engine/cuda/requirements.lock"]),
    ],
)
def test_every_locked_package_is_in_it_with_its_version_and_digests(
    folder: Path, name: str, locks: list[str]
) -> None:
    sbom: dict[str, Any] = json.loads((folder / f"{name}.cdx.json").read_text())
    assert sbom["bomFormat"] == "CycloneDX"
    listed = {(part["name"].lower(), part["version"]) for part in sbom["components"]}
    locked = {
        (package.lower(), version)
        for lock in locks
        for package, version in _PIN.findall((ROOT / lock).read_text())
    }
    assert len(locked) > 50
    assert locked <= listed
    for part in sbom["components"]:
        assert part["purl"].startswith("pkg:pypi/")
        assert part["externalReferences"][0]["hashes"], part["name"]


def test_the_build_of_the_image_installs_what_makes_it() -> None:
    """Each package of the Dockerfile's list is in the developers' lock."""
    (names,) = re.findall(r"keep = /\^\(([^)]*)\)==/", _dockerfile())
    locked = {name for name, _ in _PIN.findall((ROOT / "requirements-dev.lock").read_text())}
    assert set(names.replace("\\", "").split("|")) <= locked
    assert "chancery.cdx.json" in _dockerfile()


def _dockerfile() -> str:
    return (ROOT / "deploy/docker/Dockerfile").read_text()
