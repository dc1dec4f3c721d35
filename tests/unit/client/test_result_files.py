"""The files that tasks make, and results as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chancery.cli import main
from chancery.commands.readable import lines_of
from chancery.commands.result_files import Folder, MadeFile, made_files, plain_name
from chancery.commands.tables import show
from tests.unit.client.conftest import KEY

Run = Callable[..., Result]


@pytest.fixture
def run(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def command(*words: str | Path, **environment: str) -> Result:
        known = {"CHANCERY_API_URL": server.url, "CHANCERY_API_KEY": KEY, "LANG": "C"}
        return CliRunner().invoke(main, [str(word) for word in words], env=known | environment)

    return command


def a_file(document_id: str, filename: str) -> dict[str, Any]:
    return {
        "document_id": document_id,
        "filename": filename,
        "media_type": "application/octet-stream",
        "bytes": 3,
        "sha256": "0" * 64,
    }


@pytest.fixture
def fixed(server: Any) -> dict[str, Any]:
    """The result of jobs: it names a file that can be downloaded."""
    server.contents = {"doc_1": ("notice.fixed.docx", b"fixed")}
    result = {"changes": [], "file": a_file("doc_1", "notice.fixed.docx")}
    server.ending = {"status": "succeeded", "result": result}
    return result


def test_files_of_tasks_are_saved_beside_the_results(
    server: Any, run: Run, fixed: dict[str, Any], tmp_path: Path
) -> None:
    for folder in ("", "other"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "notice.docx").write_bytes(b"notice")
    result = run("submit", "summarize", "notice.docx", "other/notice.docx", "--out", "out")
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "notice.docx.json", "notice.docx.2.json", "notice.fixed.docx", "notice.fixed.2.docx",
    }  # fmt: skip
    assert (tmp_path / "out/notice.fixed.docx").read_bytes() == b"fixed"
    assert "Saved out/notice.fixed.docx" in result.stderr
    assert json.loads((tmp_path / "out/notice.docx.json").read_text()) == fixed


def test_a_file_that_cannot_be_saved_is_a_failure(
    server: Any, run: Run, fixed: dict[str, Any], tmp_path: Path
) -> None:
    server.contents = {}
    (tmp_path / "notice.docx").write_bytes(b"notice")
    result = run("submit", "summarize", "notice.docx", "--out", "out")
    assert result.exit_code == 1
    assert "notice.fixed.docx not saved" in result.stderr


def test_the_result_and_the_files_of_one_job_are_saved(
    server: Any, run: Run, fixed: dict[str, Any], tmp_path: Path
) -> None:
    server.jobs = {"job_1": server.job("job_1", {"task": "summarize"}) | server.ending}
    result = run("job", "job_1", "--out", "out")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out/notice.fixed.docx").read_bytes() == b"fixed"
    assert json.loads((tmp_path / "out/job_1.json").read_text()) == fixed


def test_a_document_is_downloaded_under_its_name(
    run: Run, fixed: dict[str, Any], tmp_path: Path
) -> None:
    result = run("document", "get", "doc_1")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "notice.fixed.docx").read_bytes() == b"fixed"
    again = run("document", "get", "doc_1")
    assert again.exit_code == 1
    assert "notice.fixed.docx exists" in again.stderr
    assert run("document", "get", "doc_1", "--force").exit_code == 0
    assert run("document", "get", "doc_1", "--out", "b.docx").exit_code == 0
    assert (tmp_path / "b.docx").read_bytes() == b"fixed"
    assert run("document", "get", "doc_2").exit_code == 1


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("notice.docx", "notice.docx"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "document"),
        (".bashrc", "bashrc"),
        ("/", "document"),
        ("通知.docx", "通知.docx"),
    ],
)
def test_a_name_does_not_leave_its_folder(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_files_are_found_anywhere_in_a_result_once() -> None:
    first, second = a_file("doc_1", "a.pdf"), a_file("doc_2", "a.pdf")
    result = {"parts": [{"file": first}, {"more": [second, first]}], "document_id": "doc_3"}
    assert list(made_files(result)) == [MadeFile("doc_1", "a.pdf"), MadeFile("doc_2", "a.pdf")]
    assert list(made_files(None)) == []
    folder = Folder(Path("out"))
    names = [folder.new_path("a.pdf").name for _ in range(3)]
    assert names == ["a.pdf", "a.2.pdf", "a.3.pdf"]


def test_results_are_text_for_people_on_request(server: Any, run: Run, tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_text("x")
    result = run("submit", "summarize", "notice.txt", "--wait", "--format", "text")
    first, *rest = result.stdout.splitlines()
    assert first.split()[0] == "notice.txt"
    assert first.split()[2] == "succeeded"
    assert rest == ["  result:", "    summary: short"]


def test_json_becomes_indented_text() -> None:
    value = {
        "ok": True, "none": None, "empty": [], "quote": "a\nb",
        "rows": [{"a": 1, "b": [2, 3]}, "text"],
    }  # fmt: skip
    assert list(lines_of(value)) == [
        "ok: yes", "quote: a", "       b", "rows:", "  - a: 1", "    b:", "      - 2", "      - 3",
        "  - text",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "environment", "language"),
    [
        ((), {}, None),
        ((), {"LANG": "zh_CN.UTF-8"}, "zh"),
        (("--lang", "en"), {"LANG": "zh_CN.UTF-8"}, "en"),
        (("--lang", "zh"), {}, "zh"),
    ],
)
def test_the_language_is_that_of_the_person(
    server: Any, run: Run, words: tuple[str, ...], environment: dict[str, str], language: str | None
) -> None:
    assert run("tasks", *words, **environment).exit_code == 0
    assert server.requests[-1].language == language


def test_control_characters_of_documents_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hostile = "a\x1b]0;title\x07\x9b2Jb\t甲　乙\r"
    safe = "a\\x1b]0;title\\x07\\x9b2Jb\t甲　乙"
    assert list(lines_of({"text": hostile, hostile: 1})) == [f"text: {safe}", f"{safe}\\x0d: 1"]
    show(("FILE",), [(hostile,)])
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\\x1b]0;title" in printed
