"""A line of a batch's file is a valid request, or has a problem that says what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.batches.batch import LineUrl
from jobs.batches.input.lines import (
    CHAT_TASK,
    MAX_ERRORS,
    LineProblem,
    LineProblemError,
    parse_line,
)
from jobs.model.lanes import Lane
from tests.unit.jobs.batches.input.files import chat, job, line


def problem(data: bytes, **options: Any) -> LineProblem:
    with pytest.raises(LineProblemError) as caught:
        parse_line(data, 7, **options)
    assert caught.value.problem.line == 7
    return caught.value.problem


def pointers(found: LineProblem) -> list[str]:
    assert found.code == "invalid-request"
    return [one["pointer"] for one in found.errors]


def without(member: str, given: bytes) -> bytes:
    return json.dumps({k: v for k, v in json.loads(given).items() if k != member}).encode()


def test_a_line_for_jobs_is_a_job_request_in_the_bulk_lane() -> None:
    body = job(
        "标题", options={"max_words": 50}, callback_url="http://a.b/c", metadata={"case": "1"}
    )
    found = parse_line(line("a", body), 3)
    assert (found.number, found.custom_id, found.url) == (3, "a", LineUrl.jobs)
    assert found.task == "summarize"
    assert found.chat is None
    assert found.request is not None
    assert found.request.lane is Lane.bulk
    assert found.request.options == {"max_words": 50}
    assert found.request.metadata == {"case": "1"}
    assert (found.text, found.document_id) == ("标题", None)
    assert found.callback_url == "http://a.b/c"


def test_a_line_may_name_a_document() -> None:
    found = parse_line(line("a", {"task": "summarize", "input": {"document_id": "doc_1"}}), 1)
    assert (found.text, found.document_id) == (None, "doc_1")


def test_a_line_for_chat_keeps_its_body_as_it_is() -> None:
    body = chat("Hello.", temperature=0, seed=3, user="u")
    found = parse_line(line("a", body), 1)
    assert (found.url, found.task, found.chat) == (LineUrl.chat, CHAT_TASK, body)
    assert (found.request, found.text, found.document_id, found.callback_url) == (None,) * 4


def test_members_other_than_openais_four_are_ignored() -> None:
    assert parse_line(line("a", job(), id="x", note=None), 1).custom_id == "a"


@pytest.mark.parametrize("lane", [{}, {"lane": "bulk"}])
@pytest.mark.parametrize("times", [{}, {"not_before": None, "deadline": None}])
def test_members_given_for_the_whole_batch_may_be_null(lane: Any, times: Any) -> None:
    found = parse_line(line("a", job(**lane, **times)), 1)
    assert found.request is not None
    assert found.request.lane is Lane.bulk


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"custom_id": "a", }', "trailing comma at column 20."),
        ('{"custom_id": "中文", }'.encode(), "trailing comma at column 21."),
        (b"{", "at column 1."),
        (b'{"a": NaN}', "at column 7."),
        (b'{"a": 1} {"b": 2}', "at column 10."),
        (b'{"a": "\\ud800"}', "at column 14."),
        (b"[" * 10_000, "JSON"),
        (b'{"custom_id": "\xd6\xd0"}', "not UTF-8 at byte 16"),
        (b'["custom_id", "a"]', "not an object"),
        (b"null", "not an object"),
        (b'"' + b"9" * 50 + b'"', "not an object"),
        (b"9" * 5_000, "JSON"),
    ],
)
def test_a_line_that_is_not_a_json_object_has_the_position_of_the_error(
    data: bytes, says: str
) -> None:
    found = problem(data)
    assert (found.code, found.custom_id, found.errors) == ("invalid-json", None, ())
    assert says in found.detail
    assert "\n" not in found.detail
    assert len(found.detail) < 200


def test_the_detail_of_invalid_json_does_not_quote_it() -> None:
    good = line("a", job("Geheim"))
    for at in (place for place, byte in enumerate(good) if byte in b'{":,'):
        found = problem(good[:at] + b"}" + good[at + 1 :])
        assert "Geheim" not in found.detail + str(found.errors)


@pytest.mark.parametrize("custom_id", [None, "", 5, ["a"], {"a": 1}, True, "x" * 513])
def test_a_custom_id_is_a_text_of_512_characters_at_most(custom_id: Any) -> None:
    found = problem(line(custom_id, job()))
    assert pointers(found) == ["#/custom_id"]
    assert found.custom_id is None


def test_a_custom_id_may_have_512_characters_of_any_kind() -> None:
    assert parse_line(line("中" * 512, job()), 1).custom_id == "中" * 512


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("method", "GET"),
        ("method", "post"),
        ("method", None),
        ("url", "/v1/embeddings"),
        ("url", None),
        ("url", ["/v1/jobs"]),
    ],
)
def test_method_and_url_are_checked(member: str, value: Any) -> None:
    found = problem(line("a", job(), **{member: value}))
    assert pointers(found) == [f"#/{member}"]
    assert found.custom_id == "a"


@pytest.mark.parametrize("body", [None, [], "{}", 3])
def test_the_body_is_an_object(body: Any) -> None:
    given = json.loads(line("a", job())) | {"body": body}
    assert pointers(problem(json.dumps(given).encode())) == ["#/body"]


@pytest.mark.parametrize("member", ["custom_id", "method", "url", "body"])
def test_none_of_the_four_members_may_be_missing(member: str) -> None:
    assert pointers(problem(without(member, line("a", job())))) == [f"#/{member}"]


def test_a_line_goes_to_the_batchs_endpoint() -> None:
    assert parse_line(line("a", job()), 1, "/v1/jobs").custom_id == "a"
    found = problem(line("a", job()), endpoint="/v1/chat/completions")
    assert pointers(found) == ["#/url"]
    assert "`/v1/chat/completions`" in found.errors[0]["detail"]


@pytest.mark.parametrize("messages", [None, [], {}, "Hello."])
def test_a_chat_has_messages(messages: Any) -> None:
    body = {**chat(), "messages": messages}
    assert pointers(problem(line("a", body))) == ["#/body/messages"]


def test_a_chat_is_not_streamed() -> None:
    assert pointers(problem(line("a", chat(stream=True)))) == ["#/body/stream"]
    assert parse_line(line("a", chat(stream=False)), 1).custom_id == "a"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"input": {"text": "x"}}, ["#/body/task"]),
        ({"task": "summarize"}, ["#/body/input"]),
        ({"task": "summarize", "input": {}}, ["#/body/input"]),
        (job(input={"text": "x", "document_id": "doc_1"}), ["#/body/input"]),
        (job(options={"max_words": 1}), ["#/body/options/max_words"]),
        (job(options={"a/b": 2}), ["#/body/options/a~1b"]),
        (job(colour="red"), ["#/body/colour"]),
        (job(metadata={"a": "x" * 20_000}), ["#/body/metadata"]),
        (job(not_before="2026-11-24T20:00:00+08:00"), ["#/body/not_before"]),
        (job(deadline="2026-11-24T20:00:00+08:00"), ["#/body/deadline"]),
        (job(lane="interactive"), ["#/body/lane"]),
        (job(lane=None), ["#/body/lane"]),
        (job(lane=["bulk"]), ["#/body/lane"]),
    ],
)  # fmt: skip
def test_an_invalid_job_has_a_pointer_to_each_error(body: Any, expected: list[str]) -> None:
    found = problem(line("a", body))
    assert pointers(found) == expected
    assert found.custom_id == "a"


def test_members_given_for_the_whole_batch_are_refused_in_a_line() -> None:
    for body in (job(deadline="2026-11-24T20:00:00Z"), job(lane="interactive")):
        assert (
            "for the whole batch, in its `metadata`" in problem(line("a", body)).errors[0]["detail"]
        )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (job(task="horoscope"), "unknown-task"),
        (job(""), "document-empty"),
        (job(" \n\u3000"), "document-empty"),
        (job("x" * 101), "text-too-long"),
    ],
)
def test_the_checks_of_a_single_job_are_those_of_a_line(body: Any, code: str) -> None:
    found = problem(line("a", body), max_text_chars=100)
    assert (found.code, found.custom_id) == (code, "a")


def test_the_length_of_a_text_is_not_checked_without_a_limit() -> None:
    assert parse_line(line("a", job("x" * 2_000_000)), 1).text == "x" * 2_000_000


def test_bad_options_are_refused_each_time() -> None:
    found = [problem(line("a", job(options={"max_words": 1}))) for _ in range(3)]
    assert found[0] == found[1] == found[2]


def test_the_problem_of_a_line_has_a_bounded_size() -> None:
    unknown: dict[str, Any] = {f"{n}{'x' * 5_000}": n for n in range(50)}
    found = problem(line("a", job(**unknown)))
    assert len(found.errors) == MAX_ERRORS
    assert len(str(found)) < 10_000
