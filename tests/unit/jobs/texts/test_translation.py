from __future__ import annotations

import re
from typing import Any

import pytest

from documents.inventory.entry import Unread
from jobs.health.problem_types import PROBLEM_TYPES as HEALTH_TYPES
from jobs.model.problems import PROBLEM_TYPES, Problem
from jobs.texts import Language, texts
from jobs.texts.translation import Translation, language_of_environment, translation
from tasks.official_layout.rules import RULES
from tasks.registry import BUILT_IN

HAN = re.compile(r"[\u4e00-\u9fff]")
ZH, EN = translation(Language.zh), translation(Language.en)


@pytest.mark.parametrize("code", sorted(PROBLEM_TYPES))
def test_every_problem_has_both_languages(code: str) -> None:
    for text in (ZH.title(code), ZH.advice(code)):
        assert HAN.search(text)
    for text in (EN.title(code), EN.advice(code)):
        assert not HAN.search(re.sub(r"\(绝密, 机密 or 秘密\)", "", text))


def test_every_task_has_both_languages() -> None:
    for name, task in BUILT_IN.items():
        assert HAN.search(ZH.task_name(name)), name
        assert HAN.search(ZH.task_description(task)), name
        assert EN.task_name(name)[0].isupper(), name
        assert EN.task_description(task) == task.description


def test_there_are_texts_of_existing_problems_and_tasks_only() -> None:
    assert set(ZH._problems) == set(PROBLEM_TYPES)
    for language in Language:
        named = {key.split(".")[1] for key in texts(language).keys() if key.startswith("task.")}  # noqa: SIM118
        assert named == set(BUILT_IN)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, Language.en),
        ({"LANG": "zh_CN.UTF-8"}, Language.zh),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, Language.en),
        ({"LANG": "C", "LC_ALL": "", "LC_MESSAGES": "zh_CN"}, Language.zh),
    ],
)
def test_the_language_of_the_environment_is_that_of_messages(
    environment: dict[str, str], language: Language
) -> None:
    assert language_of_environment(environment) is language


SENTENCES: dict[str, Any] = {
    "sentences": [
        {"en": "The queue is full.", "zh": "队列已满。"},
        {"en": "{name} has {count} jobs.", "zh": "{name}有 {count} 个作业。"},
        {"en": "It is {state}, ask {whom} again", "zh": "{whom}：{state}"},
    ],
    "phrases": {"all departments": "所有部门"},
}


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("The queue is full.", "队列已满。"),
        ("tax has 12 jobs.", "tax有 12 个作业。"),
        ("all departments has 12 jobs.", "所有部门有 12 个作业。"),
        ("It is running, ask tax again", "tax：running"),
        ("tax has 12 jobs", None),
        ("It is again", None),
        ("The queue is full. ", None),
    ],
)
def test_a_sentence_is_translated_with_its_values(english: str, chinese: str | None) -> None:
    chinese_texts = Translation(Language.zh, problems={}, **SENTENCES)
    assert chinese_texts.known_sentence(english) == chinese
    assert chinese_texts.sentence(english) == (chinese or english)


def test_a_problem_is_translated_and_loses_nothing() -> None:
    chinese_texts = Translation(Language.zh, problems=ZH._problems, **SENTENCES)
    full = Problem("system-full", "The queue is full.", {"errors": [], "limit": 3}).to_dict()
    assert chinese_texts.problem(full) == {
        "type": "/problems/system-full",
        "title": "队列已满",
        "detail": "队列已满。",
        "errors": [],
        "limit": 3,
    }
    unknown = Problem("system-full", "Something that has no translation.").to_dict()
    detail = chinese_texts.problem(unknown)["detail"]
    assert detail.startswith("请按 `Retry-After` 等待")
    assert "Something that has no translation." in detail
    assert EN.problem(full) == full


