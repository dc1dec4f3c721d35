"""Parsing the responses of engines."""

from __future__ import annotations

import json

import pytest

from tasks.engine import Message
from worker.engine.requests.responses import refusal, without_nan
from worker.engine.statistics.metrics import EngineMetrics, parse_metrics

PROMPT = [Message("user", "Mrs Smith's tax number is 1234-5678.\nShe lives at 5 Oak Street.")]


def _refusal(message: str) -> str:
    return refusal(json.dumps({"error": {"message": message, "code": 400}}).encode(), PROMPT)


@pytest.mark.parametrize(
    "message",
    [
        "[{'type': 'missing', 'msg': 'Field required', 'input': {'content': 'Mrs Smith'}}]",
        "Value error [type=x, input_value='Mrs Smith', input_type=str]",
        "Cannot parse Mrs Smith's tax number is 1234-5678",
        'Cannot parse "5 Oak Street"',
        "Cannot parse \\u5f20\\u4e09 and 张三",
    ],
)
def test_a_refusal_contains_nothing_that_may_quote_the_prompt(message: str) -> None:
    reason = _refusal(message)
    for secret in ("Smith", "1234", "Oak", "张", "u5f20"):
        assert secret not in reason


def test_the_engines_own_text_is_kept() -> None:
    text = "This model's maximum context length is 2048 tokens, you asked for 3000."
    assert _refusal(text) == text


def test_a_refusal_is_bounded() -> None:
    assert len(_refusal("too long " * 1000)) <= 300


def test_a_refusal_that_is_not_json_is_empty() -> None:
    assert refusal(b"<html>Mrs Smith</html>", PROMPT) == ""


def test_requests_of_several_engines_are_added_up() -> None:
    text = "\n".join(
        [
            "# TYPE vllm:num_requests_running gauge",
            'vllm:num_requests_running{engine="0",model_name="m"} 3.0',
            'vllm:num_requests_running{engine="1",model_name="m"} 4.0',
            'vllm:num_requests_waiting{engine="0",model_name="m"} 1.0',
            'vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 9.0',
            'vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.5',
            'vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.75',
        ]
    )
    assert parse_metrics(text) == EngineMetrics(running=7, waiting=1, kv_cache_use=0.75)


def test_the_cache_metric_of_older_releases_is_read() -> None:
    text = "vllm:num_requests_running 0.0\nvllm:gpu_cache_usage_perc 0.5\n"
    assert parse_metrics(text).kv_cache_use == 0.5


def test_metrics_of_another_server_are_refused() -> None:
    with pytest.raises(ValueError, match="vLLM"):
        parse_metrics("python_info 1.0\n")


def test_numbers_that_json_does_not_have_become_null() -> None:
    body = b'{"choices":[],"logprob":-Infinity,"other":NaN,"text":"NaN and Infinity","x":1.5}'
    assert json.loads(without_nan(body), parse_constant=pytest.fail) == {
        "choices": [],
        "logprob": None,
        "other": None,
        "text": "NaN and Infinity",
        "x": 1.5,
    }
    unchanged = b'{"x": 1.50}'
    assert without_nan(unchanged) is unchanged
