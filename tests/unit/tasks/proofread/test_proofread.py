"""Proofreading by rules, and by a model whose proposals are checked."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings

from bench.quality import proofread as bench
from bench.quality.laws import of_text
from documents.document import Document
from documents.errors import EmptyDocument
from standin.scripted_engine import Request, ScriptedEngine
from tasks.doubts import Doubt
from tasks.errors import OutputError
from tasks.proofread import (
    By,
    ProofreadOptions,
    ProofreadResult,
    doubts,
    find_mistakes,
    proofread,
)
from tasks.proofread.findings import Rule
from tasks.text.edits import apply_edits
from tests.unit.tasks.documents import document, documents


def findings(text: str) -> list[tuple[str, str | None, str]]:
    return [(one.old, one.new, one.rule.value) for one in find_mistakes(of_text(text)).findings]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("各单位应当布署工作。", [("布署", "部署", "confusion")]),
        ("报名截止2024年3月5日。", [("截止", "截至", "confusion")]),
        ("要认真的做好工作。", [("的", "地", "particle")]),
        ("人数不的少于三人。", [("不的", "不得", "particle")]),
        ("市人民政府市人民政府决定。", [("市人民政府", "", "doubled-word")]),
        ("加强环境环境保护。", [("环境", None, "doubled-word")]),
        ("这是我的的书。", [("的", "", "doubled-word")]),
        ("He is in the the office.", [(" the", "", "doubled-word")]),
        ("市场开放，，请知悉。", [("，，", "，", "doubled-mark")]),
        ("市场开放，，，请知悉。", [("，，，", "，", "doubled-mark")]),
        ("各单位按时报送，。", [("，。", "。", "doubled-mark")]),
        ("城市、，乡村。", [("、，", "，", "doubled-mark")]),
        ("现通知如下：。", [("：。", None, "doubled-mark")]),
        ("为什么？？", [("？？", None, "doubled-mark")]),
        ("各单位要重视。。。", [("。。。", "……", "ellipsis")]),
        ("一.总则规定。", [(".", "、", "half-width-mark")]),
        ("《甲法》,《乙法》。", [(",", "，", "half-width-mark")]),
        ("（见(附件)。）", [("(", "（", "half-width-mark"), (")", "）", "half-width-mark")]),
        ("一）甲。", [("）", None, "unpaired-mark")]),
        ("依据“甲（乙”）办理。", [("”", None, "unpaired-mark")]),
        ('使用"ABC"系统。', [('"', "“", "quotation-mark"), ('"', "”", "quotation-mark")]),
        ("市场开放,请知悉.", [(",", "，", "half-width-mark"), (".", "。", "half-width-mark")]),
        ("市场(试行)开放。", [("(", "（", "half-width-mark"), (")", "）", "half-width-mark")]),
        ("（一)开放。", [(")", "）", "half-width-mark")]),
        ("他说“好“。", [("“", "”", "quotation-mark")]),
        ("他说”好”。", [("”", "“", "quotation-mark")]),
        ('他说"好"。', [('"', "“", "quotation-mark"), ('"', "”", "quotation-mark")]),
        ("“甲“乙”丙”", [("“", "‘", "quotation-mark"), ("”", "’", "quotation-mark")]),
        ("《修改《甲法》的决定》", [("《", "〈", "title-mark"), ("》", "〉", "title-mark")]),
        ("依据《档案法第三条。", [("《", None, "unpaired-mark")]),
        ("市场（试行开放。", [("（", None, "unpaired-mark")]),
        ("一、甲\n二、乙\n四、丙", [("四", None, "numbering")]),
        ("一、甲\n（一）子\n（二）丑\n二、乙\n（一）寅\n（三）卯", [("三", None, "numbering")]),
        ("2023年2月29日开会。", [("2023年2月29日", None, "impossible-date")]),
        ("4月31日开会。", [("4月31日", None, "impossible-date")]),
        ("上午9:75开会。", [("9:75", None, "impossible-date")]),
        ("2024年3月5日（星期三）开会。", [("星期三", None, "wrong-weekday")]),
        (
            "市场监督管理局来。市场监督管理局去。市场监督管理局在。市场监管督理局走。",
            [("市场监管督理局", "市场监督管理局", "agency-name")],
        ),
        (
            "市场监督管理局来。市场监督管理局去。市场监督管理局在。市场监督管局走。",
            [("市场监督管局", None, "agency-name")],
        ),
    ],
)
def test_a_mistake_is_found(text: str, found: list[tuple[str, str | None, str]]) -> None:
    assert findings(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "他在报上发布署名文章，既使群众满意，又使干部受教育。",
        "自己经过努力，在次年按排名录取。",
        "以实现目标为目的的行为，是众矢之的的确切原因。",
        "研究研究，一步一步来，看看再说。",
        "比例为30:70，编号3,4，详见http://a.example/b?c=d。",
        "“第一段。\n“第二段。”\n修改为：“第一条 所称“市场”，是指：\n（一）甲；\n（二）乙。”",
        "1）甲；2）乙；a)丙",
        "这是为什么？！",
        "it’s “ok”",
        "《关于修改〈甲法〉的决定》和《乙法》",
        "2024年2月29日（星期四）12:30开会，3月31日结束。",
        "第一章 总则\n第二章 附则\n第一章 总则\n第一条 甲。\n第二条 乙。\n第二条之一 丙。",
        "一、甲\n1.子\n2.丑\n二、乙\n1.寅\n1.5倍",
        "省财政厅管理局甲。市财政厅管理局乙。市财政厅管理局丙。市财政厅管理局丁。",
        "He said that the office is (nearly) closed, e.g. on 3.5.2024.",
    ],
)
def test_correct_text_has_no_findings(text: str) -> None:
    assert findings(text) == []


def test_official_law_text_needs_no_correction() -> None:
    for text in bench.correct_texts():
        assert find_mistakes(of_text(text)).findings == []


@pytest.mark.parametrize("name", list(bench.SEEDS))
def test_errors_seeded_into_law_text_are_found(name: str) -> None:
    draw, texts = random.Random(name), bench.correct_texts()
    found = [bench.is_found(*bench.SEEDS[name](draw.choice(texts), draw)) for _ in range(6)]
    assert all(found)


async def run(
    text: Document, answer: Any = None, **options: Any
) -> tuple[ProofreadResult, ScriptedEngine]:
    engine = ScriptedEngine(answer if callable(answer) else lambda _: answer)
    return await proofread(text, ProofreadOptions(**options), engine), engine


def proposals(*edits: tuple[Any, Any, Any]) -> dict[str, Any]:
    return {
        "edits": [
            {"line": line, "old": old, "new": new, "reason": "wrong character"}
            for line, old, new in edits
        ]
    }


async def test_the_corrected_text_is_the_result_of_the_edits() -> None:
    source = of_text("各单位应当布署工作,于2月30日前报告。")
    result, engine = await run(source)
    assert result.text == "各单位应当部署工作，于2月30日前报告。"
    assert apply_edits(source.text, result.edits) == result.text
    assert [one.rule for one in result.remarks] == [Rule.impossible_date]
    assert engine.requests == []


@settings(max_examples=150)
@given(documents())
async def test_edits_of_any_text_can_be_applied(text: Document) -> None:
    if text.text.strip():
        result, _ = await run(text)
        assert apply_edits(text.text, result.edits) == result.text


async def test_a_proposal_of_the_model_is_applied_and_labelled() -> None:
    source = document("市场每日开方。", "布署工作。")
    result, _ = await run(source, proposals((1, "开方", "开放")), use_model=True)
    assert result.text == "市场每日开放。\n\n部署工作。"
    assert [(one.start, one.by) for one in result.edits] == [(4, By.model), (9, By.rule)]
    assert result.refused_proposals == 0


@pytest.mark.parametrize(
    "edit",
    [
        (1, "关门", "开放"),
        (2, "开方", "开放"),
        (9, "开方", "开放"),
        (0, "开方", "开放"),
        (-1, "开方", "开放"),
        ("1", "开方", "开放"),
        (1, "开方", "开方"),
        (1, "", "开放"),
        (1, "开方", "开" * 51),
        (1, "共30人", "共50人"),
        (1, "人", "名"),
        (1, 3, "开放"),
        (2, "布署工作", "安排工作"),
    ],
)
async def test_a_rejected_proposal_is_counted(edit: Any) -> None:
    source = document("市场每日开方，共30人，每人一份。", "布署工作。")
    result, _ = await run(source, proposals(edit), use_model=True)
    assert [one.by for one in result.edits] == [By.rule]
    assert result.refused_proposals == 1
    assert doubts(source, ProofreadOptions(), result) == [Doubt.proposal_refused]


@pytest.mark.parametrize("answer", ["no JSON", "[]", "{}", '{"edits": 3}'])
async def test_an_answer_without_a_list_of_edits_is_an_output_error(answer: str) -> None:
    with pytest.raises(OutputError):
        await run(document("市场。"), answer, use_model=True)


async def test_a_long_text_is_shown_to_the_model_in_parts() -> None:
    def answer(request: Request) -> dict[str, Any]:
        assert request.schema is not None
        return proposals((1, "开方", "开放"))

    source = document(*(f"市场第{number}次开方。" for number in range(700)))
    result, engine = await run(source, answer, use_model=True)
    assert len(engine.requests) > 1
    assert len(result.edits) == len(engine.requests)
    assert engine.reports[-1] == (len(engine.requests), len(engine.requests))


async def test_a_text_without_words_is_rejected() -> None:
    with pytest.raises(EmptyDocument):
        await run(document(" "))
