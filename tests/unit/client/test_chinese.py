"""Everything that the command line prints has a Chinese text: help, messages, errors, click's own.

The texts are found in the source, so a new message without a translation fails here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from string import Formatter

import click
import pytest
from click.testing import CliRunner

from chancery.cli import CLIENT_COMMANDS, SECTIONS, SERVER_SECTION, main
from chancery.commands.localized import CLICK_MODULES, localized
from chancery.messages import catalogue, language_of, message
from chancery.server_commands import load, server_commands
from jobs.batches.batch import BatchStatus
from jobs.model.account import Role
from jobs.model.lanes import Lane
from jobs.model.states import CallbackStatus, JobStatus, JobSubstatus
from jobs.texts import Language
from jobs.texts.translation import translation
from worker.commands.department.arguments import QUOTA_FIELDS
from worker.commands.messages import message as server_message

ROOT = Path(__file__).parents[3]
# Two words, or one after a mark, are English for people; names of options and members are not.
ENGLISH = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}")
# What is not translated: commands, their usage and examples, names and values.
NAMES = re.compile(r"`[^`]*`|'[^']*'|\[[^]]*\]|^ +chancery .*|^用法：.*", re.MULTILINE)
# The functions that translate what they are given; those of tables, their columns.
TABLES = {"show", "show_failures", "print_records"}
TRANSLATING = {"message", "detail", *TABLES}
# Arguments of click's decorators, translated when help is printed.
HELP_ARGUMENTS = {"help", "epilog", "short_help"}
# Doctor's own test has its lines; the other has the names of commands.
ELSEWHERE = {"doctor.py", "recording.py"}
# Errors of programs that use the client, and of click's own callers.
FOR_PROGRAMMERS = {
    "Value must be an iterable.",
    "Could not determine name for option with declarations {decls!r}",
    "Arguments take exactly one parameter declaration, got {length}: {decls}.",
    "Name '{name}' defined twice",
    "Boolean option {decl!r} cannot use the same flag for true/false.",
    "Invalid start character for option ({option})",
    "Unknown color {colour!r}",
}

# Values of the api in tables, and the settings that `department show` lists.
VALUES = [
    one.value
    for kind in (JobStatus, JobSubstatus, BatchStatus, CallbackStatus, Lane)
    for one in kind
]
SETTINGS = (
    *("department", "display_name", "callback_allow", "weight", *QUOTA_FIELDS.values(), "window"),
    *("allow_secrecy", "approval", "key", "secret", "header", "set", "format", "gone"),
)
SIGN_IN = ("provider", "password")


@dataclass(frozen=True)
class Part:
    """A part of the command line, with its texts by their English."""

    folders: tuple[Path, ...]
    texts: Mapping[str, str]
    commands: Mapping[str, click.Command]


def parts() -> dict[str, Part]:
    client = ROOT / "client/src/chancery"
    commands = {name: load(point) for name, point in server_commands().items()}
    return {
        "client": Part((client / "commands", client), catalogue(), {**CLIENT_COMMANDS, "": main}),
        "server": Part((ROOT / "worker/commands",), translation(Language.zh).commands(), commands),
    }


PARTS = parts()
both = pytest.mark.parametrize("part", PARTS.values(), ids=PARTS.keys())


def sources(part: Part) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted({each for folder in part.folders for each in folder.rglob("*.py")}):
        yield path, ast.parse(path.read_text())


def messages(part: Part) -> Iterator[str]:
    """The texts that the source gives to `message`, and the columns of its tables."""
    for _, tree in sources(part):
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name == "message" and isinstance(call.args[0], ast.Constant):
                yield str(call.args[0].value)
            if name in TABLES:
                yield from (
                    node.value
                    for node in ast.walk(call.args[0])
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                )


def help_texts(part: Part) -> list[str]:
    found: list[str] = []

    def translate(text: str) -> str:
        found.append(text)
        return text

    for command in part.commands.values():
        localized(command, translate)
    return found


def click_texts() -> Iterator[str]:
    for name in CLICK_MODULES:
        tree = ast.parse(Path(str(import_module(f"click.{name}").__file__)).read_text())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in {"_", "ngettext"}:
                yield from (str(each.value) for each in call.args if isinstance(each, ast.Constant))


def fields(template: str) -> set[str]:
    return {
        f"{name}{':' if spec else ''}{spec}"
        for _, name, spec, _ in Formatter().parse(template)
        if name is not None
    }


@both
def test_every_message_has_a_translation(part: Part) -> None:
    assert [text for text in messages(part) if text not in part.texts] == []


def test_every_value_in_a_table_has_a_translation() -> None:
    assert [value for value in VALUES if value not in catalogue()] == []
    words = (*SETTINGS, *SIGN_IN, *map(str, Role))
    assert [word for word in words if word not in PARTS["server"].texts] == []


@both
def test_every_help_text_has_a_translation(part: Part) -> None:
    assert [text for text in help_texts(part) if text not in part.texts] == []


def test_every_text_of_click_for_people_has_a_translation() -> None:
    texts = set(click_texts())
    assert "Missing command." in texts
    unknown = {
        text
        for text in texts - set(catalogue()) - FOR_PROGRAMMERS
        if ENGLISH.search(text) and "Deprecat" not in text and "declare" not in text
    }
    # `path` and `file` are metavars, and the confirmation is not used.
    assert unknown == {"Do you want to continue?", "Confirm the action without prompting."}


@both
def test_a_translation_has_the_placeholders_of_its_text(part: Part) -> None:
    names = {"name", "number_type"}  # of click's texts, left out in Chinese
    different = {
        text: chinese
        for text, chinese in part.texts.items()
        if fields(text) - fields(chinese) - names or fields(chinese) - fields(text)
    }
    assert different == {}


@both
def test_no_message_goes_out_without_its_translation(part: Part) -> None:
    """A text of several words outside `message`, and not part of a help text, was forgotten."""
    helps = "\n".join(help_texts(part))
    known = translation(Language.zh).known_sentence
    forgotten = [
        f"{path.relative_to(ROOT)}:{line} {text}"
        for path, tree in sources(part)
        if "commands" in path.parts and path.name not in ELSEWHERE
        for line, text in untranslated(tree)
        if text not in helps and known(text) is None
    ]
    assert forgotten == []


def untranslated(tree: ast.Module) -> Iterator[tuple[int, str]]:
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))  # a docstring
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            translated = node.args if name in TRANSLATING else []
            helps = [each.value for each in node.keywords if each.arg in HELP_ARGUMENTS]
            skipped |= {id(each) for top in (*translated, *helps) for each in ast.walk(top)}
        if (
            isinstance(node, ast.Constant)
            and id(node) not in skipped
            and isinstance(node.value, str)
            and ENGLISH.search(node.value)
        ):
            yield node.lineno, node.value


def spoken(tree: ast.Module, names: set[str]) -> Iterator[str]:
    """The texts given to the functions, with a word for each placeholder."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if isinstance(call.func, ast.Name):
            name = call.func.id
        first = call.args[0] if name in names and call.args else None
        if isinstance(first, ast.Constant):
            yield str(first.value)
        elif isinstance(first, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "x" for p in first.values)
            yield "".join(map(str, parts))


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("worker/supervise", {"CannotStart", "EngineUnusable", "report", "_report"}),
        ("worker/engine", {"ModelUnusable", "CardsUnusable"}),
        ("jobs/audit", {"AuditKeyUnusable", "append"}),
        ("jobs/backup", {"BackupFailed"}),
        ("jobs/sealing", {"UnusableKeys"}),
    ],
)
def test_what_other_parts_report_to_the_commands_has_a_translation(
    folder: str, names: set[str]
) -> None:
    known = translation(Language.zh).known_sentence
    texts = [
        text
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in spoken(ast.parse(path.read_text()), names)
        if ENGLISH.search(text)
    ]
    assert texts
    assert [text for text in texts if known(text) is None] == []


