"""A batch through Chancery gives the same results as vLLM's own `run-batch`.

At temperature 0 both choose the likeliest token each time. The requests that share a step differ
between runs, and with them the rounding of sums: of two tokens whose probabilities are equal within
the rounding error, either may be chosen, and the following text may differ.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from standin.engine_process import ENGINE_ROOT
from tests.system.one_machine import started_up, until
from worker.engine.start.command import cpu_engine

MODEL = "SmolLM2-135M-Instruct"
LINES = 200
TOKENS = 6
# The rounding error of float32 sums of this length, as a difference of log probabilities.
EQUALLY_LIKELY = 1e-3
RUN_BATCH_SECONDS = 420.0
QUESTIONS = (
    "What is {} plus seven?",
    "Write one word that rhymes with the number {}.",
    "The bus {} is late. Apologise to the passengers.",
    "Is {} an even number?",
    "Name a river that is {} kilometres long.",
)

Answers = Mapping[str, Mapping[str, Any]]


def _lines() -> bytes:
    lines = []
    for number in range(LINES):
        question = QUESTIONS[number % len(QUESTIONS)].format(number)
        body = {
            "model": MODEL,
            "messages": [{"role": "user", "content": question}],
            "temperature": 0,
            "max_tokens": TOKENS,
            "logprobs": True,
            "top_logprobs": 2,
        }
        line = {"custom_id": f"c{number}", "method": "POST", "url": "/v1/chat/completions"}
        lines.append(json.dumps({**line, "body": body}).encode() + b"\n")
    return b"".join(lines)


def _answers(output: str) -> Answers:
    """The engine's responses by `custom_id`; asserts that each occurs once."""
    lines = [json.loads(line) for line in output.splitlines()]
    assert all(line["error"] is None for line in lines)
    answers = {line["custom_id"]: line["response"]["body"] for line in lines}
    assert len(answers) == len(lines) == LINES
    return answers


def _by_run_batch(lines: bytes, folder: Path) -> Answers:
    source, output, log = folder / "in.jsonl", folder / "out.jsonl", folder / "run-batch.log"
    source.write_bytes(lines)
    serve = cpu_engine(ENGINE_ROOT, MODEL, "127.0.0.1", 0)
    argv = [serve.argv[0], "run-batch", "-i", str(source), "-o", str(output)]
    argv += ["--model", str(ENGINE_ROOT.resolve() / "models" / MODEL)]
    argv += ["--served-model-name", MODEL, "--max-model-len", "4096"]
    argv += ["--dtype", "float32", "--enforce-eager"]
    with log.open("wb") as log_file:
        done = subprocess.run(
            argv,
            env=os.environ | serve.env,
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=subprocess.STDOUT,
            timeout=RUN_BATCH_SECONDS,
            check=False,
        )
    assert done.returncode == 0, log.read_text(errors="replace")[-3000:]
    return _answers(output.read_text())


def _by_chancery(lines: bytes, engine_url: str, folder: Path) -> Answers:
    with started_up(folder, engine_url=engine_url) as up:
        up.wait_for("ready: ")
        key = up.create_department("tax")["api_key"]
        before = _engine_tokens(engine_url)
        with openai.OpenAI(base_url=f"{up.api_url}/v1", api_key=key) as client:
            file = client.files.create(file=("in.jsonl", lines), purpose="batch")
            batch = client.batches.create(
                input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
            until(lambda: client.batches.retrieve(batch.id).status == "completed", 300)
            output_id = client.batches.retrieve(batch.id).output_file_id
            assert output_id is not None
            answers = _answers(client.files.content(output_id).text)
        headers = {"Authorization": f"Bearer {key}"}
        used = httpx.get(f"{up.api_url}/v1/usage", headers=headers, timeout=30).json()
    _assert_reconciled(used, before, _engine_tokens(engine_url))
    return answers


def _assert_reconciled(
    used: Mapping[str, Any], before: Sequence[float], after: Sequence[float]
) -> None:
    """The usage is what the engine itself counted, within 1 %."""
    (month,) = used["months"]
    assert (month["model"], month["documents"]) == (MODEL, LINES)
    counted = [month["prompt_tokens"], month["completion_tokens"]]
    assert counted == [used["total"]["prompt_tokens"], used["total"]["completion_tokens"]]
    assert counted == pytest.approx([b - a for a, b in zip(before, after, strict=True)], rel=0.01)
    # Requests overlap: their shares of the engine's time are less than their durations.
    assert 0 < month["gpu_seconds"] < month["engine_seconds"]


def _engine_tokens(engine_url: str) -> Sequence[float]:
    """The engine's own counters of prompt and completion tokens."""
    text = httpx.get(f"{engine_url}/metrics", timeout=30).text
    samples = [
        sample for family in text_string_to_metric_families(text) for sample in family.samples
    ]
    return [
        sum(sample.value for sample in samples if sample.name == name)
        for name in ("vllm:prompt_tokens_total", "vllm:generation_tokens_total")
    ]


def _tokens(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    content: Sequence[Mapping[str, Any]] = answer["choices"][0]["logprobs"]["content"]
    return content


def _as_likely(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether the first tokens in which two responses differ were equally likely."""
    for one, other in zip(_tokens(ours), _tokens(theirs), strict=False):
        if one["token"] != other["token"]:
            top = {token["token"]: token["logprob"] for token in one["top_logprobs"]}
            return abs(top[one["token"]] - top.get(other["token"], -99)) < EQUALLY_LIKELY
    return False


@pytest.mark.timeout(900)
def test_two_hundred_lines_get_the_responses_of_vllms_run_batch(
    smollm2: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, began = _lines(), time.monotonic()
    ours = _by_chancery(lines, smollm2, tmp_path / "chancery")
    between = time.monotonic()
    theirs = _by_run_batch(lines, tmp_path)
    seconds = (between - began, time.monotonic() - between)
    different = [key for key in ours if _words(ours[key]) != _words(theirs[key])]
    with capsys.disabled():
        print(
            f"\n{LINES - len(different)} of {LINES} responses equal; with start and stop "
            f"{seconds[0]:.0f} s by chancery, {seconds[1]:.0f} s by vllm run-batch",
            file=sys.stderr,
        )
    for key in ours:
        assert ours[key]["usage"]["prompt_tokens"] == theirs[key]["usage"]["prompt_tokens"]
        assert key not in different or _as_likely(ours[key], theirs[key]), (
            _words(ours[key]),
            _words(theirs[key]),
        )
    assert len(different) <= LINES // 20


def _words(answer: Mapping[str, Any]) -> tuple[str, str]:
    choice = answer["choices"][0]
    return choice["message"]["content"], choice["finish_reason"]
