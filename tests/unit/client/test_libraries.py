"""Libraries from the command line and the clients, and options that name a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from chancery import AsyncChancery, Chancery, NotFound
from chancery.cli import main
from tests.unit.client.conftest import problem

KEY = "key-of-tax"
Run = Callable[..., Result]


@pytest.fixture
def run(server: Any) -> Run:
    def command(*words: str | Path) -> Result:
        known = {"CHANCERY_API_URL": server.url, "CHANCERY_API_KEY": KEY}
        return CliRunner().invoke(main, [str(word) for word in words], env=known)

    return command


@pytest.fixture
def law(tmp_path: Path) -> Path:
    path = tmp_path / "law.txt"
    path.write_text("第一条 市场每日开放。", encoding="utf-8")
    return path


def done() -> web.Response:
    return web.Response(status=204)


def missing() -> web.Response:
    return problem(404, "not-found", "There is no such thing here", "Check the id.")


def listed(*data: dict[str, Any]) -> Callable[[], web.Response]:
    body = {"object": "list", "data": list(data), "next_cursor": None}
    return lambda: web.json_response(body)


def calls(server: Any) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in server.requests]


def test_files_are_sent_and_put_in(server: Any, run: Run, law: Path) -> None:
    server.answers = [None, done]
    result = run("library", "add", "laws", law)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"doc_1 {law}\n"
    assert calls(server) == [
        ("POST", "/v1/documents"),
        ("PUT", "/v1/libraries/laws/documents/doc_1"),
    ]


def test_a_file_that_is_refused_does_not_stop_the_others(
    server: Any, run: Run, law: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("第一条 市场每周开放。", encoding="utf-8")
    server.answers = [missing, None, done]
    result = run("library", "add", "laws", law, other)
    assert result.exit_code == 1
    assert str(law) in result.stderr
    assert str(other) in result.stdout


def test_libraries_and_their_documents_are_listed(server: Any, run: Run) -> None:
    document = {"id": "doc_1", "sha256": "0", "bytes": 7, "filename": "law.txt"}
    server.answers = [listed({"name": "laws", "documents": 1}), listed(document)]
    assert "laws" in run("library", "list").stdout
    assert "law.txt" in run("library", "list", "laws").stdout


def test_a_document_not_in_the_library_cannot_be_removed(server: Any, run: Run) -> None:
    server.answers = [done, missing]
    result = run("library", "remove", "laws", "doc_1", "doc_2")
    assert result.exit_code == 1
    assert "doc_2" in result.stderr
    assert "doc_1" not in result.stderr


async def test_both_clients_have_the_same(server: Any, chancery: Chancery) -> None:
    server.answers = [done, missing, listed({"name": "laws", "documents": 1}), listed()]
    chancery.put_in_library("laws", "doc_1")
    with pytest.raises(NotFound):
        chancery.take_out_of_library("laws", "doc_1")
    (library,) = chancery.libraries()
    assert (library.name, library.documents) == ("laws", 1)
    assert chancery.library("laws") == ()
    server.answers = [done, done, listed({"name": "laws", "documents": 1}), listed()]
    async with AsyncChancery(server.url, KEY, timeout=10) as client:
        await client.put_in_library("laws", "doc_1")
        await client.take_out_of_library("laws", "doc_1")
        assert await client.libraries() == (library,)
        assert await client.library("laws") == ()


def test_a_file_that_an_option_names_is_sent_first(server: Any, run: Run, law: Path) -> None:
    result = run("submit", "summarize", law, "--document", f"old={law}", "--option", "a=1")
    assert result.exit_code == 0, result.stderr
    assert [request.method for request in server.requests] == ["GET", "POST", "POST"]
    asked = server.requests[-1].fields["job"]
    assert asked["options"] == {"a": 1, "old": {"document_id": "doc_2"}}


def test_an_option_that_names_no_file_is_a_wrong_usage(server: Any, run: Run, law: Path) -> None:
    result = run("submit", "summarize", law, "--document", "old=nowhere.txt")
    assert result.exit_code == 2
    assert "nowhere.txt" in result.stderr
    assert server.requests == []