@both
def test_the_catalogue_has_no_text_that_is_not_used(part: Part) -> None:
    used = {*messages(part), *help_texts(part), *click_texts(), *SECTIONS, SERVER_SECTION}
    used |= {"Examples:", "Example:", "required", "DEPARTMENT"}
    if part is PARTS["server"]:
        used |= {"valid", "expired", "revoked", "CASE", "RESULT", "SECONDS", "TOKENS"}
        used |= {"DIFFERENCES", *SETTINGS, *SIGN_IN, *map(str, Role)}
    else:
        used |= set(VALUES)
    assert [text for text in part.texts if text not in used] == []


@pytest.mark.parametrize(
    ("words", "environment", "printed"),
    [
        (("--help",), {"LANG": "zh_CN.UTF-8"}, "为每个 FILE 提交一个作业"),
        (("--help", "--lang", "zh"), {}, "检查系统的各个部分"),
        (("submit", "--help"), {"LANG": "zh_CN.UTF-8"}, "显示本帮助并退出。"),
        (("department", "create", "--help", "--lang=zh"), {}, "允许的回调目标"),
        (("jobs", "--limit", "x", "--lang", "zh"), {}, "错误：'--limit' 的值无效"),
        (("jobs", "--lang", "zh"), {}, "没有 API 密钥"),
        (("department", "show", "TAX", "--lang", "zh"), {}, "不能用作部门标识"),
        (("pause", "--data-dir", "/none", "--lang", "zh"), {}, "请用 --department 或 --lane"),
        (("department", "list", "--data-dir", "/none"), {"LANG": "zh_CN"}, "没有正在运行的系统"),
        (("jobs", "--all", "--data-dir", "/none", "--lang", "zh"), {}, "没有正在运行的系统"),
        (("--help", "--lang", "en"), {"LANG": "zh_CN.UTF-8"}, "Check every part of the system."),
    ],
)
def test_the_command_line_is_in_the_language_of_the_option_or_the_environment(
    words: tuple[str, ...], environment: dict[str, str], printed: str
) -> None:
    empty = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "C", "CHANCERY_REDIS_URL": None}
    result = CliRunner().invoke(main, words, env={**empty, "CHANCERY_API_KEY": None, **environment})
    assert printed in result.output
    if "zh" in str(words) + str(environment) and "en" not in words:
        english = ENGLISH.search(NAMES.sub("", result.output))
        assert english is None, english


def test_the_language_ends_with_the_command() -> None:
    CliRunner().invoke(main, ["jobs", "--lang", "zh"])
    assert message("Saved {path}", path="a") == "Saved a"
    with language_of(["--lang", "zh"], {}):
        assert message("Saved {path}", path="a{b}") == "已保存 a{b}"
    assert server_message("no limit") in {"no limit", "不限"}


def test_chinese_help_fits_into_80_columns() -> None:
    shown = CliRunner().invoke(main, ["batch", "results", "--help", "--lang", "zh"]).output
    paragraph = shown.split("选项")[0].splitlines()
    assert len(paragraph) > 5
    assert max(sum(2 if ord(each) > 0x2E80 else 1 for each in line) for line in paragraph) <= 80
