"""The images of docker-compose.yml: exact versions, and each can be replaced by a digest."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
IMAGE = re.compile(r"\$\{(CHANCERY(?:_[A-Z]+)?_IMAGE):-([^}:]+):([^}]+)\}")
# A `docker` that has pulled every image but Grafana's.
DOCKER = """#!/bin/sh
test "$1 $2 $3" = "image inspect --format" || exit 2
case $5 in grafana*) exit 1 ;; esac
echo "${5%%:*}@sha256:0123"
"""


def test_every_image_has_an_exact_version_and_a_variable() -> None:
    services = yaml.safe_load(COMPOSE)["services"]
    images = {each["image"] for each in services.values()}
    images.add(services["api"]["build"]["args"]["PYTHON_IMAGE"])
    for image in images:
        match = IMAGE.fullmatch(image)
        assert match, image
        assert re.match(r"v?\d+\.\d+", match[3]), image
    dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
    (python,) = re.findall(r"^ARG PYTHON_IMAGE=(.*)$", dockerfile, re.MULTILINE)
    assert f"${{CHANCERY_PYTHON_IMAGE:-{python}}}" in images


def test_the_digests_of_what_was_pulled_are_lines_of_an_env_file(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o700)
    done = subprocess.run(
        [ROOT / "deploy/docker/pin_images.sh"],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "CHANCERY_ENGINE_IMAGE=vllm/vllm-openai@sha256:0123",
        "CHANCERY_PROMETHEUS_IMAGE=prom/prometheus@sha256:0123",
        "CHANCERY_PYTHON_IMAGE=python@sha256:0123",
        "CHANCERY_REDIS_IMAGE=valkey/valkey@sha256:0123",
    ]
    assert done.returncode == 1
    assert "docker pull grafana/grafana:12.1.0" in done.stderr
