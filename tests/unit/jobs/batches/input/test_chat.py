"""A chat line's fields reach the engine by a list, each with its bounds."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.batches.input.chat import (
    MAX_MESSAGES,
    MAX_OUTPUT_TOKENS,
    ChatRejected,
    ChatRequest,
    check_chat,
    engine_request,
    texts_of,
)

SCHEMA = {"type": "object", "properties": {"topic": {"type": "string"}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "topic", "schema": SCHEMA}}
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": SCHEMA}}
IMAGE = {"type": "image_url", "image_url": {"url": "http://169.254.169.254/latest"}}


def chat(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": "Hello."}], **fields}


def refused(body: dict[str, Any]) -> list[tuple[str, str]]:
    """The path and reason of each error."""
    with pytest.raises(ChatRejected) as raised:
        check_chat(body)
    return [("/".join(map(str, one["loc"])), one["msg"]) for one in raised.value.errors]


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0, "top_p": 1, "seed": -5, "max_tokens": 100, "n": 1},
        {"max_completion_tokens": MAX_OUTPUT_TOKENS, "stop": ["a", "b"], "logit_bias": {"5": -100}},
        {"stop": "\n", "logprobs": True, "top_logprobs": 20, "presence_penalty": -2},
        {"response_format": FORMAT, "reasoning_effort": "low"},
        {"response_format": {"type": "json_object"}, "parallel_tool_calls": False},
        {"tools": [TOOL], "tool_choice": "auto"},
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "look_up"}}},
        {"chat_template_kwargs": {"enable_thinking": False, "thinking": True}},
        {"top_k": 20, "min_p": 0.1, "repetition_penalty": 1.1},
    ],
)
def test_what_openai_s_clients_send_is_sent(fields: dict[str, Any]) -> None:
    body = chat(**fields)
    check_chat(body)
    assert engine_request(body) == body


def test_a_conversation_with_tools_is_sent_as_it_was_returned() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Look it up."}], "name": "a"},
        {
            "role": "assistant", "content": None, "tool_calls": [call], "refusal": None,
            "annotations": [], "audio": None, "function_call": None, "reasoning_content": "Hm.",
        },
        {"role": "tool", "content": "None.", "tool_call_id": "call_1"},
    ]  # fmt: skip
    body = chat(messages=messages)
    check_chat(body)
    assert engine_request(body)["messages"] == messages


def test_what_means_nothing_to_an_engine_is_accepted_and_not_sent() -> None:
    ignored = {
        "user": "u", "metadata": {"a": "b"}, "store": False, "service_tier": "auto",
        "stream": False, "stream_options": None, "modalities": ["text"], "safety_identifier": "s",
        "prompt_cache_key": "k", "temperature": None,
    }  # fmt: skip
    check_chat(chat(**ignored))
    assert engine_request(chat(**ignored)) == chat()


@pytest.mark.parametrize(
    "field",
    [
        "add_generation_prompt", "add_special_tokens", "allowed_token_ids", "audio", "bad_words",
        "cache_salt", "chat_template", "continue_final_message", "documents", "echo",
        "ec_transfer_params", "functions", "guided_grammar", "guided_json", "guided_regex",
        "ignore_eos", "kv_transfer_params", "logits_processors", "media_io_kwargs", "min_tokens",
        "mm_processor_kwargs", "prediction", "priority", "prompt_logprobs", "request_id",
        "return_token_ids", "session_id", "stop_token_ids", "structured_outputs",
        "truncate_prompt_tokens", "use_beam_search", "vllm_xargs", "web_search_options",
    ],
)  # fmt: skip
def test_every_other_field_is_refused_with_a_reason(field: str) -> None:
    [(path, reason)] = refused(chat(**{field: 1}))
    assert path == field
    assert "Remove it" in reason
    with pytest.raises(ChatRejected, match=field):
        engine_request(chat(**{field: 1}))


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"n": 2}, "n"),
        ({"stream": True}, "stream"),
        ({"max_tokens": MAX_OUTPUT_TOKENS + 1}, "max_tokens"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"seed": 2**63}, "seed"),
        ({"stop": ["x"] * 17}, "stop"),
        ({"stop": "x" * 257}, "stop"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"logit_bias": {str(n): 1.0 for n in range(301)}}, "logit_bias"),
        ({"logit_bias": {"word": 1.0}}, "logit_bias/word"),
        ({"tools": [TOOL] * 33}, "tools"),
        ({"chat_template_kwargs": {"custom": True}}, "chat_template_kwargs/custom"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": "x"}] * (MAX_MESSAGES + 1)}, "messages"),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, "messages/0/content"),
        ({"messages": [{"role": "function", "content": "x"}]}, "messages/0/role"),
        ({"messages": [{"role": "user", "content": "x", "audio": {}}]}, "messages/0/audio"),
    ],
)
def test_values_are_bounded(fields: dict[str, Any], path: str) -> None:
    assert path in [one for one, _ in refused(chat(**fields))]


def test_parts_other_than_text_are_refused_with_a_reason() -> None:
    for part in (IMAGE, {"type": "file", "file": {"file_id": "f"}}, {"type": "input_audio"}):
        reasons = [
            reason for _, reason in refused(chat(messages=[{"role": "user", "content": [part]}]))
        ]
        assert all("no images, audio, files or URLs" in reason for reason in reasons)


def test_schemas_are_checked_where_they_stand() -> None:
    wrong = {"type": "object", "properties": {"a/b": {"type": "nothing"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": wrong}}
    [(path, _)] = refused(chat(response_format=form))
    assert path == "response_format/json_schema/schema/properties/a/b/type"
    tool = {"type": "function", "function": {"name": "f", "parameters": wrong}}
    [(path, _)] = refused(chat(tools=[TOOL, tool]))
    assert path.startswith("tools/1/function/parameters/properties")


def test_every_text_that_a_model_reads_is_found() -> None:
    tool = {"type": "function", "function": {"name": "f", "description": "d1"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "t1"}], "name": "n1"},
        {"role": "assistant", "content": "t2", "reasoning": "r1"},
    ]
    assert {"t1", "n1", "t2", "r1", "d1"} <= set(texts_of(chat(messages=messages, tools=[tool])))


def test_every_number_and_text_of_the_list_is_bounded() -> None:
    schema = ChatRequest.model_json_schema()
    texts = {"content", "text", "arguments", "reasoning", "reasoning_content", "refusal"}
    unbounded = []

    def look(part: Any, name: str) -> None:
        if isinstance(part, list):
            for one in part:
                look(one, name)
        if not isinstance(part, dict):
            return
        kind = part.get("type")
        bounds = {
            "string": {"maxLength", "pattern", "enum", "const"},
            "array": {"maxItems"},
            "integer": {"maximum", "exclusiveMaximum", "const"},
            "number": {"maximum"},
        }.get(kind if isinstance(kind, str) else "")
        if bounds and not bounds & set(part) and name not in texts | {"index"}:
            unbounded.append(name)
        for key, value in part.items():
            if key in ("properties", "$defs"):
                for inner, one in value.items():
                    look(one, inner)
            elif key in ("items", "anyOf", "additionalProperties"):
                look(value, name)

    look(schema, "")
    assert unbounded == []
