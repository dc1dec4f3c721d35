"""`chancery batch results`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from chancery.commands.batch.result_paths import result_path
from tests.unit.client.batch.command import Run, started, until
from tests.unit.client.fake_batch_api import error_line, job_line, json_lines


@pytest.fixture
def name(server: Any) -> str:
    server.batch_api.files = {
        "file_out": json_lines(job_line("a/甲.txt"), job_line("b\u2028")),
        "file_err": json_lines(error_line("c")),
    }
    counts = {"total": 3, "completed": 2, "failed": 1}
    name: str = server.batch_api.add(
        status="completed",
        output_file_id="file_out",
        error_file_id="file_err",
        request_counts=counts,
    )
    return name


def test_the_output_file_comes_to_stdout_as_it_is(server: Any, run: Run, name: str) -> None:
    result = run("results", name)
    assert result.exit_code == 0, result.output
    assert result.stdout_bytes == server.batch_api.files["file_out"]
    assert result.stderr == (
        "batch_1 completed: 2 of 3 lines succeeded, 1 failed; "
        "`chancery batch results batch_1 --errors FILE` saves the errors.\n"
    )


def test_both_files_are_saved(server: Any, run: Run, name: str, tmp_path: Path) -> None:
    out, errors = tmp_path / "out.jsonl", tmp_path / "errors.jsonl"
    assert run("results", name, "--out", out, "--errors", errors).exit_code == 0
    assert out.read_bytes() == server.batch_api.files["file_out"]
    assert errors.read_bytes() == server.batch_api.files["file_err"]


def test_a_folder_gets_a_file_a_line(run: Run, name: str, tmp_path: Path) -> None:
    result = run("results", name, "--out", f"{tmp_path / 'new'}/")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "new/a/甲.txt.json").read_text()) == {"summary": "a/甲.txt"}
    found = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    assert len(found) == 2


def test_files_that_tasks_made_are_saved_beside_the_results(
    server: Any, run: Run, name: str, tmp_path: Path
) -> None:
    made = {"media_type": "text/plain", "bytes": 1, "sha256": "0", "filename": "fixed.docx"}
    server.contents = {f"doc_{n}": ("fixed.docx", n.encode()) for n in "123"}
    server.batch_api.files["file_out"] = json_lines(
        *(
            job_line(custom_id, {"file": {"document_id": f"doc_{n}", **made}})
            for n, custom_id in (("1", "a/1"), ("2", "a/2"), ("3", "b"))
        )
    )
    result = run("results", name, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "a/fixed.docx").read_bytes() == b"1"
    assert (tmp_path / "a/fixed.2.docx").read_bytes() == b"2"
    assert (tmp_path / "fixed.docx").read_bytes() == b"3"
    server.contents = {}
    failed = run("results", name, "--out", tmp_path)
    assert failed.exit_code == 1
    assert "a/1" in failed.stderr


def test_results_too_large_for_a_line_are_fetched(
    server: Any, run: Run, name: str, tmp_path: Path
) -> None:
    line = job_line("a", result_url="http://x/r")
    line["response"]["body"]["result"] = None
    chat = {"custom_id": "b", "response": {"status_code": 200, "body": {"choices": []}}}
    server.batch_api.files["file_out"] = json_lines(line, chat)
    assert run("results", name, "--out", tmp_path).exit_code == 0
    assert json.loads((tmp_path / "a.json").read_text()) == {"summary": "long"}
    assert json.loads((tmp_path / "b.json").read_text()) == {"choices": []}


def test_a_result_that_cannot_be_written_is_named_and_the_others_are_written(
    server: Any, run: Run, name: str, tmp_path: Path
) -> None:
    line = job_line("a", result_url="http://x/r")
    line["response"]["body"]["result"] = None
    server.batch_api.files["file_out"] = json_lines(line, job_line("b"))
    server.answers = [None, None, lambda: web.Response(status=404)]
    result = run("results", name, "--out", tmp_path)
    assert result.exit_code == 1
    assert "WHY IT WAS NOT WRITTEN" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


def test_a_batch_that_goes_on_has_no_results_yet(server: Any, run: Run) -> None:
    result = run("results", server.batch_api.add(status="in_progress"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is still in_progress" in result.stderr


def test_an_ended_batch_without_results_gives_empty_files(
    server: Any, run: Run, tmp_path: Path
) -> None:
    name = server.batch_api.add(status="cancelled")
    out = tmp_path / "out.jsonl"
    assert run("results", name, "--out", out).exit_code == 0
    assert out.read_bytes() == b""
    assert run("results", name).stdout == ""


def test_a_kill_in_the_middle_leaves_no_half_file(server: Any, name: str, tmp_path: Path) -> None:
    server.batch_api.files["file_out"] = b"x" * 100_000
    server.batch_api.stalls_after = 50_000
    out = tmp_path / "out.jsonl"
    with started(server, "results", name, "--out", out) as process:
        try:
            until(lambda: any(path.stat().st_size for path in tmp_path.iterdir()))
        finally:
            process.kill()
    assert not out.exists()
    server.batch_api.stalls_after = None


@pytest.mark.parametrize(
    "custom_id",
    ["../out", "/etc/passwd", "a/../../b", "", ".", "a//b", "x\0y", "n" * 300, "c:/x", "a\nb"],
)
def test_no_line_leads_out_of_the_folder(tmp_path: Path, custom_id: str) -> None:
    place = result_path(tmp_path, custom_id)
    assert place.parent == tmp_path
    assert len(place.name.encode()) <= 255
    place.write_text("x")
    assert result_path(tmp_path, custom_id) == place


def test_a_file_or_a_link_in_the_way_of_a_folder_is_gone_around(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "out").symlink_to("/")
    (tmp_path / "d.json").mkdir()
    for custom_id in ("a/b", "out/tmp/x", "d"):
        assert result_path(tmp_path, custom_id).parent == tmp_path
    assert len({result_path(tmp_path, each) for each in ("a/b", "out/tmp/x", "d")}) == 3
