"""The images of Compose in a bundle, with a stand-in for the command `docker`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from build import ROOT, copy_compose, save_images
from progress import Failed

DOCKER = """#!/bin/sh
if [ "$1" = compose ]; then
    [ -n "$CHANCERY_FLOWER_LOGIN" ] || { echo "set CHANCERY_FLOWER_LOGIN" >&2; exit 1; }
    echo chancery:1; echo chancery:1; echo valkey:9
else
    umask 077; echo "$@" > "$3"
fi
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.delenv("CHANCERY_FLOWER_LOGIN", raising=False)
    return program


def test_each_image_is_saved_once_without_a_login_and_for_every_reader(
    docker: Path, tmp_path: Path
) -> None:
    save_images(tmp_path / "images")
    archive = tmp_path / "images" / "images.tar"
    assert archive.read_text().split() == ["save", "-o", str(archive), "chancery:1", "valkey:9"]
    assert archive.stat().st_mode & 0o777 == 0o644


def test_every_file_that_compose_mounts_is_copied(tmp_path: Path) -> None:
    copy_compose(tmp_path / "compose")
    files = [*(ROOT / "deploy" / "docker").glob("*.yml"), ROOT / "docker-compose.yml"]
    mounted = {
        name
        for file in files
        for name in re.findall(r"\./((?:deploy|worker)[\w/.-]*)", file.read_text())
    }
    assert {"worker", "deploy/tasks", "deploy/docker/valkey.sh"} <= mounted
    missing = [name for name in mounted if not (tmp_path / "compose" / name).exists()]
    assert not missing
    assert (tmp_path / "compose" / ".env.example").exists()


def test_docker_that_fails_is_named_with_its_error(docker: Path, tmp_path: Path) -> None:
    docker.write_text("#!/bin/sh\necho 'no such image: chancery:1' >&2\nexit 1\n")
    with pytest.raises(Failed, match=r"docker compose .*no such image: chancery:1"):
        save_images(tmp_path / "images")
