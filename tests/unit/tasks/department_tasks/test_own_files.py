"""Validation of task files: all problems are reported with their lines, and nothing crashes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tasks.department_tasks.file import MOST_TASKS, read_file, read_folder
from tasks.department_tasks.problems import TaskFilesRefused
from tasks.department_tasks.run import task_of
from tasks.department_tasks.yaml_text import MOST_BYTES, MOST_DEPTH, MOST_VALUES
from tasks.registry import BUILT_IN
from tests.unit.tasks.department_tasks.own_tasks import written

EXAMPLES = Path(__file__).parents[4] / "docs/examples/tasks"
GOOD = """\
name: permit
version: "1"
description: Sums up.
prompt:
  user: |
    ${document}
    In ${options.language}.
options_schema:
  type: object
  properties:
    language: {type: string}
  required: [language]
result_schema:
  type: object
  properties:
    summary: {type: string}
    day: {type: string}
checks:
  - check: max-length
    at: [/summary]
    most: 100
cases:
  - name: first
    text: Some text.
    options: {language: en}
    expect:
      equal: {/day: 2026-03-05}
      passes: [max-length]
"""


def refused(tmp_path: Path, text: str | bytes) -> Sequence[str]:
    """The problems of a file with this text; empty if it is valid."""
    path = tmp_path / "a.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        read_file(path)
    except TaskFilesRefused as error:
        return [str(problem) for problem in error.problems]
    return []


def test_the_file_that_these_tests_change_is_valid(tmp_path: Path) -> None:
    assert refused(tmp_path, GOOD) == []
    assert refused(tmp_path, "\ufeff" + GOOD.replace("\n", "\r\n")) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # YAML and its traps
        ("  user: |", "  user: [", "a.yaml:6:6: this is not YAML"),
        ("    most: 100", "\tmost: 100", "a.yaml:21:1: this is not YAML"),
        ("name: permit", "name: permit\nname: other", "a.yaml:2:1: name: `name` is repeated"),
        ("name: permit", "name: &a permit", "a.yaml:1:7: anchors"),
        ("description: Sums up.", "description: *a", "a.yaml:3:14: anchors"),
        ("description: Sums up.", "description: !!str up", "a.yaml:3:14: tags"),
        ("description: Sums up.", "description: no", "a.yaml:3:14: description: `no` is ambiguous"),
        ("description: Sums up.", "description: OFF", "`OFF` is ambiguous"),
        ("language: {", "on: {", "a.yaml:11:5: options_schema.properties: `on` is ambiguous"),
        ("name: permit", "? [a]\n: 1\nname: permit", "a.yaml:1:3: a name must be text"),
        ("cases:", "---\ncases:", "a.yaml:22:1: a second document"),
        ("Sums up.", '"\\u0007"', "a.yaml:3:14: description: contains a control character"),
        ("Sums up.", '"\\ud800"', "a.yaml:3:14: description: contains a control character"),
        ("Sums up.", "\x07", "a.yaml:3:14: a character that YAML does not allow"),
        ("Sums up.", "[" * 60 + "]" * 60, f"a.yaml:3:53: nested deeper than {MOST_DEPTH}"),
        ("Sums up.", str(["a"] * MOST_VALUES), f"more than {MOST_VALUES} values"),
        # Fields
        ("name: permit\n", "", "a.yaml:1:1: name: is missing: add it"),
        ("name: permit", "name: Permit", "a.yaml:1:7: name: string should match"),
        ("description:", "descripton:", "a.yaml:3:1: descripton: unknown field"),
        (
            'version: "1"',
            "version: 1.10",
            'a.yaml:2:10: version: must be text: put it in quotes, "1.10"',
        ),
        ("description: Sums up.", "description: [a]", "a.yaml:3:14: description: must be text"),
        ("description: Sums up.", "description:", "a.yaml:3:13: description: must be text"),
        ("description: Sums up.", "departments: []", "a.yaml:3:14: departments: list should have"),
        ("  user: |", "  sytem: x\n  user: |", "a.yaml:5:3: prompt.sytem: unknown field"),
        ("cases:", "max_tokens: 1e9\ncases:", "a.yaml:22:13: max_tokens: must be a whole number"),
        ("cases:", "max_tokens: 9000\ncases:", "a.yaml:22:13: max_tokens: input should be less"),
        ("cases:", "long_documents: cut\ncases:", "a.yaml:22:17: long_documents: input should be"),
        # The prompt
        (
            "${document}",
            "the document",
            "a.yaml:5:9: prompt.user: must have ${document} exactly once",
        ),
        ("${document}", "${document}\n    ${document}", "a.yaml:7:5: prompt.user: must have"),
        (
            "In ${options.language}",
            "In ${options.langage}",
            "a.yaml:7:8: prompt.user: unknown placeholder ${options.langage}",
        ),
        (
            "In ${options.language}",
            "In ${__class__}",
            "a.yaml:7:8: prompt.user: unknown placeholder",
        ),
        ("In ${options.language}", "For $5", "a.yaml:7:9: prompt.user: write $$"),
        (
            "  required: [language]\n",
            "",
            "a.yaml:7:8: prompt.user: the option `language` is optional",
        ),
        (
            "  user: |",
            "  system: ${document}\n  user: |",
            "a.yaml:5:11: prompt.system: ${document} belongs in",
        ),
        # Schemas
        (
            "language: {type: string}",
            "language: {type: strin}",
            "a.yaml:11:22: options_schema.properties.language.type: not a JSON Schema",
        ),
        (
            "summary: {type: string}",
            "summary: {$ref: '#/$defs/x'}",
            "there is nothing at #/$defs/x",
        ),
        (
            "summary: {type: string}",
            "summary: {pattern: '(?=a)'}",
            "the pattern cannot be used",
        ),
        (
            "summary: {type: string}",
            "summary: {pattern: 'a{99999999999}'}",
            "result_schema.properties.summary.pattern: /properties/summary/pattern: the",
        ),
        (
            "language: {type: string}",
            "language: {type: string, default: 5}",
            "a.yaml:11:39: options_schema.properties.language.default: does not fit",
        ),
        (
            "language: {type: string}",
            "language: {type: string}\n    a b: {type: string}",
            "a.yaml:12:5: options_schema.properties.a b: an option's name",
        ),
        (
            "summary: {type: string}",
            "summary: {anyOf: [{$ref: '#/properties/summary'}]}",
            "leads back to itself",
        ),
        # Checks
        (
            "check: max-length",
            "check: max-lenght",
            "a.yaml:19:12: checks[0].check: must be one of quotes-in-source",
        ),
        (
            "  - check: max-length\n",
            "  - on_failure: fail\n",
            "a.yaml:19:5: checks[0].check: must be one of",
        ),
        (
            "at: [/summary]",
            "at: [/sumary]",
            "a.yaml:20:10: checks[0].at[0]: result_schema has nothing at /sumary",
        ),
        ("at: [/summary]", "at: [summary]", "a.yaml:20:10: checks[0].at[0]: string should match"),
        ("    most: 100\n", "", "a.yaml:19:5: checks[0].most: is missing"),
        (
            "most: 100",
            "most: 100\n    on_failure: warn",
            "a.yaml:22:17: checks[0].on_failure: input should be 'fail' or 'report'",
        ),
        (
            "check: max-length\n    at: [/summary]\n    most: 100",
            "check: one-of\n    option: x\n    at: [/summary]",
            "a.yaml:20:13: checks[0].option: there is no option",
        ),
        (
            "check: max-length",
            "check: matches\n    pattern: '(?=a)c'",
            "a.yaml:20:14: checks[0].pattern: not a regular expression of RE2",
        ),
        # Cases
        (
            "options: {language: en}",
            "options: {langage: en}",
            "a.yaml:25:14: cases[0].options: does not fit options_schema",
        ),
        ("    text: Some text.\n", "", "a.yaml:23:5: cases[0]: give either `text` or `file`"),
        (
            "text: Some text.",
            "file: ../secret.txt",
            "a.yaml:24:11: cases[0].file: must be in the folder",
        ),
        (
            "text: Some text.",
            "file: none.txt",
            "a.yaml:24:11: cases[0].file: there is no such file",
        ),
        (
            "passes: [max-length]",
            "passes: [matches]",
            "a.yaml:28:16: cases[0].expect.passes[0]: the task has no check",
        ),
        (
            "cases:",
            "cases:\n  - {name: first, text: x, options: {language: en}}",
            "a.yaml:24:11: cases[1].name: another case",
        ),
    ],
)
def test_a_problem_is_reported_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    problems = refused(tmp_path, GOOD.replace(old, new, 1))
    assert any(said in problem for problem in problems), problems


def test_the_problems_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("version", "versoin").replace("100", "x"))
    (tmp_path / "b.yml").write_text(GOOD.replace("/summary", "/none").replace("${document}", "x"))
    (tmp_path / "c.yaml").write_text("")
    (tmp_path / "notes.txt").write_text("not a task")
    (tmp_path / ".hidden.yaml").write_text("nor this")
    with pytest.raises(TaskFilesRefused) as caught:
        read_folder(tmp_path, BUILT_IN)
    found = [(one.file, one.line, one.field) for one in caught.value.problems]
    assert found == [
        ("a.yaml", 1, "version"),
        ("a.yaml", 2, "versoin"),
        ("a.yaml", 21, "checks[0].most"),
        ("b.yml", 5, "prompt.user"),
        ("b.yml", 20, "checks[0].at[0]"),
        ("c.yaml", 1, ""),
    ]


def test_a_file_that_is_not_text_or_too_large_is_refused(tmp_path: Path) -> None:
    (latin,) = refused(tmp_path, GOOD.encode().replace(b"Sums up.", "é".encode("latin-1")))
    assert latin.startswith("a.yaml:3:1: the file is not UTF-8")
    (large,) = refused(tmp_path, GOOD + "#" * MOST_BYTES)
    assert "larger than 128 KiB" in large
    (nothing,) = refused(tmp_path, b"")
    assert nothing.startswith("a.yaml:1:1: a task's file has")


@pytest.mark.parametrize("name", ["summarize", "callback"])
def test_a_task_cannot_have_a_built_in_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("name: permit", f"name: {name}"))
    with pytest.raises(TaskFilesRefused, match=rf"a.yaml:1:7: name: `{name}` is a built-in name"):
        read_folder(tmp_path, BUILT_IN)


def test_two_files_cannot_have_the_same_name(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(TaskFilesRefused, match=r"b.yaml:1:7: name: .* is also the task in a.yaml"):
        read_folder(tmp_path, BUILT_IN)


def test_a_folder_that_is_missing_or_has_too_many_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskFilesRefused, match="check CHANCERY_TASKS_DIR"):
        read_folder(tmp_path / "none", BUILT_IN)
    for number in range(MOST_TASKS + 1):
        (tmp_path / f"{number}.yaml").touch()
    with pytest.raises(TaskFilesRefused, match="at most 150 tasks"):
        read_folder(tmp_path, BUILT_IN)


def test_the_version_differs_for_files_that_give_other_results(tmp_path: Path) -> None:
    def version(text: str) -> str:
        path = tmp_path / "a.yaml"
        path.write_text(text)
        file = read_file(path)
        return task_of(file.definition, file.digest).version

    same = [GOOD, GOOD.replace("Some text.", "Another."), GOOD.replace("Sums up.", "Sums it up.")]
    assert len({version(text) for text in same}) == 1
    others = [GOOD.replace("In $", "in $"), GOOD.replace("100", "101"), GOOD]
    assert len({version(text) for text in others}) == len(others)
    assert version(GOOD).startswith("1+")


def test_the_examples_are_valid() -> None:
    files = read_folder(EXAMPLES, BUILT_IN)
    assert {file.definition.name for file in files} == {"permit_summary", "complaint_triage"}
    assert all(file.definition.cases for file in files)


SEEDS = [GOOD, written(), *(path.read_text() for path in sorted(EXAMPLES.glob("*.yaml")))]
PIECES = ["&a ", "*a", "!!x ", "[", "]", "{", "}", ": ", "- ", "\n", "  ", "|", ">", '"', "'", "#",
          "<<: ", "? ", "\t", "\0", "…", "0", "-1", "1e99", ".inf", "null", "yes", "~", "${", "$",
          "$ref: '#'", "type: object", "/", "*", "\\", "%", "---\n", "...\n", "𠮷"]  # fmt: skip


def _mutated(text: str, seed: int) -> str:
    luck = random.Random(seed)
    for _ in range(luck.randint(1, 6)):
        at = luck.randrange(len(text) + 1)
        to = min(len(text), at + luck.choice((0, 0, 1, 3, 20)))
        lines = text.splitlines(keepends=True) or [""]
        piece = luck.choice([*PIECES, luck.choice(lines), ""])
        text = text[:at] + piece + text[to:]
    return text


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(SEEDS), st.integers(0, 10**9))
def test_a_mutated_file_is_accepted_or_refused_and_never_crashes(
    tmp_path: Path, text: str, seed: int
) -> None:
    for problem in refused(tmp_path, _mutated(text, seed)):
        assert problem.startswith("a.yaml:")


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"{" * 5_000)
@example(b"- " * 5_000)
@example(b"? " * 5_000)
def test_any_bytes_are_refused_and_never_crash(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path, data)
