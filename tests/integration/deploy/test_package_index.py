"""The installation with real pip against package indexes on this machine."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import package_index
import pytest
import torch_builds
from progress import CommandFailed, Failed, Progress

from tests.programs import require_program

PYTHON = Path(sys.executable)
CPU_WHEEL = "torch-2.13.0+cpu-py3-none-any.whl"
PUBLIC_WHEEL = "torch-2.13.0-py3-none-any.whl"


@contextmanager
def serving(folder: Path, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A package index of the files in `folder`: a page a project, as PEP 503 has it."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Progress:
    """Runs pip with no configuration of its own, so that the test's index is all there is."""
    for name in package_index.CERTIFICATE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return Progress("test", tmp_path / "install.log")


def wheel(index: Path, filename: str) -> Path:
    """Add an empty distribution to the index."""
    name, version = filename.split("-")[:2]
    (index / name).mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    path = index / name / filename
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    page = index / name / "index.html"
    with page.open("a") as links:
        links.write(f'<a href="{filename.replace("+", "%2B")}">{filename}</a>\n')
    return path


def choose(progress: Progress) -> torch_builds.Build:
    return torch_builds.choose(lambda *words: progress.run([PYTHON, "-m", "pip", *words]))


def test_the_cpu_build_of_the_configured_index_comes_first(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    for filename in (CPU_WHEEL, PUBLIC_WHEEL):
        wheel(tmp_path / "index", filename)
    with serving(tmp_path / "index") as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        build = choose(progress)
    assert (build.lock, build.pip_arguments) == (torch_builds.CPU_LOCK, ())
    assert "your package index has the CPU build" in build.explanation


def test_pytorchs_index_is_asked_where_the_configured_one_has_no_cpu_build(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "index", PUBLIC_WHEEL)
    wheel(tmp_path / "pytorch", CPU_WHEEL)
    with serving(tmp_path / "index") as url, serving(tmp_path / "pytorch") as pytorch:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        monkeypatch.setenv("CHANCERY_TORCH_INDEX", pytorch)
        build = choose(progress)
    assert (build.lock, build.pip_arguments) == (torch_builds.CPU_LOCK, ("--index-url", pytorch))
    assert pytorch in build.explanation


def test_a_pytorch_index_that_does_not_answer_costs_seconds_and_the_public_build_is_taken(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "index", PUBLIC_WHEEL)
    with serving(tmp_path / "index") as url, socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        monkeypatch.setenv(
            "CHANCERY_TORCH_INDEX", f"http://127.0.0.1:{silent.getsockname()[1]}/whl/cpu"
        )
        began = time.monotonic()
        build = choose(progress)
    assert time.monotonic() - began < 4 * torch_builds.ANSWER_SECONDS
    assert build.lock == torch_builds.PUBLIC_LOCK
    assert "CUDA" in build.explanation
    assert "GB of disk" in build.explanation


@pytest.mark.parametrize("lock", [torch_builds.CPU_LOCK, torch_builds.PUBLIC_LOCK])
def test_a_file_that_is_not_the_locked_one_is_not_installed(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch, lock: Path
) -> None:
    filename = CPU_WHEEL if lock == torch_builds.CPU_LOCK else PUBLIC_WHEEL
    path = wheel(tmp_path / "index", filename)
    # Of the lock, torch alone: its other requirements are not on this index.
    (entry,) = re.findall(r"^torch==.*(?:\n .*)*", lock.read_text(), re.MULTILINE)
    assert hashlib.sha256(path.read_bytes()).hexdigest() not in entry
    wanted, target = tmp_path / "torch.lock", tmp_path / "target"
    wanted.write_text(entry + "\n")
    install = [str(PYTHON), "-m", "pip", "install", "--no-deps", "--require-hashes"]
    with serving(tmp_path / "index") as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        with pytest.raises(CommandFailed, match="does not match its digest in the lock file"):
            progress.run([*install, "--target", target, "-r", wanted])
    assert not target.exists()


def test_an_index_behind_an_unknown_certificate_says_how_to_name_it(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = [require_program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    path = wheel(tmp_path / "index", "editables-0.5-py3-none-any.whl")
    lock = tmp_path / "requirements.lock"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    lock.write_text(f"editables==0.5 \\\n    --hash=sha256:{digest}\n")
    with serving(tmp_path / "index", context) as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        with pytest.raises(Failed, match="PIP_CERT="):
            package_index.check_index(PYTHON, lock, progress)
        monkeypatch.setenv("PIP_CERT", str(certificate))
        package_index.check_index(PYTHON, lock, progress)


def test_pip_trusts_what_the_machine_trusts_unless_it_is_told_otherwise(
    tmp_path: Path, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "ca-certificates.crt"
    monkeypatch.setattr(package_index, "SYSTEM_CERTIFICATES", (tmp_path / "none", bundle))
    monkeypatch.setenv("PIP_CERT", "")
    package_index.trust_system_certificates(PYTHON)
    assert not os.environ.get("PIP_CERT")  # the machine has none
    bundle.touch()
    package_index.trust_system_certificates(PYTHON)
    assert os.environ["PIP_CERT"] == str(bundle)
    monkeypatch.setenv("PIP_CERT", "")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/hosts")
    package_index.trust_system_certificates(PYTHON)
    assert os.environ["PIP_CERT"] == ""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    configured = tmp_path / "pip.conf"
    configured.write_text("[global]\ncert = /etc/hosts\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configured))
    monkeypatch.setenv("PIP_CERT", "")
    package_index.trust_system_certificates(PYTHON)
    assert os.environ["PIP_CERT"] == ""
