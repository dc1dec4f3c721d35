"""The Compose files are valid, with each profile and each file that may be added to them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.compose.project import ROOT

ADDED = sorted(path.name for path in (ROOT / "deploy/docker").glob("*.yml"))


def services_of(*arguments: str, folder: Path) -> set[str]:
    """The services that `docker compose config` lists; it needs no daemon."""
    done = subprocess.run(
        ["docker", "compose", "--project-directory", str(ROOT), *arguments, "config", "--services"],
        env=os.environ
        | {
            "CHANCERY_FLOWER_LOGIN": "a:b",
            "CHANCERY_ENGINE_URL": "http://engine.test:8000",
            "CHANCERY_SECRETS": str(folder),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("profile", "added"),
    [
        (None, set()),
        ("monitoring", {"prometheus", "prometheus-volume", "grafana"}),
        ("fetch", {"fetch-model"}),
    ],
)
def test_each_profile_adds_its_services(
    profile: str | None, added: set[str], tmp_path: Path
) -> None:
    arguments = ("--profile", profile) if profile else ()
    system = {"redis", "engine-check", "engine", "api", "worker", "courier", "scheduler", "flower"}
    assert services_of(*arguments, folder=tmp_path) == system | added


@pytest.mark.parametrize("name", ADDED)
def test_each_added_file_fits_the_project(name: str, tmp_path: Path) -> None:
    files = (ROOT / "docker-compose.yml", ROOT / "deploy/docker" / name)
    arguments = [part for path in files for part in ("--file", str(path))]
    assert {"api", "courier", "scheduler"} <= services_of(*arguments, folder=tmp_path)
