"""What vLLM's own clients reach: `vllm bench serve` before a server, and `vllm run-batch`."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from bench.system import stop
from bench.vllm import TINY, Vllm
from worker.engine.start.command import cpu_engine
from worker.supervise.own_engine import HOST, engine_home

LONGEST_SECONDS = 600.0
START_SECONDS = 240.0
# The prompts of `engine_share`, with the chat template.
PROMPT_TOKENS = 40


@asynccontextmanager
async def bench_serve(
    vllm: Vllm, in_flight: int, answer_tokens: int, folder: Path
) -> AsyncIterator[None]:
    """Have `vllm bench serve` load the server during the block, which begins when it is full.

    Its prompts are random tokens, and its answers are streamed; it has no other way.
    """
    command = cpu_engine(engine_home(), vllm.model, HOST, 0)
    argv = [command.argv[0], "bench", "serve", "--base-url", vllm.url, "--model", vllm.model]
    argv += ["--tokenizer", str(engine_home().resolve() / "models" / vllm.model)]
    argv += ["--backend", "openai-chat", "--endpoint", "/v1/chat/completions"]
    argv += ["--dataset-name", "random", "--random-input-len", str(PROMPT_TOKENS)]
    argv += ["--random-output-len", str(answer_tokens), "--num-prompts", "20000"]
    argv += ["--max-concurrency", str(in_flight), "--disable-tqdm"]
    path = folder / "bench-serve.log"
    with _running(argv, command.env, path) as process:
        async with asyncio.timeout(START_SECONDS):
            while vllm.counter("num_requests_running") < in_flight // 2:
                if process.poll() is not None:
                    raise RuntimeError(f"vllm bench serve ended: {path.read_text()[-2000:]}")
                await asyncio.sleep(0.5)
        yield


@contextmanager
def _running(
    argv: Sequence[str], env: Mapping[str, str], path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command with its output in the file `path`, and end it."""
    with path.open("wb") as log:
        process = subprocess.Popen(argv, env={**os.environ, **env}, stdout=log, stderr=log)
    try:
        yield process
    finally:
        stop([process])


def run_batch_rate(model: str, files: Sequence[bytes], in_flight: int, folder: Path) -> float:
    """Generated tokens per second of `vllm run-batch`, which uses no server.

    `files` are two batches of different length, each longer than `in_flight` lines: the rate is
    that of the difference, so that neither the start nor the end counts.
    """
    command = cpu_engine(engine_home(), model, HOST, 0, dummy_weights=model in TINY)
    path, output = engine_home().resolve() / "models" / model, folder / "out.jsonl"
    argv = [command.argv[0], "run-batch", "--model", str(path), "--served-model-name", model]
    argv += ["--dtype", "float32", "--enforce-eager", "--max-model-len", "2048"]
    argv += ["--max-num-seqs", str(in_flight), "-o", str(output)]
    argv += ["--load-format", "dummy"] if model in TINY else []
    taken, tokens = [], []
    for number, content in enumerate(files):
        file = folder / f"{number}.jsonl"
        file.write_bytes(content)
        log_path, began = folder / "run-batch.log", time.perf_counter()
        with log_path.open("wb") as log:
            env = {**os.environ, **command.env}
            ended = subprocess.run(
                [*argv, "-i", str(file)],
                check=False,
                env=env,
                stdout=log,
                stderr=log,
                timeout=LONGEST_SECONDS,
            )
        if ended.returncode:
            raise RuntimeError(f"vllm run-batch failed: {log_path.read_text()[-2000:]}")
        taken.append(time.perf_counter() - began)
        tokens.append(_completion_tokens(output))
    return (tokens[1] - tokens[0]) / (taken[1] - taken[0])


def _completion_tokens(output: Path) -> int:
    answers = map(json.loads, output.read_text("utf-8").splitlines())
    return sum(each["response"]["body"]["usage"]["completion_tokens"] for each in answers)
