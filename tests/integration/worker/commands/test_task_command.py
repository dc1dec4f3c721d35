"""`chancery task`, with the stand-in engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from standin.engine_process import StandInControl, running_standin
from tests.unit.tasks.department_tasks.own_tasks import written
from worker.commands.task import task
from worker.commands.up import up

CASES = [
    {
        "name": "square",
        "text": "The square is cleaned from 3 May.",
        "options": {"language": "English"},
        "expect": {
            "equal": {"/summary": "Cleaned."},
            "contains": {"/items/*/quote": ["3 May"]},
            "passes": ["quotes-in-source"],
        },
    },
    {
        "name": "lamp",
        "file": "cases/lamp.md",
        "options": {"language": "English"},
        "expect": {"equal": {"/summary": "A lamp.", "/items": []}},
    },
]
REPORT = [{"check": "quotes-in-source", "at": ["/items/*/quote"], "on_failure": "report"}]


@pytest.fixture(scope="module")
def engine() -> Iterator[StandInControl]:
    with running_standin() as engine:
        engine.control(
            answer=json.dumps({"summary": "Cleaned.", "items": [{"quote": "from 3 May"}]})
        )
        yield engine


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "lamp.md").write_text("# The lamp\n\nIt is broken.")
    path = tmp_path / "permit.yaml"
    path.write_text(written(checks=REPORT, cases=CASES))
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        task, [str(one) for one in arguments], env={"CHANCERY_ENGINE_URL": ""}
    )


def test_a_table_shows_for_each_case_whether_it_passed_and_the_differences(
    file: Path, engine: StandInControl
) -> None:
    result = run("test", file, "--engine-url", engine.url)
    assert result.exit_code == 1, result.output
    head, square, lamp, more, count = result.output.splitlines()
    assert head.split() == ["CASE", "RESULT", "SECONDS", "TOKENS", "DIFFERENCES"]
    assert square.split()[:2] == ["square", "passed"]
    prompt, plus, completion = square.split()[3:]
    assert (int(prompt) > 50, plus, int(completion) > 5) == (True, "+", True)
    assert lamp.split()[:2] == ["lamp", "failed"]
    assert "/summary is 'Cleaned.', not 'A lamp.'" in lamp
    assert "/items is [{'quote': 'from 3 May'}], not []" in more
    assert count == "1 of 2 passed"


def test_a_failed_check_is_shown_as_a_difference(file: Path, engine: StandInControl) -> None:
    expect = {"expect": {"passes": ["quotes-in-source"], "contains": {"/summary": ["nothing"]}}}
    file.write_text(written(checks=REPORT, cases=[{**CASES[1], **expect}]))
    output = run("test", file, "--engine-url", engine.url).output
    assert "/summary does not contain “nothing”" in output
    assert "quotes-in-source failed at /items/0/quote: “from 3 May” does not stand" in output
    file.write_text(written(cases=[{**CASES[1], **expect}]))
    output = run("test", file, "--engine-url", engine.url).output
    assert "checks-failed: at /items/0/quote: “from 3 May” does not stand" in output


def test_one_case_can_be_selected(file: Path, engine: StandInControl) -> None:
    result = run("test", file, "--engine-url", engine.url, "--case", "square")
    assert (result.exit_code, "lamp" in result.output) == (0, False)
    assert "1 of 1 passed" in result.output
    unknown = run("test", file, "--engine-url", engine.url, "--case", "none")
    assert unknown.exit_code == 2
    assert "there are square, lamp" in unknown.output


def test_the_cases_of_another_file_are_run(
    file: Path, engine: StandInControl, tmp_path: Path
) -> None:
    """As `chancery approval cases` writes them, with their documents beside them."""
    folder = tmp_path / "corrections"
    folder.mkdir()
    (folder / "job_2-notice.txt").write_text("The square is cleaned from 3 May.")
    options = {"language": "English"}
    cases: list[dict[str, object]] = [
        {"name": "job_1", "text": "From 3 May.", "options": options, "expect": {"equal": {}}},
        {
            "name": "job_2",
            "file": "job_2-notice.txt",
            "options": options,
            "expect": {"equal": {"/summary": "It is cleaned."}},
        },
    ]
    path = folder / "cases.json"
    path.write_text(json.dumps({"cases": cases}))
    result = run("test", file, "--engine-url", engine.url, "--cases", path)
    assert result.exit_code == 1, result.output
    assert "/summary is 'Cleaned.', not 'It is cleaned.'" in result.output
    assert "1 of 2 passed" in result.output
    for wrong in ({"file": "../permit.yaml", "text": None}, {"options": {"tone": 1}}, {"x": 1}):
        path.write_text(json.dumps({"cases": [cases[0] | wrong]}))
        refused = run("test", file, "--engine-url", engine.url, "--cases", path)
        assert refused.exit_code == 1
        assert "cases.json" in refused.output


def test_a_missing_engine_is_an_error_that_says_what_to_do(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = run("test", file)
    assert none.exit_code == 2
    assert "give --engine-url or CHANCERY_ENGINE_URL" in none.output
    monkeypatch.setattr("worker.commands.task.HEALTHY_SECONDS", 0.2)
    away = run("test", file, "--engine-url", "http://127.0.0.1:1")
    assert away.exit_code == 1
    assert "the engine at http://127.0.0.1:1 is not healthy" in away.output


def test_a_file_without_cases_cannot_be_tested(file: Path) -> None:
    file.write_text(written())
    result = run("test", file)
    assert (result.exit_code, "has no `cases`" in result.output) == (2, True)


def test_a_folder_is_checked_without_an_engine(file: Path) -> None:
    result = run("check", file.parent)
    assert result.exit_code == 0
    assert result.output.startswith("ok permit.yaml: permit 1+")
    assert result.output.endswith(", 2 cases\n")
    (file.parent / "other.yml").write_text("name: other\n")
    file.write_text(file.read_text().replace('"permit"', '"summarize"'))
    result = run("check", file.parent)
    assert result.exit_code == 1
    assert "permit.yaml:2:10: name: `summarize` is a built-in name" in result.output
    assert "other.yml:1:1: prompt: is missing: add it" in result.output
    assert "no tasks" in run("check", file.parent / "cases").output


def test_a_file_with_an_error_is_not_tested(file: Path) -> None:
    file.write_text(file.read_text().replace("${document}", "${documnet}"))
    for command in ("test", "check"):
        result = run(command, file)
        assert result.exit_code == 1
        assert "unknown placeholder ${documnet}" in result.output


def test_the_system_does_not_start_with_an_invalid_task(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("nmae: x\n")
    data_dir = tmp_path / "var"
    folders = ["--tasks-dir", str(tmp_path), "--data-dir", str(data_dir)]
    result = CliRunner().invoke(up, folders)
    assert result.exit_code == 1
    assert "departments' own tasks cannot be used" in result.output
    assert "a.yaml:1:1: nmae: unknown field" in result.output
    assert not data_dir.exists()
