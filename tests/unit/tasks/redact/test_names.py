"""Names after labels without a mark, and words that may be names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.quality.laws import of_text
from standin.scripted_engine import ScriptedEngine
from tasks.redact import RedactOptions, redact
from tasks.redact.candidates import unmasked_names
from tasks.redact.finders.names import labelled_names, possible_names
from tasks.redact.kinds import Kind

LAWS = sorted((Path(__file__).parents[3] / "samples").glob("*法*.md"))


def labelled(text: str) -> list[str]:
    return [text[one.start : one.end] for one in labelled_names(text)]


def possible(text: str) -> list[str]:
    return [text[start:end] for start, end in possible_names(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("联系人常某某，电话另告", "常某某"),
        ("投诉人常某某反映楼上噪音", "常某某"),
        ("投诉人张伟反映楼上噪音", "张伟"),
        ("举报人 黄琦 反映", "黄琦"),
        ("法定代表人王强国。", "王强国"),
        ("信访人欧阳雪的诉求", "欧阳雪"),
        ("举报人周xx称", "周xx"),
    ],
)
def test_a_name_after_a_label_without_a_mark_is_found(text: str, name: str) -> None:
    assert labelled(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "当事人应当在期限内申请复议",
        "负责人任务重",
        "负责人安全生产责任",
        "当事人陈述、申辩",
        "患者家属",
        "申请人于5日内提交",
        "负责人和经办人应当签字",
        "代理人权限",
    ],
)
def test_ordinary_words_after_a_label_are_no_names(text: str) -> None:
    assert labelled(text) == []


@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.name)
def test_a_law_has_no_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert labelled(text) == []
    # Words of three characters such as 安全性 are doubtful.
    assert len(possible(text)) <= 2 + len(text) // 2_000


def test_words_that_may_be_names_are_found_in_order() -> None:
    text = "王小明和李娜反映欧阳雪的问题，买买提·艾力来电，赵某到场，司马光辉未到。"
    expected = ["王小明", "李娜", "欧阳雪", "买买提·艾力", "赵某", "司马光辉"]
    assert possible(text) == expected


async def test_possible_names_are_listed_where_no_model_was_asked() -> None:
    document = of_text("联系人张伟。张伟与王小明到场。")
    options = RedactOptions(use_model=False, kinds=[Kind.name])
    result = await redact(document, options, ScriptedEngine(lambda _: ""))
    assert "张伟" not in result.text
    (one,) = result.possible_names
    assert (one.text, document.text[one.start : one.end]) == ("王小明", "王小明")


async def test_possible_names_are_not_listed_where_names_are_not_masked() -> None:
    options = RedactOptions(use_model=False, kinds=[Kind.mobile])
    result = await redact(of_text("王小明到场。"), options, ScriptedEngine(lambda _: ""))
    assert result.possible_names == []


async def test_possible_names_that_are_terms_are_not_listed() -> None:
    options = RedactOptions.model_validate(
        {"use_model": False, "kinds": ["name"], "terms": ["王小明"]}
    )
    result = await redact(of_text("王小明到场。"), options, ScriptedEngine(lambda _: ""))
    assert result.possible_names == []


def test_a_name_is_not_listed_that_touches_what_is_masked() -> None:
    document = of_text("王小明和李娜反映欧阳雪的问题，赵某到场。")
    words = {Kind.name: ["赵某"]}

    def listed(*spans: tuple[int, int]) -> list[str]:
        return [one.text for one in unmasked_names(document, spans, words)[0]]

    assert listed() == ["王小明", "李娜", "欧阳雪"]
    assert listed((0, 1), (4, 5)) == ["欧阳雪"]
    assert listed((0, 18), (0, 1), (4, 5)) == []
