"""Multipart forms come in pieces of any size, well made or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from api.multipart import Form, receive_form
from jobs.model.problems import ProblemError
from jobs.process.settings import LimitSettings
from jobs.store import Store

JOB = b'--XX\r\nContent-Disposition: form-data; name="job"\r\n\r\n{"task": "summarize"}\r\n'
FILE = (
    '--XX\r\nContent-Disposition: form-data; name="file"; filename="公文.txt"\r\n'
    "Content-Type: text/plain\r\n\r\nline one\r\n--XY not a boundary\r\n"
).encode()
END = b"--XX--\r\n"
LIMITS = LimitSettings(max_document_bytes=5_000, max_request_bytes=500)


def request_of(
    pieces: Sequence[bytes], media_type: str = "multipart/form-data; boundary=XX"
) -> Request:
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
    ]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting)

    headers = [(b"content-type", media_type.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def received(store: Store, request: Request) -> tuple[Form, bytes]:
    async with store.incoming(LIMITS.max_document_bytes) as incoming:
        form = await receive_form(request, incoming, LIMITS)
        incoming.flush()
        return form, incoming.path.read_bytes()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.mark.parametrize("body", [JOB + FILE + END, FILE + JOB + END])
@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
async def test_job_and_file_are_taken_in_any_order_and_in_pieces_of_any_size(
    store: Store, body: bytes, size: int
) -> None:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    form, file = await received(store, request_of(pieces))
    assert form == Form(job=b'{"task": "summarize"}', has_file=True, filename="公文.txt")
    assert file == b"line one\r\n--XY not a boundary"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"garbage", "RFC 7578"),
        (JOB + FILE, "final boundary"),
        (JOB + FILE[:-30], "final boundary"),
        (JOB + JOB + END, "twice"),
        (JOB + FILE.replace(b'"file"', b'"other"') + END, "Only"),
        (FILE.replace("公文".encode(), "公文".encode("gbk")) + END, "UTF-8"),
        (b"--XX\r\nX-Long: " + b"a" * 100_000, "too long"),
        (FILE + END + b"z" * 100_000, "larger"),
    ],
)
async def test_a_malformed_form_is_refused_and_says_why(
    store: Store, body: bytes, why: str
) -> None:
    pieces = [body[at : at + 4096] for at in range(0, len(body), 4096)]
    with pytest.raises(ProblemError) as refused:
        await received(store, request_of(pieces))
    assert refused.value.problem.code in ("invalid-request", "too-large")
    assert why in refused.value.problem.detail


@pytest.mark.parametrize(
    "media_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data;;=="],
)
async def test_a_form_without_a_boundary_is_refused(store: Store, media_type: str) -> None:
    with pytest.raises(ProblemError) as refused:
        await received(store, request_of([JOB + END], media_type))
    assert refused.value.problem.code == "invalid-request"


async def test_a_job_part_over_the_limit_is_refused(store: Store) -> None:
    body = JOB.replace(b"summarize", b"s" * 2_000) + END
    with pytest.raises(ProblemError) as refused:
        await received(store, request_of([body]))
    assert refused.value.problem.code == "too-large"
    assert refused.value.problem.extra == {"max_bytes": 500}


async def test_a_file_part_over_the_limit_is_refused(store: Store) -> None:
    body = FILE + b"y" * 6_000 + b"\r\n" + END
    with pytest.raises(ProblemError) as refused:
        await received(store, request_of([body]))
    assert refused.value.problem.code == "too-large"


NEAR_BOUNDARIES = st.lists(
    st.sampled_from([b"\r\n", b"--", b"XX", b"\r", b"-", b"X", b"a", b"\r\n--X", b"z" * 700]),
    max_size=12,
).map(b"".join)


@given(
    content=NEAR_BOUNDARIES.filter(
        lambda content: len(content) <= 5_000 and b"\r\n--XX" not in b"\r\n" + content
    ),
    size=st.sampled_from([1, 2, 3, 5, 17, 10_000]),
)
async def test_a_file_that_looks_like_boundaries_comes_through_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, size: int
) -> None:
    body = FILE[: FILE.index(b"line one")] + content + b"\r\n" + END
    store = Store(tmp_path_factory.getbasetemp() / "forms")
    _, file = await received(
        store, request_of([body[at : at + size] for at in range(0, len(body), size)])
    )
    assert file == content


@given(headers=st.binary(max_size=120))
async def test_no_part_header_causes_an_unexpected_error(
    tmp_path_factory: pytest.TempPathFactory, headers: bytes
) -> None:
    body = b"--XX\r\nContent-Disposition: " + headers + b"\r\n\r\nbody\r\n" + END
    store = Store(tmp_path_factory.getbasetemp() / "forms")
    try:
        await received(store, request_of([body]))
    except ProblemError as refused:
        assert refused.problem.code == "invalid-request"  # noqa: PT017 - it may also be accepted
