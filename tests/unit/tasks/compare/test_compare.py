"""Comparing two versions: the kinds of changes, and a patch that gives the new text."""

from __future__ import annotations

import random
from itertools import permutations
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bench.quality import compare as bench
from bench.quality.laws import laws, of_text
from documents.errors import DocumentMissing, EmptyDocument
from standin.scripted_engine import ScriptedEngine
from tasks.compare import ChangeKind, CompareOptions, compare, compare_documents
from tasks.compare.differences import find_edits
from tasks.compare.matching import match
from tasks.text.edits import Edit, apply_edits
from tests.unit.tasks.documents import MIXED, document, documents

OLD = """第一章 总则
第一条 市场每日开放。
第二条 摊位费为每日45元。
摊位费按月交纳。
第三条 市场内禁止吸烟。
第二章 附则
第四条 本办法自2020年1月1日起施行。"""


def changes(new: str, old: str = OLD) -> list[tuple[list[str], str | None, str | None]]:
    """The kinds of changes, and the labels before and after."""
    result = compare_documents(of_text(old), of_text(new))
    assert apply_edits(of_text(old).text, result.patch) == of_text(new).text
    return [
        (
            [kind.value for kind in one.kinds],
            one.old.label if one.old else None,
            one.new.label if one.new else None,
        )
        for one in result.changes
    ]


def test_equal_texts_have_no_changes() -> None:
    result = compare_documents(of_text(OLD), of_text(OLD))
    assert (result.changes, result.patch, result.unchanged) == ([], [], 6)


def test_a_changed_article_has_edits() -> None:
    new = OLD.replace("45元", "50元")
    (change,) = compare_documents(of_text(OLD), of_text(new)).changes
    assert change.kinds == [ChangeKind.changed]
    assert change.edits == [Edit(start=of_text(OLD).text.index("45"), old="45", new="50")]
    assert change.old is not None
    assert change.old.division == "第一章 总则"
    assert change.old.text == "第二条 摊位费为每日45元。\n\n摊位费按月交纳。"


def test_an_inserted_article_renumbers_the_following_ones() -> None:
    new = OLD.replace("第四条", "第五条").replace("第三条", "第四条")
    new = new.replace("第四条", "第三条 摊主应当保持摊位清洁。\n第四条", 1)
    assert changes(new) == [
        (["added"], None, "第三条"),
        (["renumbered"], "第三条", "第四条"),
        (["renumbered"], "第四条", "第五条"),
    ]


def test_an_article_in_another_chapter_has_moved() -> None:
    smoking = "第三条 市场内禁止吸烟。\n"
    new = OLD.replace(smoking, "").replace("第二章 附则\n", f"第二章 附则\n{smoking}")
    assert changes(new) == [(["moved"], "第三条", "第三条")]


FIVE = """第一章 总则
第一条 市场每日开放。
第二条 摊位费为每日45元。
第三条 市场内禁止吸烟。
第四条 摊主应当保持清洁。
第五条 本办法自公布之日起施行。"""


def test_an_inserted_or_removed_heading_moves_no_article() -> None:
    new = FIVE.replace("第三条", "第二章 管理\n第三条")
    assert changes(new, FIVE) == [(["added"], None, "第二章")]
    assert changes(FIVE, new) == [(["removed"], "第二章", None)]
    section = OLD.replace("第二条", "第一节 收费\n第二条")
    assert changes(section) == [(["added"], None, "第一节")]


def test_an_article_in_a_new_section_of_another_chapter_has_moved() -> None:
    smoking = "第三条 市场内禁止吸烟。\n"
    new = OLD.replace(smoking, "").replace("附则\n", f"附则\n第一节 秩序\n{smoking}")
    assert changes(new) == [(["added"], None, "第一节"), (["moved"], "第三条", "第三条")]


def test_chapters_that_were_renumbered_keep_their_articles() -> None:
    new = OLD.replace("第二章 附则", "第二章 收费\n第三章 附则")
    assert changes(new) == [(["added"], None, "第二章"), (["renumbered"], "第二章", "第三章")]


def test_the_same_number_in_other_digits_is_not_a_renumbering() -> None:
    arabic = OLD.replace("第二条", "第2条").replace("第二章", "第2章")
    assert changes(arabic) == []
    assert changes(OLD.replace("第二条", "第3条"))[0] == (["renumbered"], "第二条", "第3条")
    assert changes("(一)修好路灯。\n2、种树。", "（一）修好路灯。\n二、种树。") == []


def test_a_number_without_an_article_is_not_a_label() -> None:
    assert changes(f"第{'9' * 5_000}条 市场。\n第{'九' * 5_000}条 市场。", "市场。\n市场。") != []


def test_an_article_can_be_moved_renumbered_and_changed_at_once() -> None:
    new = """第一章 总则
第一条 市场内一律禁止吸烟。
第二条 市场每日开放。
第三条 摊位费为每日45元。
摊位费按月交纳。
第二章 附则
第四条 本办法自2020年1月1日起施行。"""
    assert changes(new)[0] == (["changed", "moved", "renumbered"], "第三条", "第一条")


def test_a_removed_article_is_listed_at_its_position() -> None:
    assert changes(OLD.replace("第三条 市场内禁止吸烟。\n", "")) == [(["removed"], "第三条", None)]


