from __future__ import annotations

import hashlib
import io
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

import chancery
from chancery import (
    ApiProblem,
    AsyncChancery,
    Chancery,
    InvalidRequest,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
    WaitTimeout,
)

KEY = "key-of-tax"
MIB = 2**20


def answers(status: int, retry_after: str | None = None) -> Callable[[], web.Response]:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return lambda: web.Response(status=status, headers=headers)


def busy_key() -> web.Response:
    body = {"type": "/problems/idempotency-in-progress", "title": "Still running", "status": 409}
    return web.json_response(body, status=409)


class Generated(io.RawIOBase):
    """Bytes that exist only while they are read."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = b"x" * min(size, self.left)
        self.left -= len(chunk)
        self.digest.update(chunk)
        return chunk


class TestSubmitting:
    def test_a_job_is_sent_with_the_given_fields_only(
        self, server: Any, chancery: Chancery
    ) -> None:
        job = chancery.submit(
            "summarize", text="Text.", options={"max_words": 9}, lane="bulk", model="auto"
        )
        assert (job.id, job.status, job.ended) == ("job_1", "queued", False)
        assert server.requests[-1].fields["job"] == {
            "task": "summarize",
            "options": {"max_words": 9},
            "lane": "bulk",
            "model": "auto",
            "input": {"text": "Text."},
        }

    def test_a_file_goes_along_in_the_same_request(
        self, server: Any, chancery: Chancery, tmp_path: Any
    ) -> None:
        path = tmp_path / "通知.txt"
        path.write_text("正文", encoding="utf-8")
        chancery.submit("summarize", file=path)
        (request,) = server.requests
        assert request.fields["job"] == {"task": "summarize"}
        assert request.fields["file"]["filename"] == "通知.txt"
        assert request.fields["file"]["bytes"] == 6

    def test_times_have_their_time_zone(self, server: Any, chancery: Chancery) -> None:
        chancery.submit("summarize", text="x", deadline=datetime(2031, 5, 1, tzinfo=UTC))
        assert server.requests[-1].fields["job"]["deadline"] == "2031-05-01T00:00:00+00:00"
        with pytest.raises(ValueError, match="time zone"):
            chancery.submit("summarize", text="x", deadline=datetime(2031, 5, 1))  # noqa: DTZ001

    @pytest.mark.parametrize("given", [{}, {"text": "x", "document_id": "doc_1"}])
    def test_exactly_one_input_is_required(self, chancery: Chancery, given: Any) -> None:
        with pytest.raises(ValueError, match="exactly one"):
            chancery.submit("summarize", **given)

    def test_every_post_has_a_key_of_its_own_unless_one_is_given(
        self, server: Any, chancery: Chancery
    ) -> None:
        job = chancery.submit("summarize", text="x")
        chancery.submit("summarize", text="x", idempotency_key="case-7")
        chancery.cancel(job.id)
        first, second, third = (request.key for request in server.requests)
        assert first
        assert second == "case-7"
        assert third not in (None, first)


class TestTryingAgain:
    def test_a_full_system_is_asked_again_after_retry_after_with_the_same_key(
        self, server: Any, chancery: Chancery
    ) -> None:
        server.answers = [answers(503, "1")]
        began = time.monotonic()
        job = chancery.submit("summarize", file=b"bytes")
        assert time.monotonic() - began >= 1.0
        first, second = server.requests
        assert job.id == "job_1"
        assert first.key == second.key
        assert first.fields == second.fields

    def test_a_request_that_is_still_running_under_the_same_key_is_waited_for(
        self, server: Any, chancery: Chancery
    ) -> None:
        server.answers = [busy_key]
        assert chancery.submit("summarize", text="x").id == "job_1"
        assert len({request.key for request in server.requests}) == 1

    @pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
    def test_passing_trouble_is_tried_again(
        self, server: Any, chancery: Chancery, status: int
    ) -> None:
        server.answers = [answers(status), answers(status)]
        assert chancery.submit("summarize", text="x").id == "job_1"
        assert len(server.requests) == 3

    @pytest.mark.parametrize("status", [400, 404, 413, 500])
    def test_a_final_error_is_not_retried(
        self, server: Any, chancery: Chancery, status: int
    ) -> None:
        server.answers = [answers(status)]
        with pytest.raises(ApiProblem) as caught:
            chancery.submit("summarize", text="x")
        assert caught.value.status == status
        assert len(server.requests) == 1

    def test_a_retry_after_beyond_the_deadline_is_reported_at_once(self, server: Any) -> None:
        server.answers = [answers(429, "3600")]
        with Chancery(server.url, KEY, timeout=5) as chancery, pytest.raises(RateLimited) as caught:
            chancery.tasks()
        assert caught.value.retry_after == 3600
        assert len(server.requests) == 1

    def test_retry_after_may_be_a_date(self, server: Any, chancery: Chancery) -> None:
        server.answers = [answers(429, "Wed, 01 Jan 2020 00:00:00 GMT")]
        assert chancery.tasks()[0].name == "summarize"

    def test_a_broken_connection_is_tried_again(self, server: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            seen: list[bytes] = []

            def slam_then_answer() -> None:
                for answer in (b"", b'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"data":[]}'):
                    visitor, _ = door.accept()
                    with visitor:
                        seen.append(visitor.recv(65536))
                        visitor.sendall(answer)

            thread = threading.Thread(target=slam_then_answer, daemon=True)
            thread.start()
            with Chancery(f"http://127.0.0.1:{door.getsockname()[1]}", KEY, timeout=10) as chancery:
                assert chancery.tasks() == ()
            thread.join(10)
        assert len(seen) == 2

    def test_an_unreachable_api_is_retried_until_the_timeout(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            url = f"http://127.0.0.1:{door.getsockname()[1]}"
        began = time.monotonic()
        with Chancery(url, KEY, timeout=0.6) as chancery, pytest.raises(Unreachable, match=url):
            chancery.tasks()
        assert time.monotonic() - began < 20

    def test_a_source_that_cannot_be_rewound_is_not_sent_twice(
        self, server: Any, chancery: Chancery
    ) -> None:
        server.answers = [answers(503)]
        with pytest.raises(Unavailable):
            chancery.upload(Generated(10), "a.txt")
        assert len(server.requests) == 1

    def test_a_retry_sends_the_whole_file_again(self, server: Any, chancery: Chancery) -> None:
        server.answers = [answers(503)]
        assert chancery.upload(io.BytesIO(b"whole"), "a.txt").bytes == 5
        assert [request.fields["file"]["bytes"] for request in server.requests] == [5, 5]


class TestUploading:
    def test_fifty_megabytes_are_streamed(self, server: Any, chancery: Chancery) -> None:
        source = Generated(50 * MIB)
        chancery.tasks()
        tracemalloc.start()
        try:
            document = chancery.upload(source, "large.txt")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert document.bytes == 50 * MIB
        assert document.sha256 == source.digest.hexdigest()
        assert peak < 8 * MIB

    def test_a_field_of_a_newer_api_does_no_harm(self, chancery: Chancery) -> None:
        assert chancery.upload(b"bytes").model_dump()["a_field_of_tomorrow"] == 1


class TestProblems:
    def test_a_problem_says_what_where_and_why(self, chancery: Chancery) -> None:
        with pytest.raises(InvalidRequest) as caught:
            chancery.submit("sing", text="x")
        problem = caught.value
        assert (problem.status, problem.type, problem.code) == (
            422,
            "/problems/invalid-request",
            "invalid-request",
        )
        assert problem.title == "The request does not fit"
        assert problem.errors[0]["detail"] == "no such task"
        assert str(problem) == ("The request does not fit: See errors. [#/task: no such task]")

    def test_a_wrong_key_is_named(self, server: Any) -> None:
        with Chancery(server.url, "wrong") as chancery, pytest.raises(Unauthorized):
            chancery.tasks()

    def test_an_unknown_job_is_not_found(self, chancery: Chancery) -> None:
        with pytest.raises(NotFound, match="no such thing"):
            chancery.job("job_x/../y")

    @pytest.mark.parametrize("status", [200, 301])
    def test_another_server_than_the_api_is_recognised(
        self, server: Any, chancery: Chancery, status: int
    ) -> None:
        server.answers = [lambda: web.Response(status=status, text="<html>welcome</html>")]
        with pytest.raises(UnexpectedAnswer, match="address"):
            chancery.tasks()

    def test_an_error_page_of_a_proxy_is_a_problem_too(
        self, server: Any, chancery: Chancery
    ) -> None:
        server.answers = [lambda: web.Response(status=500, text="<html>oops</html>")]
        with pytest.raises(ApiProblem, match="Internal Server Error") as caught:
            chancery.tasks()
        assert caught.value.type == "about:blank"

    @pytest.mark.parametrize(("url", "key"), [("127.0.0.1:8080", KEY), ("http://x", "a key\n")])
    def test_an_address_or_key_that_cannot_be_right_is_refused_at_once(
        self, url: str, key: str
    ) -> None:
        with pytest.raises(ValueError, match=r"http://|API key"):
            Chancery(url, key)


class TestWaiting:
    def test_a_wait_ends_when_the_job_ends(self, server: Any, chancery: Chancery) -> None:
        server.ends_at_poll = 2
        job = chancery.wait(chancery.submit("summarize", text="x").id, timeout=20)
        assert job.succeeded
        assert job.result == {"summary": "short"}
        assert [request.query["wait"] for request in server.requests[1:]] == ["20", "19"]

    def test_a_wait_that_is_too_short_says_how_the_job_is(
        self, server: Any, chancery: Chancery
    ) -> None:
        server.ends_at_poll = 1000
        job = chancery.submit("summarize", text="x")
        with pytest.raises(WaitTimeout) as caught:
            chancery.wait(job.id, timeout=0.2)
        assert caught.value.job.status == "queued"
        assert len(server.requests) < 5


class TestListing:
    def test_pages_are_followed_to_the_end(self, server: Any, chancery: Chancery) -> None:
        for _ in range(5):
            chancery.submit("summarize", text="x")
        assert [job.id for job in chancery.jobs()] == [f"job_{n}" for n in range(1, 6)]

    def test_filters_reach_the_api(self, server: Any, chancery: Chancery) -> None:
        list(chancery.jobs(status="failed", task="extract", batch_id="batch_1"))
        assert server.requests[-1].query == {
            "status": "failed",
            "task": "extract",
            "batch_id": "batch_1",
            "limit": "100",
        }

    def test_a_dead_callback_is_listed_and_redelivered(
        self, server: Any, chancery: Chancery
    ) -> None:
        attempt = {"at": "2030-01-01T00:00:00Z", "status_code": 500, "error": None, "seconds": 0.1}
        server.callbacks = [
            {"id": "cb_1", "job_id": "job_1", "status": "dead", "attempts": [attempt]},
            {"id": "cb_2", "job_id": "job_2", "status": "delivered", "attempts": []},
        ]
        (dead,) = chancery.callbacks(status="dead")
        assert dead.attempts[0].status_code == 500
        assert chancery.redeliver(dead.id).status == "pending"


class TestAsynchronously:
    async def test_the_same_is_done_without_blocking(self, server: Any) -> None:
        server.answers = [answers(503, "0")]
        async with AsyncChancery(server.url, KEY, timeout=10) as chancery:
            document = await chancery.upload(b"bytes", "a.txt")
            job = await chancery.submit("summarize", document_id=document.id)
            ended = await chancery.wait(job.id, timeout=5)
            assert ended.succeeded
            assert await chancery.result(job.id) == {"summary": "long"}
            assert [job.id async for job in chancery.jobs()] == ["job_1"]
            assert [each async for each in chancery.callbacks()] == []
            assert (await chancery.redeliver_dead(datetime.now(UTC))).redelivered == 0
            assert (await chancery.task("summarize")).version == "1"
            with pytest.raises(NotFound):
                await chancery.cancel("job_9")
        assert server.requests[0].key == server.requests[1].key


def test_the_public_names_are_these() -> None:
    assert set(chancery.__all__) >= {"AsyncChancery", "Chancery", "ChanceryError", "verify"}
    assert all(hasattr(chancery, name) for name in chancery.__all__)
