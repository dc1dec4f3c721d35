"""Issue number, title, recipient, headings, attachments, date: form and position."""

from __future__ import annotations

from typing import Any

import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from tests.unit.tasks.official_layout.official_letter import (
    DATE,
    FIRST,
    NOTE,
    PLAIN,
    RECIPIENT,
    SECOND,
    SIGNATURE,
    THIRD,
    TITLE,
    broken,
    checked,
    letter,
    text,
)

RIGHT = WD_ALIGN_PARAGRAPH.RIGHT


def reworded(place: int, words: str, **kind: str) -> Any:
    document = letter(**kind)
    document.paragraphs[place].runs[0].text = words
    return document


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        ("江府发〔2024〕5号", []),
        ("江府发[2024]5号", ["issue.brackets"]),
        ("江府发（2024）5号", ["issue.brackets"]),
        ("江府发〔24〕5号", ["issue.year"]),
        ("江府发〔2024〕第5号", ["issue.ordinal"]),
        ("江府发〔2024〕05号", ["issue.zero"]),
        ("江府发〔2024〕105号", []),
        ("江府发〔2024〕5", ["issue.end"]),
        ("江府发 〔2024〕 5号", ["issue.spaces", "issue.spaces"]),
        ("江府发【2024】第005", ["issue.brackets", "issue.ordinal", "issue.zero", "issue.end"]),
    ],
)
def test_the_form_of_an_issue_number(words: str, rules: list[str]) -> None:
    assert [rule for rule, _ in broken(reworded(0, words))] == rules


def test_an_issue_number_is_centred_unless_it_goes_to_a_higher_authority() -> None:
    document = letter()
    document.paragraphs[0].alignment = RIGHT
    assert broken(document) == [("issue.align", 0)]
    upward = reworded(0, "江府发〔2024〕5号　　签发人：张某某", kind="报告", closing="特此报告。")
    upward.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.LEFT
    assert broken(upward) == []


def test_a_document_to_a_higher_authority_names_the_signer() -> None:
    assert broken(letter("报告", "特此报告。")) == [("issue.signed_by", 0)]


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        ("关于做好防汛工作的通知（试行）", []),
        ("关于做好防汛工作的通知。", ["title.stop"]),
        ("关于做好防汛，抗旱工作的通知", ["title.marks"]),
        ("关于印发《防汛预案》的通知", []),
        ("关于做好防汛工作的安排", ["title.kind"]),
        ("做好防汛工作的通知", ["title.subject"]),
        ("转发《江南省防汛办法》的通知", []),
        ("关于做好防汛工作的请示报告", ["issue.signed_by", "title.mixed"]),
    ],
)
def test_the_words_of_a_title(words: str, rules: list[str]) -> None:
    assert [rule for rule, _ in broken(reworded(TITLE, words))] == rules


def test_the_kind_is_read_from_the_title_unless_given() -> None:
    assert checked(letter("函", "特此函告，请函复。"))["kind"] == "函"
    found = checked(letter(), kind="公告")
    assert found["kind"] == "公告"
    assert [one["rule"] for one in found["findings"]] == ["recipient.unneeded"]


def test_blank_lines_around_the_title_are_counted() -> None:
    document = letter()
    document._body._body.remove(document.paragraphs[1]._p)
    assert broken(document) == [("title.place", 2)]
    document = letter()
    document.paragraphs[RECIPIENT]._p.addprevious(text(document, "")._p)
    assert broken(document) == [("recipient.place", RECIPIENT + 1)]


@pytest.mark.parametrize("words", ["江南省人民政府:", "江南省人民政府。", "江南省人民政府"])
def test_a_recipient_ends_with_a_full_width_colon(words: str) -> None:
    assert broken(reworded(RECIPIENT, words)) == [("recipient.colon", RECIPIENT)]


@pytest.mark.parametrize(
    "words",
    [
        "各街道办事处、区政府各部门：",
        "各县（市、区）人民政府，市直各单位：",
        "市财政局、县直有关部门：",
    ],
)
def test_a_recipient_is_distinguished_from_the_text(words: str) -> None:
    document = reworded(RECIPIENT, words)
    assert broken(document) == []
    assert ("recipient", RECIPIENT) in [
        (one["part"], one["paragraph"]) for one in checked(document)["recognised"]
    ]


def test_a_sentence_with_a_colon_is_not_a_recipient() -> None:
    document = reworded(RECIPIENT, "现将有关事项通知如下：")
    assert ("recipient.missing", TITLE) in broken(document)


def test_a_request_has_one_recipient() -> None:
    document = reworded(RECIPIENT, "省人民政府、省财政厅：", kind="请示", closing="妥否，请批示。")
    assert ("recipient.one", RECIPIENT) in broken(document)