def test_articles_without_a_space_are_recognised_and_citations_are_not() -> None:
    text = "第一条 甲方负责。\n第一条规定的费用另计。\n第二条乙方负责。"
    new = text.replace("另计", "包含在内")
    assert changes(new, text) == [(["changed"], "第一条", "第一条")]
    assert changes(text.replace("乙方负责", "乙方付款"), text) == [
        (["changed"], "第二条", "第二条")
    ]


def test_a_text_without_articles_is_compared_by_paragraphs() -> None:
    old = "一、修好路灯。\n二、清扫街道。\n三、种树。"
    new = "一、清扫街道。\n二、种一百棵树。\n特此通知。"
    assert changes(new, old) == [
        (["removed"], "一、", None),
        (["renumbered"], "二、", "一、"),
        (["changed", "renumbered"], "三、", "二、"),
        (["added"], None, None),
    ]


def test_text_after_the_articles_is_not_part_of_the_last_one() -> None:
    old = f"{OLD}\n附件1：收费表"
    assert changes(old.replace("收费表", "收费标准"), old) == [(["changed"], "附件1：", "附件1：")]


def test_white_space_is_not_a_change_but_is_in_the_patch() -> None:
    assert changes(OLD.replace("总则", "总　则")) == []


@pytest.mark.parametrize("kind", list(bench.MUTATIONS))
def test_each_kind_of_change_is_found_in_a_real_law(kind: ChangeKind) -> None:
    draw = random.Random(kind.value)
    found = bench.articles(laws()["档案法(2020-06-20)"].text)
    old = of_text(bench.written(found))
    new = of_text(bench.MUTATIONS[kind](found, draw))
    result = compare_documents(old, new)
    assert bench.is_right(kind, result), result.counts
    assert apply_edits(old.text, result.patch) == new.text


def test_the_patch_of_two_laws_gives_the_new_one_both_ways() -> None:
    for old, new in permutations(laws().values(), 2):
        assert apply_edits(old.text, compare_documents(old, new).patch) == new.text


def test_the_new_law_on_secrets_has_the_articles_that_were_added() -> None:
    versions = laws()
    result = compare_documents(
        versions["保守国家秘密法(2010-04-29)"], versions["保守国家秘密法(2024-02-27)"]
    )
    added = [one.new.label for one in result.changes if one.old is None and one.new]
    assert {"第三条", "第九条", "第十条", "第三十六条", "第五十五条", "第六十二条"} <= set(added)
    assert result.counts[ChangeKind.removed] == 1


@settings(max_examples=150)
@given(documents(), documents())
def test_a_patch_gives_the_new_text_whatever_the_texts(old: object, new: object) -> None:
    result = compare_documents(old, new)  # type: ignore[arg-type]
    assert apply_edits(old.text, result.patch) == new.text  # type: ignore[attr-defined]


@given(MIXED, MIXED)
def test_edits_turn_the_old_text_into_the_new_one(old: str, new: str) -> None:
    assert apply_edits(old, list(find_edits(old, new))) == new
    assert bool(list(find_edits(old, new))) == (old != new)


@given(st.lists(st.sampled_from("甲乙丙丁"), max_size=12), st.lists(st.sampled_from("甲乙丙丁")))
def test_each_unit_is_paired_at_most_once(old: list[str], new: list[str]) -> None:
    found = match(old, new)
    assert len(set(found.values())) == len(found)
    assert all(
        old[there] == new[here] for here, there in found.items() if len(new) == len(old) == 1
    )


def test_a_patch_for_another_text_is_rejected() -> None:
    patch = compare_documents(of_text("市场每日开放。"), of_text("市场每周开放。")).patch
    with pytest.raises(ValueError, match="does not fit"):
        apply_edits("完全不同的文字。", patch)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("第{n}条 各部门应当在{n}日内完成。\n", "第{n}条 各部门应当在{n}日内报告。\n"),
        ("同意。\n", "不同意。\n"),
        ("{n}，", "{n}、"),
    ],
)
def test_a_hundred_thousand_characters_take_seconds(old: str, new: str) -> None:
    def text(line: str) -> str:
        return "".join(line.format(n=number) for number in range(100_000 // len(line)))[:100_000]

    began = process_time()
    result = compare_documents(of_text(text(old)), of_text(text(new)))
    assert process_time() - began < 20
    assert apply_edits(of_text(text(old)).text, result.patch) == of_text(text(new)).text


async def test_the_old_text_is_named_in_the_options() -> None:
    options = CompareOptions.model_validate({"old": {"text": OLD}})
    with pytest.raises(DocumentMissing):
        await compare(of_text(OLD), options, ScriptedEngine(lambda _: ""))
    options.old.give(of_text(OLD))
    engine = ScriptedEngine(lambda _: "")
    result = await compare(of_text(OLD.replace("45", "50")), options, engine)
    assert result.counts[ChangeKind.changed] == 1
    assert engine.requests == []
    with pytest.raises(EmptyDocument):
        await compare(document(" "), options, engine)


@pytest.mark.parametrize("old", [None, {}, {"text": "a", "document_id": "b"}, "a"])
def test_exactly_one_old_text_is_required(old: object) -> None:
    with pytest.raises(ValidationError):
        CompareOptions.model_validate({"old": old})
