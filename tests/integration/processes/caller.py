"""A department's software that submits batches with OpenAI's client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import openai
from openai.types import Batch

from tests.integration.processes.system import PATIENCE, Desk, until

ENDINGS = {"failed", "completed", "expired", "cancelled"}
JOBS, CHAT = "/v1/jobs", "/v1/chat/completions"
Line = Mapping[str, Any]


def chat_line(custom_id: str, text: str, **body: Any) -> Line:
    """A line that the stand-in answers with the first 60 characters of `text`."""
    body = {"model": "stand-in", "messages": [{"role": "user", "content": text}], **body}
    return {"custom_id": custom_id, "method": "POST", "url": CHAT, "body": body}


def chat_lines(count: int) -> Sequence[Line]:
    return [chat_line(f"c{number}", text_of(f"c{number}")) for number in range(count)]


def text_of(custom_id: str) -> str:
    """The text of a line of `chat_lines`, which is also its answer."""
    return f"The water is off in the street of {custom_id}."


def job_line(custom_id: str, task: str = "summarize", **body: Any) -> Line:
    body = {"task": task, "input": {"text": text_of(custom_id)}, **body}
    return {"custom_id": custom_id, "method": "POST", "url": JOBS, "body": body}


def joined(lines: Iterable[Line | bytes]) -> bytes:
    """The content of a file with these lines; bytes are written unchanged."""
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )


def words_of(line: Mapping[str, Any]) -> str:
    """The model's answer in a line of the output file of a batch of chats."""
    return str(line["response"]["body"]["choices"][0]["message"]["content"])


def custom_ids(*files: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [line["custom_id"] for file in files for line in file]


@dataclass(frozen=True, slots=True)
class Caller:
    """`openai` is OpenAI's client; `http` is for requests that it does not support."""

    desk: Desk
    openai: openai.AsyncOpenAI
    http: httpx.AsyncClient

    async def upload(self, lines: Iterable[Line | bytes]) -> str:
        file = await self.openai.files.create(file=("lines.jsonl", joined(lines)), purpose="batch")
        return file.id

    async def submit(
        self,
        lines: Iterable[Line | bytes],
        endpoint: str = CHAT,
        window: str = "24h",
        **metadata: str,
    ) -> Batch:
        return await self.create(await self.upload(lines), endpoint, window, metadata=metadata)

    async def create(
        self, file_id: str, endpoint: Any = CHAT, window: Any = "24h", **more: Any
    ) -> Batch:
        return await self.openai.batches.create(
            input_file_id=file_id, endpoint=endpoint, completion_window=window, **more
        )

    async def submit_documents(self, **request: Any) -> Batch:
        answer = await self.http.post("/v1/batches", json=request)
        assert answer.is_success, answer.text
        return Batch.model_validate(answer.json())

    async def document(self, text: str) -> str:
        answer = await self.http.post("/v1/documents", content=text.encode())
        return str(answer.raise_for_status().json()["id"])

    async def ended(self, batch: Batch, seconds: float = PATIENCE) -> Batch:
        await until(lambda: self._is_one_of(batch.id, ENDINGS), seconds)
        return await self._current(batch.id)

    async def has_done(self, batch: Batch, lines: int) -> None:
        """Wait until `lines` lines have succeeded."""

        async def done() -> bool:
            current = await self._current(batch.id)
            assert current.status not in ENDINGS, f"the batch is already {current.status}"
            counts = current.request_counts
            return counts is not None and counts.completed >= lines

        await until(done)

    async def output(self, batch: Batch) -> list[dict[str, Any]]:
        return await self._lines(batch.output_file_id)

    async def errors(self, batch: Batch) -> list[dict[str, Any]]:
        return await self._lines(batch.error_file_id)

    async def _lines(self, file_id: str | None) -> list[dict[str, Any]]:
        """The lines of a file; empty if the batch has no such file."""
        if file_id is None:
            return []
        content = await self.openai.files.content(file_id)
        return [json.loads(line) for line in content.text.splitlines()]

    async def _is_one_of(self, batch_id: str, statuses: set[str]) -> bool:
        return (await self._current(batch_id)).status in statuses

    async def _current(self, batch_id: str) -> Batch:
        """The batch. As long as Redis does not answer, the api answers 503 with Retry-After."""
        patient = self.openai.with_options(max_retries=5)
        return await patient.batches.retrieve(batch_id)


@asynccontextmanager
async def calling(desk: Desk, api_url: str) -> AsyncIterator[Caller]:
    headers = {"Authorization": f"Bearer {desk.key}"}
    async with (
        openai.AsyncOpenAI(base_url=f"{api_url}/v1", api_key=desk.key, max_retries=0) as client,
        httpx.AsyncClient(base_url=api_url, headers=headers, timeout=PATIENCE) as http,
    ):
        yield Caller(desk, client, http)
