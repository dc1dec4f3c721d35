"""Punctuation, and the wording of each kind of document."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.tasks.official_layout.official_letter import (
    CLOSING,
    OPENING,
    PLAIN,
    broken,
    checked,
    corrected,
    letter,
)


def about(words: str, place: int = PLAIN) -> list[tuple[str, str]]:
    """Rule and text of each finding in a letter with the paragraph `words`."""
    document = letter()
    document.paragraphs[place].runs[0].text = words
    return [(one["rule"], one["found"]) for one in checked(document)["findings"]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("各单位要重视,认真落实。", [("text.width", ",")]),
        ("各单位要重视;认真落实.", [("text.width", ";"), ("text.width", ".")]),
        ("各单位(含企业)要重视。", [("text.width", "("), ("text.width", ")")]),
        ("联系电话见www.example.com，温度3.5度，比例1:2。", []),
        ("Ring us, please. 谢谢。", []),
        ("坚持\"预防为主\"的方针。", [("text.quotes", '"'), ("text.quotes", '"')]),
        ("坚持“预防为主的方针。", [("text.pairs", "“")]),
        ("坚持预防为主》的方针。", [("text.pairs", "》")]),
        ("坚持“预防（为主”）的方针。", [("text.pairs", "”")]),
        ("1）坚持预防为主。", []),
        ("各单位要重视。。", [("text.repeated", "。。")]),
        ("各单位按时报送，。", [("text.repeated", "，。")]),
        ("各单位要重视？？", [("text.repeated", "？？")]),
        ("各单位要重视？！", []),
        ("（GB 9704)各单位要重视。", [("text.width", ")")]),
        ("各单位(GB 9704国标)要重视。", [("text.width", "("), ("text.width", ")")]),
        ("坚持“甲“乙”丙”的方针。", [("text.quotes", "“"), ("text.quotes", "”")]),
        ("坚持”预防为主”的方针。", [("text.quotes", "”")]),
        ("按照《修改《甲法》的决定》办理。", [("text.titles", "《"), ("text.titles", "》")]),
        ("坚持【预防为主的方针。", [("text.pairs", "【")]),
        ("坚持「预防为主的方针。", [("text.pairs", "「")]),
        ("要求：1）预防为主；2）防治结合。", []),
        ("He said \"yes\" to 张三.", [("text.width", ".")]),
        ("各单位要重视...", [("text.dots", "...")]),
        ("各单位要重视……", []),
        ("各 单位要重视。", [("text.space", " ")]),
        ("共有 25 个单位。", []),
        ("于24年6月报送。", [("text.year", "24年")]),
        ("于2024年6月报送。", []),
        ("按照《甲法》、《乙法》办理。", [("text.titles", "、")]),
        ("按照《甲法》《乙法》办理。", []),
    ],
)  # fmt: skip
def test_punctuation_of_the_text(words: str, found: list[tuple[str, str]]) -> None:
    assert about(words) == found


def test_a_quotation_of_several_paragraphs_is_closed_in_the_last() -> None:
    document = letter()
    document.paragraphs[PLAIN].runs[0].text = "会议指出：“要坚持预防为主。"
    document.paragraphs[PLAIN + 1].runs[0].text = "“要坚持防治结合。”"
    assert not [one for one in checked(document)["findings"] if one["rule"] == "text.pairs"]


def test_a_comma_before_a_full_stop_is_removed(tmp_path: Path) -> None:
    document = letter()
    document.paragraphs[PLAIN].runs[0].text = "各单位按时报送，。"
    _, after = corrected(document, tmp_path)
    assert after.paragraphs[PLAIN].text == "各单位按时报送。"


def test_a_single_straight_quote_is_left_to_a_person() -> None:
    document = letter()
    document.paragraphs[PLAIN].runs[0].text = '坚持"预防为主的方针。'
    (finding,) = checked(document)["findings"]
    assert (finding["rule"], finding["fixable"]) == ("text.quotes", False)


def wording(kind: str, closing: str, opening: str | None = None) -> list[str]:
    """The findings in a letter of that kind without an issue number."""
    document = letter(kind, closing)
    for _ in range(3):
        document._body._body.remove(document.paragraphs[0]._p)
    if opening:
        document.paragraphs[OPENING - 3].runs[0].text = opening
    assert document.paragraphs[CLOSING - 3].text == closing
    return [rule for rule, _ in broken(document)]


@pytest.mark.parametrize(
    ("kind", "closing", "rules"),
    [
        ("请示", "妥否，请批示。", []),
        ("请示", "当否，请予批复。", []),
        ("请示", "以上请示，请审批。", []),
        ("请示", "特此说明。", ["request.asks"]),
        ("请示", "妥否，请批示。另外，申请增加编制。", ["request.one_matter"]),
        ("报告", "特此报告。", []),
        ("报告", "特此报告，请审阅。", []),
        ("报告", "当否，请批示。", ["report.no_request"]),
        ("报告", "恳请给予支持。", ["report.no_request"]),
        ("函", "请予函复。", []),
        ("函", "特此说明。", ["letter.ends"]),
        ("议案", "请审议。", []),
        ("议案", "特此说明。", ["proposal.asks"]),
    ],
)
def test_required_and_forbidden_wording_of_a_kind(
    kind: str, closing: str, rules: list[str]
) -> None:
    assert wording(kind, closing) == rules


def test_a_reply_names_the_request_and_the_decision() -> None:
    asked = "你市《关于建设水厂的请示》收悉。同意建设。"
    assert wording("批复", "此复。", asked) == []
    assert wording("批复", "此复。") == ["reply.received"]
    assert wording("批复", "特此说明。", "你市来文收悉。") == ["reply.says"]
