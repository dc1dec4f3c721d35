"""The requests of one job to an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobs.model.digests import combined
from jobs.model.job import Usage
from jobs.model.provenance import EngineRequests
from tasks.engine import Completion, Message
from worker.engine.interface import Engines
from worker.engine.requests.request import ChatRequest
from worker.engine.requests.responses import (
    Tokens,
    completion_of,
    parse_completion,
    parse_usage,
    reasoning_of,
    without_nan,
    without_reasoning,
)
from worker.engine.statistics.busy_time import UsedTime


class EngineSession:
    """An engine, or several of one model, for one job (`tasks.engine.Engine`). It records the job's
    usage and requests.

    With `reasons` a model that can reason does so before it answers.

    Lower `priority` numbers are served first, and equal ones by `department` in turns. Only
    requests with the same `cache_salt` share what the engine's prefix cache has; None: those
    without one.
    """

    def __init__(
        self,
        client: Engines,
        *,
        priority: int,
        seed: int,
        temperature: float,
        on_progress: Callable[[int, int], None],
        cache_salt: str | None = None,
        department: str = "",
        reasons: bool = False,
    ) -> None:
        self._client = client
        self._priority = priority
        self._department = department
        self._reasons = reasons
        self._sampling = {"seed": seed, "temperature": temperature}
        self._on_progress = on_progress
        self._salt = {"cache_salt": cache_salt} if cache_salt else {}
        self._tokens = Usage()
        self._time = UsedTime()
        self._requests = 0
        self._prompts: set[bytes] = set()
        self._longest: ChatRequest | None = None

    @property
    def model(self) -> str:
        return self._client.model

    @property
    def context_tokens(self) -> int:
        return self._client.context_tokens

    @property
    def reasoning_tokens(self) -> int:
        return self._client.reasoning.tokens(
            self.context_tokens, self._client.most_reasoning_tokens, wanted=self._reasons
        )

    @property
    def usage(self) -> Usage:
        """The usage so far; time also of failed requests, whose tokens the engine does not report.

        Seconds of concurrent requests are added up.
        """
        tokens, time = self._tokens, self._time
        return Usage(
            prompt_tokens=tokens.prompt_tokens,
            completion_tokens=tokens.completion_tokens,
            cached_tokens=tokens.cached_tokens,
            engine_seconds=time.engine_seconds,
            reasoning_tokens=tokens.reasoning_tokens,
            gpu_seconds=time.gpu_seconds,
            joules=time.joules,
        )

    @property
    def has_asked(self) -> bool:
        return self._longest is not None

    @property
    def asked(self) -> EngineRequests | None:
        """The requests so far, failed ones included; None if there were none."""
        if self._longest is None:
            return None
        return EngineRequests(
            model=self._longest.model,
            requests=self._requests,
            prompt_sha256=combined(digest.hex() for digest in self._prompts),
            sampling=self._longest.sampling,
            engine_model=self._client.root_of(self._longest.model),
            engine_version=self._client.version,
        )

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
        top_logprobs: int = 0,
    ) -> Completion:
        """Ask the model; see `tasks.engine.Engine.complete`."""
        request: dict[str, Any] = {
            "model": self.model,
            "messages": [
                {"role": message.role, "content": message.content} for message in messages
            ],
            "max_tokens": max_tokens,
            **self._sampling,
            **self._of_reasoning(),
        }
        if schema is not None and self._client.reasoning.guides(wanted=self._reasons):
            json_schema = {"name": "answer", "schema": schema, "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": json_schema}
        if top_logprobs:
            request |= {"logprobs": True, "top_logprobs": top_logprobs}
        choice, tokens = parse_completion(await self._send(request, messages))
        await self._add(tokens, reasoning_of(choice))
        return completion_of(choice)

    def _of_reasoning(self) -> Mapping[str, Any]:
        """The members of a request that the model's way of reasoning asks for."""
        reasoning, wanted = self._client.reasoning, self._reasons
        members = dict(reasoning.members(self.reasoning_tokens, wanted=wanted))
        # A second try keeps its own temperature where that is higher.
        sampling = reasoning.sampling(wanted=wanted)
        if sampling and sampling["temperature"] > self._sampling["temperature"]:
            members |= sampling
        return members

    async def forward(self, request: Mapping[str, Any]) -> bytes:
        """Send a chat completion; returns the body of the engine's response.

        Raises `EngineError`, and `OutputError` if the response is not a completion.
        """
        # No messages to hide in an error: the department wrote the request itself.
        body = await self._send({"model": self.model, **request}, ())
        tokens, reasoning = parse_usage(body), ""
        if self._client.reasoning.parsed:
            body, reasoning = without_reasoning(body)
        await self._add(tokens, reasoning)
        return without_nan(body)

    async def _send(self, request: Mapping[str, Any], messages: Sequence[Message]) -> bytes:
        async with self._client.slot(self._priority, self._department, job=self):
            # Only now: a long document has thousands of requests, which would all be in memory.
            chat = ChatRequest.of({**request, **self._salt})
            self._requests += 1
            self._prompts.add(chat.digest)
            longest = self._longest
            if longest is None or (chat.max_tokens or 0) > (longest.max_tokens or 0):
                self._longest = chat
            return await self._client.chat(chat, messages, self._priority, self._time, job=self)

    async def _add(self, tokens: Tokens, reasoning: str) -> None:
        """vLLM counts no tokens of a reasoning that the chat template began, as R1's does."""
        counted = tokens.reasoning or 0
        if reasoning and not counted:
            counted = min(await self.count_tokens(reasoning), tokens.completion)
        self._tokens += Usage(
            prompt_tokens=tokens.prompt,
            completion_tokens=tokens.completion,
            cached_tokens=tokens.cached,
            reasoning_tokens=counted,
        )

    async def count_tokens(self, text: str) -> int:
        """Count with the model's own tokenizer; see `tasks.engine.Engine.count_tokens`."""
        return await self._client.count_tokens(text, self._priority, self._department)

    def progress(self, done: int, total: int) -> None:
        self._on_progress(done, total)
