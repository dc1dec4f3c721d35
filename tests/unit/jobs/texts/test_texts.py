"""The catalogues of texts: complete in both languages, and every text that pages use exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobs.batches.estimate import StallReason
from jobs.model.states import JobStatus
from jobs.texts import Language, language_of, texts
from tasks.registry import BUILT_IN

ROOT = Path(__file__).parents[4]
ZH, EN = texts(Language.zh), texts(Language.en)
_PLACEHOLDER = re.compile(r"{(\w+)}")
_USED = re.compile(r"""\bt\(\s*"([^"]+)"\s*[,)]""")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_both_catalogues_have_the_same_texts() -> None:
    assert ZH.keys() ^ EN.keys() == set()


@pytest.mark.parametrize("key", sorted(ZH.keys()))
def test_a_text_has_the_same_placeholders_in_both_languages(key: str) -> None:
    zh, en = ZH(key), EN(key)
    assert sorted(_PLACEHOLDER.findall(zh)) == sorted(_PLACEHOLDER.findall(en))
    assert zh.strip()
    assert en.strip()


def test_the_english_texts_are_english() -> None:
    allowed = {"console.other_language", "console.secrecy.text"}
    assert [key for key in EN.keys() - allowed if _CHINESE.search(EN(key))] == []


def test_every_text_of_the_pages_exists() -> None:
    paths = [*(ROOT / "api/console").rglob("*.html"), *(ROOT / "api/console").rglob("*.py")]
    used = {key for path in paths for key in _USED.findall(path.read_text())}
    assert used
    assert used - ZH.keys() == set()


def test_every_option_of_a_task_has_a_name() -> None:
    for task in BUILT_IN.values():
        for option in task.options.model_json_schema(by_alias=True)["properties"]:
            assert ZH.get(f"option.{option}"), option


def test_every_state_of_a_job_and_every_stall_has_a_name() -> None:
    assert {f"status.{state}" for state in JobStatus} <= ZH.keys()
    assert {f"stall.{reason}" for reason in StallReason} <= ZH.keys()


def test_a_code_without_a_text_is_shown_as_it_is() -> None:
    assert ZH.of("role", "staff") == "工作人员"
    assert ZH.of("role", "x<y") == "x<y"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "zh"), ("", "zh"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB", "en"),
        ("fr, en;q=0.5, zh;q=0.7", "zh"), ("en;q=0, zh", "zh"), ("de", "zh"), ("en;q=x", "zh"),
        ("zh_CN.UTF-8", "zh"), ("en_US.UTF-8", "en"), ("," * 100_000, "zh"),
    ],
)  # fmt: skip
def test_the_language_is_the_first_that_there_are_texts_in(
    accepted: str | None, language: str
) -> None:
    assert language_of(accepted) == language
