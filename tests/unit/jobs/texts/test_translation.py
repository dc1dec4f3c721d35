from __future__ import annotations

import re
from typing import Any

import pytest

from jobs.model.problems import PROBLEM_TYPES, Problem
from jobs.texts import Language
from jobs.texts.translation import Translation, language_of_environment, translation
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
    assert set(ZH._tasks) == set(EN._tasks) == set(BUILT_IN)


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
    texts = Translation(Language.zh, problems={}, tasks={}, **SENTENCES)
    assert texts.known_sentence(english) == chinese
    assert texts.sentence(english) == (chinese or english)


def test_a_problem_is_translated_and_loses_nothing() -> None:
    texts = Translation(Language.zh, problems=ZH._problems, tasks={}, **SENTENCES)
    full = Problem("system-full", "The queue is full.", {"errors": [], "limit": 3}).to_dict()
    assert texts.problem(full) == {
        "type": "/problems/system-full",
        "title": "队列已满",
        "detail": "队列已满。",
        "errors": [],
        "limit": 3,
    }
    unknown = Problem("system-full", "Something that has no translation.").to_dict()
    detail = texts.problem(unknown)["detail"]
    assert detail.startswith("请按 `Retry-After` 等待")
    assert "Something that has no translation." in detail
    assert EN.problem(full) == full
