from __future__ import annotations

import pytest

from jobs.language.language import Language, accepted, of_environment


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, Language.en),
        ("", Language.en),
        ("*", Language.en),
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.zh),
        ("ZH", Language.zh),
        ("en;q=0.2, zh-Hans-CN;q=0.9", Language.zh),
        ("en, zh", Language.en),
        ("fr, de;q=0.5", Language.en),
        ("fr, zh;q=0.1", Language.zh),
        ("zh;q=0, en;q=0.1", Language.en),
        ("zh;q=nan, en;q=0.1", Language.en),
        ("zh;q=9, ;;,", Language.en),
    ],
)
def test_the_language_with_the_highest_weight_is_used(
    header: str | None, language: Language
) -> None:
    assert accepted(header) is language


def test_the_default_is_used_where_no_language_is_preferred() -> None:
    assert accepted(None, Language.zh) is Language.zh
    assert accepted("*", Language.zh) is Language.zh
    assert accepted("en", Language.zh) is Language.en


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
    assert of_environment(environment) is language
