"""The header of a line has what the line itself has, without another check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jobs.batches.input.input_line import (
    READ_TOGETHER_BYTES,
    LineHeader,
    read_header,
    read_headers,
    read_lines,
)
from jobs.batches.input.lines import parse_line
from jobs.model.job import InputLine
from jobs.store import Folder, Store
from tests.unit.jobs.batches.input.files import chat, job, line

BODIES: list[dict[str, Any]] = [
    job(),
    job(model="fast", metadata={"case": "1"}, callback_url="http://a.b/c"),
    job(model=None, callback_url=None),
    {"task": "summarize", "input": {"document_id": "doc_1"}},
    chat(metadata={"not": "ours"}),
]


async def stored(store: Store, data: bytes) -> InputLine:
    blob = await store.put(b"first\n" + data + b"\nlast\n", "tax", "file_1")
    return InputLine(blob, 2, len(b"first\n"), len(data))


@pytest.mark.parametrize("body", BODIES)
async def test_a_header_has_the_members_of_its_line(tmp_path: Path, body: dict[str, Any]) -> None:
    store, data = Store(Folder(tmp_path)), line("c1", body)
    parsed = parse_line(data, 2)
    assert await read_header(store, await stored(store, data)) == LineHeader(
        custom_id="c1",
        is_chat=parsed.chat is not None,
        model=parsed.model,
        document_id=parsed.document_id,
        callback_url=parsed.callback_url,
        metadata=parsed.request.metadata if parsed.request else {},
    )


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b"{}", b'{"url": "/v1/jobs", "custom_id": "c", "body": {}}']
)
async def test_a_damaged_line_has_no_header(tmp_path: Path, data: bytes) -> None:
    store = Store(Folder(tmp_path))
    place = await stored(store, data)
    assert await read_header(store, place) is None
    assert await read_lines(store, [place]) == [None]


async def test_a_line_of_a_missing_file_has_no_header(tmp_path: Path) -> None:
    store = Store(Folder(tmp_path))
    place = InputLine("tax/aa/none", 1, 0, 10)
    assert await read_header(store, place) is None
    assert await read_lines(store, [place]) == [None]


async def test_headers_of_many_lines_are_read_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, read = Store(Folder(tmp_path)), list[int]()
    small, large = line("c1", job()), line("c2", chat("x" * (READ_TOGETHER_BYTES // 2)))
    lines = [
        *[await stored(store, small) for _ in range(5)],
        None,
        InputLine("tax/aa/none", 1, 0, 10),
        *[await stored(store, large)] * 3,
    ]
    slices = store.slices

    async def counted(parts: Sequence[tuple[str, int, int]]) -> Sequence[bytes | None]:
        read.append(len(parts))
        return await slices(parts)

    monkeypatch.setattr(store, "slices", counted)
    headers = [header async for header in read_headers(store, lines)]
    assert [header and header.custom_id for header in headers] == [
        *["c1"] * 5,
        None,
        None,
        *["c2"] * 3,
    ]
    assert read == [8, 1]
