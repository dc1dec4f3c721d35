"""Finds identifiers in all notations, and ignores other numbers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.quality.identifiers import DECOYS, VALID, disguised
from tasks.redact.finder import Finder, Targets
from tasks.redact.kinds import Detection, DetectionMethod, Kind
from tasks.redact.masker import Masker, Style
from tasks.redact.masks import Mask
from tasks.text.plain import plain
from tests.unit.tasks.redact.finding import EVERYTHING, FINDER, found, masked

LAWS = sorted((Path(__file__).parents[3] / "samples").glob("*法*.md"))


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("disguise", [False, True])
def test_every_valid_identifier_is_found_whole(name: str, *, disguise: bool) -> None:
    rng, (kind, make) = random.Random(7), VALID[name]
    for _ in range(100):
        number = make(rng)
        number = disguised(number, rng) if disguise else number
        text = f"经查，当事人的号码如下，{number}，以上属实。"
        assert (kind, number) in found(text)


@pytest.mark.parametrize(
    "number",
    ["378282246310005", "3782 822463 10005", "30569309025904", "4222987654312", "676770000088"],
)
def test_a_card_of_fewer_than_16_digits_is_found(number: str) -> None:
    assert found(f"卡 {number} 已挂失") == [(Kind.bank_card, number)]


@pytest.mark.parametrize("number", ["378282246310006", "1700000000006", "9787111100007"])
def test_a_wrong_check_digit_a_time_and_a_book_are_no_cards(number: str) -> None:
    assert found(f"编号 {number} 已登记") == []


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("before", ["c-", "c_", "-", "#", "号-"])
@pytest.mark.parametrize("after", ["", "-c", "_c", "/"])
def test_an_identifier_is_found_within_a_name_of_several_words(
    name: str, before: str, after: str
) -> None:
    kind, make = VALID[name]
    rng = random.Random(f"{name}{before}{after}")
    for _ in range(5):
        words = make(rng)
        finder = Finder(Targets(frozenset((kind,))))
        (one,) = finder.find(f"{before}{words}{after}")
        assert one.start <= len(before)
        assert one.end >= len(before) + len(words)


@pytest.mark.parametrize("name", [name for name in DECOYS if "slip" not in name])
def test_other_numbers_are_ignored(name: str) -> None:
    rng = random.Random(7)
    for _ in range(100):
        assert found(f"根据第十二条，{DECOYS[name](rng)}，自公布之日起施行。") == []


@pytest.mark.parametrize(
    "kind", ["credit codes with a wrong check digit", "bank cards with a wrong check digit"]
)
def test_a_number_with_a_wrong_check_digit_is_ignored(kind: str) -> None:
    rng = random.Random(7)
    assert [found(f"，{DECOYS[kind](rng)}，") for _ in range(100)] == [[]] * 100


def test_a_number_in_scientific_notation_is_no_credit_code() -> None:
    # The value of a cell as Excel stores it; its digits have a correct check character.
    assert found("1.4732965009208104E-2") == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("身份证号码：110105194912310021", Kind.identity_number),
        ("统一社会信用代码：911100006000373410", Kind.credit_code),
        ("银行卡号：6222021234567890", Kind.bank_card),
    ],
)
def test_a_number_with_a_wrong_check_digit_is_masked_after_a_label(text: str, kind: Kind) -> None:
    (one,) = FINDER.find(text)
    assert (one.kind, one.valid) == (kind, False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("来电登记：13812345678", "13812345678"),
        ("请在门卫登记13812345678", "13812345678"),
        ("投诉受理：13812345678", "13812345678"),
        ("办理项目：13812345678", "13812345678"),
        ("备案13812345678", "13812345678"),
        ("电话：13812345678元旦放假", "13812345678"),
        ("咨询电话0571-88886666元旦期间", "0571-88886666"),
        ("0571-88886666元月期间", "0571-88886666"),
        ("订单电话：13812345678", "13812345678"),
    ],
)
def test_adjacent_words_do_not_hide_a_telephone_number(text: str, number: str) -> None:
    assert [words for _, words in found(text)] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "第13812345678号",
        "登记号：13812345678",
        "受理编号13812345678",
        "备案证号：13812345678",
        "物流单号13812345678",
        "电话订单13812345678",
        "共13812345678元整",
    ],
)
def test_a_number_with_another_label_is_not_a_telephone_number(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("号牌为粤b12345。", Kind.plate, "粤b12345"),
        ("号牌为粤b·d12345。", Kind.plate, "粤b·d12345"),
        ("车牌号：云a8k123", Kind.plate, "云a8k123"),
        ("见苏C · W 8421。", Kind.plate, "苏C · W 8421"),
        ("护照号：e12345678", Kind.passport, "e12345678"),
        ("护照 G 12345678", Kind.passport, "G 12345678"),
        ("微信号wx13812345678", Kind.mobile, "13812345678"),
        ("加vx13812345678", Kind.mobile, "13812345678"),
        ("手机M13812345678", Kind.mobile, "13812345678"),
        ("拨打138.1234.5678。", Kind.mobile, "138.1234.5678"),
        ("电话 | 138 | 1234 | 5678 |", Kind.mobile, "138 | 1234 | 5678"),
        ("手机│138│1234│5678│", Kind.mobile, "138│1234│5678"),
        ("联系电话\t138\t1234\t5678\n", Kind.mobile, "138\t1234\t5678"),
        ("拨打138 123 412 34。", Kind.mobile, "138 123 412 34"),
        ("电话：138,1234,1234。", Kind.mobile, "138,1234,1234"),
        ("手机号码13,812,341,234", Kind.mobile, "13,812,341,234"),
        ("拨打(138)1234-1234。", Kind.mobile, "(138)1234-1234"),
        ("拨打1795113812345678。", Kind.mobile, "13812345678"),
        ("拨打12593 13812345678。", Kind.mobile, "13812345678"),
        ("拨打+861795113812345678。", Kind.mobile, "13812345678"),
        ("拨打+86-17951-13812345678。", Kind.mobile, "13812345678"),
        ("<a href='tel:+86-13-81-23-45-678'>", Kind.mobile, "13-81-23-45-678"),
        ("用户a13812345678", Kind.mobile, "13812345678"),
        ("付6222.0210.0111.6245.702。", Kind.bank_card, "6222.0210.0111.6245.702"),
        ("付6222·0212·3456·7894。", Kind.bank_card, "6222·0212·3456·7894"),
        ("卡号：6222.0212.3456.7890", Kind.bank_card, "6222.0212.3456.7890"),
        ("拨打0755 - 88886666", Kind.landline, "0755 - 88886666"),
        ("Phone02088886666", Kind.landline, "02088886666"),
        ("拨打86-10-66554433", Kind.landline, "86-10-66554433"),
        ("拨打+86 755 88886666", Kind.landline, "+86 755 88886666"),
        ("姓名 张三 性别 男", Kind.name, "张三"),
        ("联系人姓名 张三，", Kind.name, "张三"),
        ("姓名：张三 男 汉族", Kind.name, "张三"),
        ("被告人：赵六，男", Kind.name, "赵六"),
        ("联系人：买买提·艾力", Kind.name, "买买提·艾力"),
        ("签收人：王小明", Kind.name, "王小明"),
        ("户名：李四", Kind.name, "李四"),
        ("家住幸福路5号12室。", Kind.address, "幸福路5号12室"),
        ("家住幸福路5号12%", Kind.address, "幸福路5号"),
        ("家住幸福路5号12.", Kind.address, "幸福路5号"),
    ],
)
def test_other_notations_are_found(text: str, kind: Kind, words: str) -> None:
    assert found(text) == [(kind, words)]


@pytest.mark.parametrize(
    "text",
    [
        "部署在阿里云db2024上",
        "新gb2312编码",
        "序列M13812345678",
        "收入13,812,341,234元",
        "列为138,1234,1234",
        "文件(138)20261201",
        "编号91795113812345678",
        "单据A13812345678",
        "订单号a13812345678",
        "文件a13812345678b",
        "见x-a13812345678-b",
        "HT=maildocker-contentspam033037102203;",
        "版本138.12.5678",
        "Mozilla/5.0 (X11; Linux) HeadlessChrome/156.0.0.0 Safari/537.36",
        "IP段138.1234.5678.9",
        "数量 | 138 | 1234 | 5678 |",
        "电话 | 138 | 1234 | 56789 |",
        "编码6222.0212.3456.7890",
        "编码6222.0212.3456.7894.1.2",
        "编码6222.0212-3456.7894",
        "姓名 单位 职务",
        "姓名\t时间\t地点",
        "姓名 车牌号 金额",
        "填写姓名 时间",
        "姓名 和 电话",
        "共86-10=76件",
        "护照 2024年",
    ],
)
def test_similar_text_is_ignored(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.stem)
def test_a_law_contains_no_identifiers(path: Path) -> None:
    assert found(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("身份证110105194912310021", "身份证11*************021"),
        ("证件 11010519491231002x。", "证件 11*************02x。"),
        ("手机13812341234", "手机138****1234"),
        ("手机+86 138-1234-1234。", "手机+86 138****1234。"),
        ("电话010-88886666转12", "电话010-******66"),
        ("电话010-88886666 转12", "电话010-******66"),
        ("电话（0571）8888 6666。", "电话(0571)******66。"),
        ("电话0755 - 88886666。", "电话0755 - ******66。"),
        ("电话86-10-66554433。", "电话86-10-******33。"),
        ("电话+86 755 88886666。", "电话+86 755 ******66。"),
        ("电话86101234。", "电话******34。"),
        ("手机138.1234.5678。", "手机138****5678。"),
        ("护照 G 12345678", "护照 G******78"),
        ("车牌粤b·12345", "车牌粤b****5"),
        ("邮箱zhang.san@tax.gov.cn", "邮箱z***@tax.gov.cn"),
        ("邮箱z3@tax.gov.cn", "邮箱***@tax.gov.cn"),
        ("地址192.168.1.20，", "地址192.168.*.*，"),
        ("http://Server/192.168.1.20", "http://Server/192.168.*.*"),
        ("护照E12345678", "护照E******78"),
        ("车牌浙A·12345", "车牌浙A****5"),
        ("代码91110000600037341L", "代码91*************41L"),
        ("卡6222 0212 3456 7894", "卡************7894"),
        (
            "家住浙江省杭州市西湖区文新街道文一西路588号5幢2单元301室，",
            "家住浙江省杭州市西湖区文新街道***，",
        ),
        (
            "住址：湖北省武汉市江夏区五里界街道李家村三组12号。",
            "住址：湖北省武汉市江夏区五里界街道***。",
        ),
        ("姓名：欧阳小明 性别：男", "姓名：欧阳** 性别：男"),
        ("申请人：李四，李四要求退费", "申请人：李*，李*要求退费"),
    ],
)
def test_masks_are_those_of_official_notices(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_other_masks_hide_everything() -> None:
    assert masked("电话138 1234 1234。", Mask.stars) == "电话***********。"
    assert masked("电话13812341234。", Mask.blocks) == f"电话{'█' * 11}。"


def test_a_term_is_found_over_a_line_end_and_in_any_width_or_case() -> None:
    text = masked("阳光工\n程由ＡＣＭＥ公司承建。", terms=("阳光工程", "acme"))
    assert text == "****由****公司承建。"


def test_a_landline_that_is_known_is_masked_over_two_cells_too() -> None:
    known = Targets(EVERYTHING, words={Kind.landline: ["0571 88886666"]})
    assert Masker(known, Style()).mask("电话0571\t88886666") == "电话0571 ******66"


def test_what_stays_of_an_identifier_holds_no_term() -> None:
    assert "tax" not in masked("邮箱zhang@tax.gov.cn", terms=("tax",))


def test_two_that_overlap_become_one() -> None:
    text = "联系13812341234@qq.com"
    assert found(text) == [(Kind.email, "13812341234@qq.com")]


def test_a_number_over_the_end_of_a_paragraph_is_found() -> None:
    assert found("110105\n\n19491231002X") == [(Kind.identity_number, "110105\n\n19491231002X")]


@pytest.mark.parametrize(
    "written",
    [
        "110105_19491231_002X", "110105/19491231/002X", "110105（19491231）002X",
        "110105,19491231,002X", '"110105","19491231","002X"', "110105.1949.12.31.002.X",
    ],
)  # fmt: skip
def test_an_identity_number_with_marks_between_its_parts_is_found(written: str) -> None:
    assert [kind for kind, _ in found(f"甲：{written}。")] == [Kind.identity_number]


@pytest.mark.parametrize("between", [",", "，", "|", " | ", "│", '","', "][", ", ", '", "'])
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("11010519491231002X", Kind.identity_number),
        ("13812341234", Kind.mobile),
        ("6222021234567894", Kind.bank_card),
    ],
)
def test_a_number_with_one_character_a_box_is_found(number: str, kind: Kind, between: str) -> None:
    assert [one for one, _ in found(f"[{between.join(number)}]")] == [kind]


@pytest.mark.parametrize(
    "written", ["138_1234_1234", "138/1234/1234", "138~1234~1234", "1381 234 1234", "013812341234"]
)
def test_other_ways_to_write_a_mobile_are_found(written: str) -> None:
    assert found(f"甲{written}乙") == [(Kind.mobile, written)]
    assert masked(f"甲{written}乙") in {"甲138****1234乙", "甲0138****1234乙"}


def test_a_model_words_are_found_everywhere_in_their_kind() -> None:
    finder = Finder(Targets(EVERYTHING, words={Kind.name: ["王小明"]}))
    text = "王小明与王 小明、王\n小明"
    assert [one.how for one in finder.find(text)] == [DetectionMethod.model] * 3


@given(st.text(st.sampled_from("0123456789xX１２－- \n\t.@甲号路街省姓名：张a:"), max_size=80))
def test_findings_are_in_order_within_the_text_and_apart(text: str) -> None:
    assert len(plain(text)) == len(text)
    end = 0
    for one in FINDER.find(text):
        assert isinstance(one, Detection)
        assert end <= one.start < one.end <= len(text)
        end = one.end


@given(st.text(max_size=60))
def test_plain_text_keeps_every_character_in_its_place(text: str) -> None:
    assert len(plain(text)) == len(text)