@pytest.mark.parametrize(
    ("place", "words", "rules"),
    [
        (FIRST, "一.总体要求", ["heading.mark"]),
        (FIRST, "一，总体要求", ["heading.mark"]),
        (SECOND, "(一)明确责任", ["heading.brackets"]),
        (SECOND, "（一）、明确责任", ["heading.mark"]),
        (SECOND, "(一）、明确责任", ["heading.brackets", "heading.mark"]),
        (THIRD, "1、落实值班制度。", ["heading.mark"]),
        (THIRD, "1.5万人参加值班。", []),
        (FIRST, "二、总体要求", ["heading.sequence"]),
        (THIRD, "3.落实值班制度。", ["heading.sequence"]),
        (THIRD, "（1）落实值班制度。", ["heading.order"]),
    ],
)
def test_the_marks_of_headings(place: int, words: str, rules: list[str]) -> None:
    assert [rule for rule, _ in broken(reworded(place, words))] == rules


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        (["一", "二", "三", "四"], []),
        (["一", "二", "四", "五"], [2]),
        (["一", "二", "四", "四"], [2]),
        (["一", "一", "三"], [1]),
        (["一", "二", "二", "三"], [2]),
        (["十", "十一"], [0]),
    ],
)
def test_one_wrong_number_is_one_finding(numbers: list[str], wrong: list[int]) -> None:
    document = letter()
    for place in (THIRD, SECOND, FIRST):
        document._body._body.remove(document.paragraphs[place]._p)
    before = document.paragraphs[FIRST]
    for number in numbers:
        before._p.addprevious(text(document, f"{number}、要求", font="黑体", first=2)._p)
    findings = checked(document)["findings"]
    assert [one["rule"] for one in findings] == ["heading.sequence"] * len(wrong)
    assert [one["place"]["paragraph"] - FIRST for one in findings] == wrong


def test_numbers_begin_again_below_each_heading_above() -> None:
    document = letter()
    below = document.paragraphs[PLAIN]
    for words, font in (("二、工作", "黑体"), ("（一）责任", "楷体"), ("1.值班。", "仿宋")):
        below._p.addprevious(text(document, words, font=font, first=2)._p)
    assert broken(document) == []


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        ("附件:任务分工表", ["attachment.form"]),
        ("附：任务分工表", ["attachment.form"]),
        ("附件：1.任务分工表", ["attachment.numbers"]),
        ("附件：任务分工表。", ["attachment.stop"]),
        ("附件：《任务分工表》", []),
    ],
)
def test_the_attachment_note(words: str, rules: list[str]) -> None:
    assert [rule for rule, _ in broken(reworded(NOTE, words))] == rules


def test_several_attachments_are_numbered_and_counted() -> None:
    document = reworded(NOTE, "附件：1.任务分工表")
    document.paragraphs[SIGNATURE]._p.addprevious(text(document, "2、实施方案", first=5)._p)
    assert broken(document) == [("attachment.mark", NOTE + 1)]
    document.paragraphs[NOTE + 1].runs[0].text = "3.实施方案"
    assert broken(document) == [("attachment.numbers", NOTE + 1)]
    document.paragraphs[NOTE + 1].runs[0].text = "2.实施方案"
    text(document, "附件1", font="黑体")
    assert broken(document) == [("attachment.count", DATE + 2)]
    text(document, "附件2", font="宋体")
    assert broken(document) == [("attachment.head_font", DATE + 3)]


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        ("2024年3月5日", []),
        ("2024年12月31日", []),
        ("二〇二四年三月五日", ["date.digits"]),
        ("2024-03-05", ["date.form"]),
        ("2024.3.5", ["date.form"]),
        ("24年3月5日", ["date.form"]),
        ("2024年03月05日", ["date.zero"]),
        ("2024年2月30日", ["date.real"]),
        ("2024年13月1日", ["date.real"]),
        ("2023年2月29日", ["date.real"]),
    ],
)
def test_the_form_of_the_date(words: str, rules: list[str]) -> None:
    assert [rule for rule, _ in broken(reworded(DATE, words))] == rules


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("二〇二四年十二月三十一日", "2024年12月31日"),
        ("二○二四年十月二十日", "2024年10月20日"),
        ("2024/3/05", "2024年3月5日"),
    ],
)
def test_the_expected_date_is_reported(words: str, wanted: str) -> None:
    (finding,) = checked(reworded(DATE, words))["findings"]
    assert (finding["expected"], finding["fixable"]) == (wanted, True)


def test_signature_and_date_are_right_aligned() -> None:
    document = letter()
    document.paragraphs[DATE].alignment = WD_ALIGN_PARAGRAPH.LEFT
    document.paragraphs[SIGNATURE].paragraph_format.right_indent = Pt(0)
    assert broken(document) == [("signature.right", SIGNATURE), ("date.right", DATE)]
    document.paragraphs[DATE].paragraph_format.left_indent = Pt(16 * 18)
    document.paragraphs[SIGNATURE].runs[0].text += "　　　　"
    assert broken(document) == []


def test_a_letter_without_its_date_or_signature() -> None:
    document = letter()
    document._body._body.remove(document.paragraphs[DATE]._p)
    assert broken(document) == [("date.missing", SIGNATURE)]
    document = letter()
    document._body._body.remove(document.paragraphs[SIGNATURE]._p)
    assert broken(document) == [("signature.missing", SIGNATURE)]


def test_parts_below_the_date_are_checked() -> None:
    document = letter()
    text(document, "(此件公开发布)", first=2)
    text(document, "抄送:市委各部门", points=16)
    text(document, "江南市人民政府办公室　2024年3月5日", points=14)
    assert broken(document) == [
        ("note.form", DATE + 1),
        ("copies.size", DATE + 2),
        ("copies.form", DATE + 2),
        ("copies.form", DATE + 2),
        ("printed.form", DATE + 3),
    ]


def test_a_document_without_a_letterhead_is_parsed() -> None:
    document = letter()
    for _ in range(4):
        document._body._body.remove(document.paragraphs[0]._p)
    assert broken(document) == []


def test_an_ordinary_document_is_checked_as_far_as_possible() -> None:
    document = letter()
    for paragraph in document.paragraphs[1:]:
        document._body._body.remove(paragraph._p)
    document.paragraphs[0].runs[0].text = "买菜清单"
    found = checked(document)
    assert found["kind"] is None
    assert "title.kind" in [one["rule"] for one in found["findings"]]
