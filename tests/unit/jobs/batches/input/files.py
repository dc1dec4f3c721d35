"""Input files of batches, for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jobs.batches.input.index import Entry, unpack
from jobs.batches.input.indexing import Index, Indexer, IndexLimits
from jobs.batches.input.lines import LineProblem

LIMITS = IndexLimits(max_lines=1_000, max_line_bytes=10_000, max_text_chars=5_000)


def job(text: str = "The office is closed on 3 May.", **body: Any) -> dict[str, Any]:
    return {"task": "summarize", "input": {"text": text}, **body}


def chat(text: str = "Say hello.", system: str | None = None, **body: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": text}]
    if system is not None:
        said.insert(0, {"role": "system", "content": system})
    return {"model": "small", "messages": said, **body}


def line(custom_id: str, body: Any, **members: Any) -> bytes:
    url = "/v1/chat/completions" if "messages" in body else "/v1/jobs"
    given = {"custom_id": custom_id, "method": "POST", "url": url, "body": body, **members}
    return json.dumps(given, ensure_ascii=False).encode()


def write(folder: Path, *lines: bytes) -> Path:
    path = folder / "batch.jsonl"
    path.write_bytes(b"".join(one + b"\n" for one in lines))
    return path


def read(
    path: Path,
    limits: IndexLimits = LIMITS,
    *,
    endpoint: str | None = None,
    documents: Iterable[str] = (),
    max_lines: int = 7,
) -> tuple[Index, list[LineProblem]]:
    """The index of a file and what was wrong with it; the department has `documents`."""
    indexer = Indexer(path, endpoint, limits)
    problems: list[LineProblem] = []
    done = False
    while not done:
        part = asyncio.run(indexer.read_slice(max_lines=max_lines))
        problems += part.problems
        known = part.document_ids & set(documents)
        problems += indexer.apply_document_sizes(dict.fromkeys(known, 4_000))
        done = part.done
    return indexer.index(), problems


def entries(index: Index) -> list[Entry]:
    return list(unpack(index.packed))


def order(index: Index) -> list[int]:
    return [entry.line for entry in unpack(index.packed)]
