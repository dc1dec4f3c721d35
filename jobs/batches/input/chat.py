"""The fields of a chat line that are sent to the engine, and their bounds.

The fields are those of OpenAI's API that vLLM has too. Everything else is refused: a request must
not choose the engine's template, cache, priority or transfers, nor have it fetch a URL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from tasks.model.caller_schema import check_caller_schema
from tasks.model.schema_parts import SchemaRejected

MAX_MESSAGES = 1_000
MAX_OUTPUT_TOKENS = 131_072
MAX_TOOLS = 32
_REMOVE = "This field is not sent to an engine. Remove it; docs/batches.md lists those that are."
_TEXT_ONLY = "Only text is accepted: no images, audio, files or URLs. Give parts of type `text`."

_Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w.:-]+$")]
_Id = Annotated[str, StringConstraints(max_length=256)]
_Penalty = Annotated[float, Field(ge=-2, le=2)]
_Bias = Annotated[float, Field(ge=-100, le=100)]
_TokenId = Annotated[str, StringConstraints(pattern=r"^\d{1,9}$")]
_Stop = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _TextPart(_Part):
    type: Literal["text"]
    text: str


class _FunctionCall(_Part):
    name: _Name
    arguments: str


class _ToolCall(_Part):
    id: _Id
    type: Literal["function"]
    function: _FunctionCall
    index: int | None = None


class _Message(_Part):
    """A message, also one of an assistant as OpenAI's API returns it."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | Annotated[list[_TextPart], Field(max_length=MAX_MESSAGES)] | None = None
    name: _Name | None = None
    tool_call_id: _Id | None = None
    tool_calls: Annotated[list[_ToolCall], Field(max_length=MAX_TOOLS)] | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    refusal: str | None = None
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None
    audio: None = None
    function_call: None = None


class _JsonSchema(_Part):
    name: _Name
    description: Annotated[str, StringConstraints(max_length=4_096)] | None = None
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class _ResponseFormat(_Part):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: _JsonSchema | None = None


class _Function(_Part):
    name: _Name
    description: Annotated[str, StringConstraints(max_length=4_096)] | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class _Tool(_Part):
    type: Literal["function"]
    function: _Function


class _FunctionName(_Part):
    name: _Name


class _ToolChoice(_Part):
    type: Literal["function"]
    function: _FunctionName


class _TemplateOptions(_Part):
    enable_thinking: bool | None = None
    thinking: bool | None = None


class ChatRequest(_Part):
    """The fields that are sent."""

    messages: Annotated[list[_Message], Field(min_length=1, max_length=MAX_MESSAGES)]
    model: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=MAX_OUTPUT_TOKENS)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=MAX_OUTPUT_TOKENS)] | None = None
    n: Literal[1] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=-1, le=1_000)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    presence_penalty: _Penalty | None = None
    frequency_penalty: _Penalty | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=2)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: _Stop | Annotated[list[_Stop], Field(max_length=16)] | None = None
    logit_bias: Annotated[dict[_TokenId, _Bias], Field(max_length=300)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: _ResponseFormat | None = None
    tools: Annotated[list[_Tool], Field(max_length=MAX_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | _ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = (
        None
    )
    chat_template_kwargs: _TemplateOptions | None = None


class _Accepted(ChatRequest):
    """The fields that are accepted. Those of its own are not sent: they mean nothing to an engine,
    or have the only value that a batch allows.
    """

    stream: Literal[False] | None = None
    stream_options: None = None
    modalities: Annotated[list[Literal["text"]], Field(max_length=1)] | None = None
    user: _Id | None = None
    safety_identifier: _Id | None = None
    prompt_cache_key: _Id | None = None
    service_tier: _Id | None = None
    store: bool | None = None
    metadata: Annotated[dict[str, Any], Field(max_length=16)] | None = None


_SENT_FIELDS = frozenset(ChatRequest.model_fields)


class ChatRejected(ValueError):
    """A chat request has fields or values that are not sent. `errors` have a JSON path each."""

    def __init__(self, errors: Sequence[ErrorDetails | Mapping[str, Any]]) -> None:
        super().__init__("; ".join(f"{_path(one)}: {one['msg']}" for one in errors[:5]))
        self.errors = errors


def check_chat(body: Mapping[str, Any]) -> None:
    """Check a request's fields and its schemas. Raises `ChatRejected`."""
    request = _validated(body)
    for path, schema in _schemas(request):
        try:
            _check_schema(json.dumps(schema))
        except SchemaRejected as error:
            escaped = error.pointer.split("/")[1:]
            steps = [step.replace("~1", "/").replace("~0", "~") for step in escaped]
            raise ChatRejected([{"loc": (*path, *steps), "msg": str(error)}]) from None


def engine_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request that are sent. Raises `ChatRejected`; the schemas are not checked."""
    _validated(body)
    return {
        name: value for name, value in body.items() if name in _SENT_FIELDS and value is not None
    }


def texts_of(body: Mapping[str, Any]) -> Iterator[str]:
    """Every text of a request that a model reads."""
    pending = [body.get(name) for name in ("messages", "tools", "response_format")]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            pending.extend(value)
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def _validated(body: Mapping[str, Any]) -> _Accepted:
    try:
        return _Accepted.model_validate(body)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        raise ChatRejected([_explained(one) for one in errors]) from None


def _explained(error: ErrorDetails) -> Mapping[str, Any]:
    """The error with a reason that a caller can act on, at a path of the request."""
    path = tuple(step for step in error["loc"] if not _is_variant(step))
    message = error["msg"]
    if "messages" in path and "content" in path:
        message = _TEXT_ONLY
    elif error["type"] == "extra_forbidden":
        message = _REMOVE
    elif path == ("stream",):
        message = "Streaming is not available in a batch. Omit `stream`."
    elif path == ("n",):
        message = "One answer a line: omit `n`, or write more lines."
    return {"loc": path, "msg": message}


def _is_variant(step: str | int) -> bool:
    """Whether a step of pydantic's path is a variant of a union, not a part of the request."""
    return isinstance(step, str) and (
        step in {"str", "[key]"} or step.startswith(("_", "list[", "literal[", "constrained-"))
    )


def _schemas(request: _Accepted) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    form = request.response_format
    if form is not None and form.json_schema is not None:
        yield ("response_format", "json_schema", "schema"), form.json_schema.schema_
    for number, tool in enumerate(request.tools or ()):
        if tool.function.parameters:
            yield ("tools", number, "function", "parameters"), tool.function.parameters


@lru_cache(maxsize=256)
def _check_schema(text: str) -> None:
    check_caller_schema(json.loads(text))


def _path(error: ErrorDetails | Mapping[str, Any]) -> str:
    return ".".join(map(str, error["loc"]))
