"""Runs the real vLLM of `make engine` on this machine's CPUs, and reads its counters."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.system import stop
from worker.engine.start.command import cpu_engine
from worker.supervise.checks import free_port
from worker.supervise.own_engine import HOST, engine_home

READY_SECONDS = 400.0
SMOLLM2 = "SmolLM2-135M-Instruct"
TINY = ("tiny-qwen2", "tiny-deepseek-v3")


@dataclass(frozen=True, slots=True)
class Vllm:
    """A running server."""

    url: str
    model: str
    pid: int

    def counter(self, name: str) -> float:
        """The sum of a counter `vllm:NAME` over its labels."""
        return _counter(_get(f"{self.url}/metrics").decode(), name)

    async def counters(self, *names: str) -> Sequence[float]:
        """As `counter`, of one moment. Other tasks go on meanwhile."""
        text = (await asyncio.to_thread(_get, f"{self.url}/metrics")).decode()
        return [_counter(text, name) for name in names]


def _counter(metrics: str, name: str) -> float:
    return sum(map(float, re.findall(rf"^vllm:{name}\{{.*\}} (\S+)$", metrics, re.MULTILINE)))


def installed() -> bool:
    """Whether `make engine` has installed vLLM."""
    return (engine_home() / "venv" / "bin" / "vllm").exists()


@contextmanager
def running_vllm(model: str, folder: Path, *, max_model_len: int = 2048) -> Iterator[Vllm]:
    """Serve a model of `.engine/models`, the tiny ones with random weights; its log is in `folder`.

    Raises `FileNotFoundError` if it is not installed, `RuntimeError` if it does not start.
    """
    port = free_port(HOST)
    command = cpu_engine(
        engine_home(), model, HOST, port, max_model_len=max_model_len, dummy_weights=model in TINY
    )
    with (folder / f"{model}.log").open("wb") as log:
        process = subprocess.Popen(
            command.argv, env={**os.environ, **command.env}, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://{HOST}:{port}"
        _wait_ready(process, url)
        yield Vllm(url, model, process.pid)
    finally:
        stop([process])


def _wait_ready(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"vLLM ended with status {process.returncode}")
        try:
            _get(f"{url}/health")
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise RuntimeError(f"vLLM did not answer within {READY_SECONDS:.0f} s")


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        content: bytes = answer.read()
    return content
