from __future__ import annotations

from pathlib import Path

import pytest

from documents.read import read
from documents.readers.text.encoding import decode, decoding
from standin.documents.builders import LIMITS, saved

LAW = Path(__file__).parents[3] / "samples" / "档案法(2020-06-20).md"
KOREAN = "주민등록 신청서를 접수하였습니다. 담당 부서에서 검토한 후 결과를 알려 드리겠습니다."
JAPANESE = "申請書を受け付けました。担当部署で確認のうえ、結果をお知らせします。"
SIMPLIFIED = "滨河小区东门外的路灯不亮，请尽快派人维修。"
TRADITIONAL = "申請書已經收到，請於三個工作天內補交身分證明文件。"


def pieces(length: int) -> list[str]:
    lines = [line for line in LAW.read_text(encoding="utf-8").split("\n") if line.strip()]
    return [line[at : at + length] for line in lines for at in range(0, len(line), 11)]


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        *((KOREAN, name) for name in ("euc_kr", "cp949", "iso2022_kr")),
        *((JAPANESE, name) for name in ("shift_jis", "cp932", "euc_jp", "iso2022_jp")),
        *(
            (words, name)
            for words in (KOREAN, JAPANESE, SIMPLIFIED, "Plain words", TRADITIONAL)
            for name in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
        ),
    ],
)
@pytest.mark.parametrize("length", [8, 100])
def test_a_text_is_read_without_a_declaration(words: str, encoding: str, length: int) -> None:
    found = decoding(words[:length].encode(encoding))
    assert (found.text, found.doubt) == (words[:length], "")


@pytest.mark.parametrize(
    ("label", "encoding", "words"),
    [
        ("ks_c_5601-1987", "cp949", "주민"),
        ("windows-949", "cp949", "똠방"),
        ("x-sjis", "cp932", "①号"),
        ("Shift_JIS", "cp932", "髙橋"),
        ("gb2312", "gb18030", "镕"),
        ("big5", "big5hkscs", "檔案"),
        ("utf-16", "utf-16-be", "防汛抗旱指挥部"),
        ("hz", "hz", "汛"),
        ("iso-2022-jp", "iso2022_jp", "漢"),
        ("koi8-r", "koi8_r", "Письмо"),
        ("windows-1251", "cp1251", "Привет, мир"),
        ("iso-8859-1", "latin-1", "Grüße aus Köln"),
        ("iso-8859-1", "latin-1", "Müller"),
        ("iso-8859-2", "iso8859-2", "Příliš žluťoučký kůň"),
        ("iso-8859-7", "iso8859-7", "Καλημέρα κόσμε"),
    ],
)
def test_a_declared_encoding_is_used_where_the_bytes_are_valid_in_it(
    label: str, encoding: str, words: str
) -> None:
    found = decoding(words.encode(encoding), label)
    assert (found.text, found.doubt) == (words, "")


@pytest.mark.parametrize("label", ["gb2312", "gb18030", "iso-8859-1", "big5", "shift_jis"])
def test_utf_8_is_read_whatever_is_declared(label: str) -> None:
    assert [one for one in pieces(2) if decoding(one.encode(), label).text != one] == []


def test_two_characters_in_gbk_that_are_valid_utf_8_are_read_as_declared() -> None:
    words = "没么"
    assert words.encode("gb18030").decode("utf-8") != words
    assert decoding(words.encode("gb18030"), "gb2312").text == words
    assert decoding("né à".encode(), "gb2312").text == "né à"


@pytest.mark.parametrize("label", ["iso-8859-1", "us-ascii", "windows-1252", "unknown-8bit"])
def test_chinese_text_declared_as_western_is_read(label: str) -> None:
    assert [one for one in pieces(10) if decoding(one.encode("gb18030"), label).text != one] == []
    assert decoding(TRADITIONAL.encode("big5"), label).text == TRADITIONAL


@pytest.mark.parametrize(
    ("words", "encoding", "label"),
    [
        (TRADITIONAL, "big5", "gb2312"),
        (SIMPLIFIED, "gb18030", "big5"),
        (JAPANESE, "cp932", "gb2312"),
        (KOREAN, "cp949", "gb2312"),
        (SIMPLIFIED, "gb18030", "euc-kr"),
        (SIMPLIFIED, "gb18030", "utf-8"),
        (SIMPLIFIED, "gb18030", "no-such"),
    ],
)
def test_an_encoding_that_is_declared_by_mistake_gives_way_to_the_likelier(
    words: str, encoding: str, label: str
) -> None:
    assert decoding(words.encode(encoding), label).text == words


@pytest.mark.parametrize(
    "label", ["punycode", "unicode_escape", "idna", "rot13", "zip", "\x00", ""]
)
def test_codecs_that_are_no_character_sets_are_not_used(label: str) -> None:
    assert decoding(b"a\\u4e00-b", label).text == "a\\u4e00-b"
    assert decoding(SIMPLIFIED.encode(), label).text == SIMPLIFIED


def test_chinese_in_gb18030_is_never_taken_for_korean_or_japanese() -> None:
    for length in (4, 6, 20):
        wrong = [one for one in pieces(length) if decode(one.encode("gb18030")) != one]
        assert wrong == []


def test_what_is_doubtful_about_an_encoding_is_named(tmp_path: Path) -> None:
    johab = read(saved(tmp_path, KOREAN.encode("johab")), LIMITS)
    damaged = read(saved(tmp_path, (SIMPLIFIED * 20).encode("gb18030") + b"\xff."), LIMITS)
    certain = read(saved(tmp_path, KOREAN.encode("cp949")), LIMITS)
    assert [one.what for one in johab.unread] == ["encoding"]
    assert "gb18030" in johab.unread[0].reason
    assert damaged.unread[0].reason == "Damaged characters, shown as U+FFFD: 1."
    assert certain.unread == ()


@pytest.mark.parametrize(
    ("label", "codec", "words"),
    [
        ("windows-874", "cp874", "ประกาศ"),
        ("TIS-620", "cp874", "“ประกาศ”"),
        ("dos-866", "cp866", "Уведомление о собрании"),
        ("iso-8859-8-i", "iso8859-8", "הודעה לתושבים"),
    ],
)
def test_code_pages_are_read_by_the_names_that_programs_write(
    label: str, codec: str, words: str
) -> None:
    found = decoding(words.encode(codec), label)
    assert (found.text, found.doubt) == (words, "")


def test_iso_2022_cn_is_decoded() -> None:
    name = "张三".encode("gb2312")
    shifted = bytes(byte & 0x7F for byte in name)
    text = decoding(b"\x1b$)A\x0e" + shifted + b"\x0f 138\n\x0e" + shifted + b"\n138").text
    assert text == "张三 138\n张三\n138"


def test_characters_of_iso_2022_cn_in_another_set_are_replaced() -> None:
    found = decoding(b"\x1b$)A\x1b$)G\x0eDd\x0f 138 \x1b$*H\x1bNab")
    assert found.text == "\ufffd 138 \ufffd"
    assert "2" in found.doubt
