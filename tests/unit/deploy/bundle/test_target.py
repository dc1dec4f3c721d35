"""The wheels of a bundle are those of the target, not of the machine that builds it."""

from __future__ import annotations

from pathlib import Path

import build
import pytest
from progress import Failed
from target import Target

from jobs.ledger.server.format import FORMAT

LOCK = """\
# a comment
async-timeout==5.0.1 ; python_full_version < '3.11.3' \\
    --hash=sha256:aa
    # via redis
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:bb
kombu[redis]==5.7.0 \\
    --hash=sha256:cc \\
    --hash=sha256:dd
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:ee
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:ff
"""


@pytest.mark.parametrize(
    ("python", "names"),
    [
        # Debian 12 has Python 3.11.2: which patch release it is, is not known.
        ("3.11", ["async-timeout==5.0.1", "kombu[redis]==5.7.0", "numpy==2.4.6"]),
        ("3.12", ["kombu[redis]==5.7.0", "numpy==2.5.5"]),
    ],
)
def test_a_lock_keeps_what_the_target_needs(python: str, names: list[str]) -> None:
    lock = Target(python, "x86_64").lock(LOCK)
    assert [line.split(" ")[0] for line in lock.splitlines() if "==" in line] == names
    assert "--hash=sha256:cc \\\n    --hash=sha256:dd\n" in lock


def test_a_line_without_a_pin_is_an_error() -> None:
    with pytest.raises(Failed, match="not a pinned requirement: some package"):
        Target("3.11", "x86_64").lock("some package\n")


@pytest.mark.parametrize("lock", ["requirements.lock", "deploy/engine/cuda/requirements.lock"])
def test_every_requirement_of_the_locks_has_digests(lock: str) -> None:
    text = Target("3.12", "x86_64").lock((build.ROOT / lock).read_text())
    pins = [line for line in text.splitlines() if not line.startswith(" ")]
    assert len(pins) > 50
    assert all("==" in pin and pin.endswith("\\") for pin in pins)


def test_the_newest_wheels_are_taken_first() -> None:
    options = Target("3.12", "x86_64").pip_options((2, 31))
    platforms = [option for option in options if option.startswith("--platform")]
    assert platforms[:2] == ["--platform=manylinux_2_31_x86_64", "--platform=manylinux_2_30_x86_64"]
    assert "--abi=cp312" in options


def test_the_manifest_has_the_format_of_the_ledger() -> None:
    assert build.ledger_format() == FORMAT


def test_the_installation_needs_only_what_is_in_the_bundle() -> None:
    script = (Path(build.HERE) / "install.sh").read_text()
    assert (build.HERE / script.split("deploy/bundle/")[1].split('"')[0]).exists()