def test_problems_of_the_systems_health_are_translated() -> None:
    values = {"subject": "tax", "count": "3"}
    assert ZH.health("callbacks-dead", values) == (
        "tax 有 3 个回调未能送达",
        "修复接收方后重新投递：`chancery callbacks redeliver --dead --since 7d --department tax`",
    )
    assert ZH.health("no-such-code", {}) is None
    assert EN.health("callbacks-dead", values) is None


def test_every_problem_of_the_systems_health_has_a_translation() -> None:
    names = re.compile(r"\{(\w+)\}")
    assert set(ZH._health) == set(HEALTH_TYPES)
    for code, kind in HEALTH_TYPES.items():
        assert set(ZH._health[code]) == {"detail", "advice"}, code
        chinese = "".join(ZH._health[code].values())
        assert set(names.findall(chinese)) <= set(names.findall(kind.detail + kind.advice)), code


@pytest.mark.parametrize(
    "value",
    [
        *("was ended", "has been reported", "outside Python", "not healthy", "at no time"),
        *("at 2026-11-30 02:10 UTC", "engine away since 2026-11-30 02:10 UTC", "engine away"),
        *("no line has ended since 2026-11-30 02:10 UTC", "its window is closed"),
        *("bulk jobs of tax", "all jobs of every department", "did you mean CHANCERY_CONCURRENCY?"),
    ],
)
def test_the_words_in_problems_of_the_systems_health_are_translated(value: str) -> None:
    assert re.search("[\u4e00-\u9fff]", ZH.sentence(value))


@pytest.mark.parametrize("rule", RULES)
def test_what_a_rule_of_layout_expects_is_said_in_chinese(rule: str) -> None:
    english = RULES[rule].expects
    translated = ZH.finding(english)
    assert translated != english
    assert not re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", translated)
    assert HAN.search(translated)
    assert EN.finding(english) == english


def test_what_masking_did_not_check_is_said_in_chinese_and_words_of_documents_stay() -> None:
    notice = (
        "Check before publication: these parts of the file were not checked for text to be "
        "masked: unknown stream (2), picture (1). `not_covered` says where they are."
    )
    result = {
        "text": "picture",
        "in_file": [{"part": "page 3", "kind": "name"}],
        "not_covered": [
            {"what": "unknown stream", "where": "page 1, resources"},
            {"what": "picture", "where": "word/media/image1.png"},
        ],
        "notice": notice,
    }
    translated = ZH.result("redact", result)
    assert translated["text"] == "picture"
    assert translated["in_file"] == [{"part": "第 3 页", "kind": "name"}]
    assert translated["not_covered"] == [
        {"what": "未知的数据流", "where": "第 1 页，资源"},
        {"what": "图片", "where": "word/media/image1.png"},
    ]
    assert "未知的数据流（2 处），图片（1 处）" in translated["notice"]
    assert ZH.value("redact", "notice", "", notice) == translated["notice"]
    assert ZH.value("redact", "not_covered", "what", "picture") == "图片"
    assert ZH.value("redact", "possible_names", "text", "picture") == "picture"
    assert ZH.value("summarize", "summary", "", "picture") == "picture"
    assert EN.value("redact", "notice", "", notice) == notice


@pytest.mark.parametrize("reason", [*Unread, "unknown stream", "stream that cannot be decoded"])
def test_every_reason_why_a_part_was_not_checked_is_said_in_chinese(reason: str) -> None:
    assert HAN.search(ZH.value("redact", "not_covered", "what", str(reason)))


def test_only_the_findings_of_a_result_are_translated() -> None:
    result: dict[str, Any] = {
        "summary": "This time does not exist.",
        "remarks": [{"reason": "This date does not exist in 2023.", "text": "none"}, {"reason": 1}],
    }
    assert ZH.result("proofread", result) == {
        "summary": "This time does not exist.",
        "remarks": [{"reason": "2023 年没有该日期。", "text": "none"}, {"reason": 1}],
    }
    assert result["remarks"][0]["reason"] == "This date does not exist in 2023."
    assert ZH.result("summarize", result) is result
    assert EN.result("proofread", result) is result
