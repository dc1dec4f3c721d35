"""Starts and stops engines for tests: vLLM and the stand-in."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from standin.ports import reserved_port
from worker.engine.start.command import cpu_engine

CHECKOUT = Path(__file__).resolve().parents[1]
ENGINE_ROOT = CHECKOUT / ".engine"
START_SECONDS = 240.0
STOP_SECONDS = 20.0
# Long, because test machines stand still for seconds.
ANSWER_SECONDS = 60.0
TAIL_LINES = 30
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class StandInControl:
    """A running stand-in: its URL and process, and its control interface for tests."""

    url: str
    pid: int = 0

    def control(self, **behaviour: Any) -> None:
        """Change fields of `standin.engine.Behaviour`."""
        self._http("POST", "/_control", json=behaviour)

    def counts(self) -> dict[str, int]:
        """Completions `started`, `finished`, `aborted` and `running`."""
        counts: dict[str, int] = self._http("GET", "/_counts").json()
        return counts

    def last(self) -> dict[str, Any]:
        """The body of the last request for a completion."""
        body: dict[str, Any] = self._http("GET", "/_last").json()
        return body

    def asked(self, number: int) -> list[str]:
        """The bodies of the last `number` requests for completions, as received."""
        bodies: list[str] = self._http("GET", "/_asked").json()
        return bodies[len(bodies) - number :]

    def traceparent(self) -> str:
        """The `traceparent` of the last request for a completion; empty without one."""
        return self._http("GET", "/_traceparent").text

    def _http(self, method: str, path: str, **content: Any) -> httpx.Response:
        # verify=False saves loading certificates, which takes long and plain HTTP does not need.
        url = f"{self.url}{path}"
        answer = httpx.request(method, url, verify=False, timeout=ANSWER_SECONDS, **content)
        return answer.raise_for_status()


@contextmanager
def running_standin(port: int = 0, latency: float = 0.0) -> Iterator[StandInControl]:
    """Run a stand-in in its own process, on `port` or a free one."""
    argv = [sys.executable, "-m", "standin.engine"]
    argv += ["--port", str(port), "--latency", str(latency)]
    with _process(argv, {}, stdout=subprocess.PIPE) as process:
        assert process.stdout
        word, _, url = process.stdout.readline().decode().strip().partition(" ")
        if word != "ready":
            raise RuntimeError("the stand-in engine did not start")
        yield StandInControl(url, process.pid)


@contextmanager
def running_vllm(
    model: str, logs: Path, *, max_model_len: int, dummy_weights: bool = False
) -> Iterator[str]:
    """Run vLLM on the CPU with `model`; yields its URL once it answers.

    Raises `RuntimeError` with the end of its log if it does not answer within four minutes, and
    `FileNotFoundError` if it is not installed.
    """
    port = reserved_port()
    command = cpu_engine(
        ENGINE_ROOT,
        model,
        "127.0.0.1",
        port,
        max_model_len=max_model_len,
        dummy_weights=dummy_weights,
    )
    url, path = f"http://127.0.0.1:{port}", logs / f"{model}.log"
    with path.open("wb") as log, _process(command.argv, command.env, stdout=log) as process:
        _wait_for(process, url, path)
        yield url


def _wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/health", timeout=5, verify=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
    raise RuntimeError(f"the engine did not start (status {process.poll()}):\n{tail}")


@contextmanager
def _process(
    argv: Sequence[str], env: Mapping[str, str], *, stdout: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in its own group, which ends with the block or with this process."""
    process = subprocess.Popen(
        argv,
        cwd=CHECKOUT,
        env=os.environ | env,
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout is not subprocess.PIPE else None,
        start_new_session=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call to the kernel, no lock taken
    )
    try:
        yield process
    finally:
        _stop(process)
        if process.stdout:
            process.stdout.close()


def _end_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: SIGTERM, then SIGKILL after `STOP_SECONDS`."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
