from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

import machine
import pytest
from progress import Failed, diagnosis

CHECKOUT = Path(__file__).parents[3]
FIND_PYTHON = CHECKOUT / "deploy" / "setup" / "find_python.sh"
AVX2 = "flags\t\t: fpu sse2 avx avx2 fma\n"


@pytest.fixture
def cpuinfo(tmp_path: Path) -> Path:
    path = tmp_path / "cpuinfo"
    path.write_text(AVX2)
    return path


@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
def test_the_engine_runs_on_the_machines_that_are_promised(cpuinfo: Path, processor: str) -> None:
    for python in ((3, 11), (3, 12), (3, 13)):
        machine.check_engine(python, "Linux", processor, cpuinfo)


@pytest.mark.parametrize("python", [(3, 10), (3, 14)])
def test_a_python_without_wheels_says_which_to_use(cpuinfo: Path, python: tuple[int, int]) -> None:
    with pytest.raises(Failed, match=r"make PYTHON=python3\.13.*CHANCERY_ENGINE_URL"):
        machine.check_engine(python, "Linux", "x86_64", cpuinfo)


@pytest.mark.parametrize(("system", "processor"), [("Darwin", "arm64"), ("Linux", "loongarch64")])
def test_another_processor_or_system_is_refused(cpuinfo: Path, system: str, processor: str) -> None:
    with pytest.raises(Failed, match=f"{system} on {processor}.*CHANCERY_ENGINE_URL"):
        machine.check_engine((3, 11), system, processor, cpuinfo)


def test_a_processor_without_avx2_is_refused(cpuinfo: Path) -> None:
    cpuinfo.write_text(AVX2.replace(" avx2", ""))
    with pytest.raises(Failed, match="no AVX2"):
        machine.check_engine((3, 11), "Linux", "x86_64", cpuinfo)
    # The flags of Arm's processors have other names.
    machine.check_engine((3, 11), "Linux", "aarch64", cpuinfo)


def test_a_python_without_venv_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    # As Debian has it without python3-venv.
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Failed, match=r"apt-get install python3\.\d+-venv"):
        machine.check_application()


def test_a_processor_without_wheels_of_a_package_needs_a_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    machine.check_application("x86_64")
    with pytest.raises(Failed, match=r"apt-get install gcc python3\.\d+-dev"):
        machine.check_application("aarch64")


@pytest.mark.parametrize("libc", [("", ""), ("glibc", "2.17")])
def test_another_or_an_old_c_library_is_refused(
    monkeypatch: pytest.MonkeyPatch, libc: tuple[str, str]
) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: libc)
    with pytest.raises(Failed, match=r"needs glibc 2\.28 or later"):
        machine.check_application()


def test_too_little_disk_says_how_much_is_needed(tmp_path: Path) -> None:
    machine.check_disk(tmp_path, 1, "the engine")
    with pytest.raises(Failed, match=r"the engine needs 10000000\.0 GB"):
        machine.check_disk(tmp_path, 10**16, "the engine")


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "PIP_CERT="),
        ("ProxyError('Cannot connect to proxy.')", "HTTPS_PROXY"),
        ("OSError: [Errno 28] No space left on device", "Free some space"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "was not installed"),
        ("[Errno -3] Temporary failure in name resolution", "PIP_INDEX_URL"),
        ("something else", "A command failed"),
    ],
)
def test_the_output_of_a_failed_command_is_explained(output: str, advice: str) -> None:
    assert advice in diagnosis(output)


def python_of(version: tuple[int, int], folder: Path, name: str) -> None:
    """A program that reports to `find_python.sh` this version of Python."""
    program = folder / name
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = ({version[0]}, '
        f'{version[1]}, 0); $2"\n'
    )
    program.chmod(0o755)


def find_python(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder}{os.pathsep}/nowhere"
    return subprocess.run(
        ["/bin/bash", FIND_PYTHON],
        env={"PATH": path, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_the_engine_supports_is_preferred(tmp_path: Path) -> None:
    python_of((3, 14), tmp_path, "python3")
    assert find_python(tmp_path).stdout.strip() == "python3"
    python_of((3, 12), tmp_path, "python3.12")
    assert find_python(tmp_path).stdout.strip() == "python3.12"


def test_an_old_python_alone_says_in_one_line_what_to_do(tmp_path: Path) -> None:
    python_of((3, 10), tmp_path, "python3")
    done = find_python(tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "found no Python 3.11 or later" in line
    assert "make PYTHON=" in line


def test_the_python_that_is_named_is_taken_or_refused(tmp_path: Path) -> None:
    python_of((3, 11), tmp_path, "python3")
    python_of((3, 10), tmp_path, "old")
    assert find_python(tmp_path, PYTHON="python3").stdout.strip() == "python3"
    assert "tried old" in find_python(tmp_path, PYTHON="old").stderr


def test_a_driver_that_does_not_answer_is_named_instead_of_installing_for_the_cpu(
    tmp_path: Path,
) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/nonexistent/interpreter\n")
    driver.chmod(0o755)
    script = CHECKOUT / "deploy" / "engine" / "install.py"
    done = subprocess.run(
        (sys.executable, script, "--check", "--root", tmp_path / "engine"),
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("engine: nvidia-smi does not answer: ")
    assert "--for cpu" in done.stderr
