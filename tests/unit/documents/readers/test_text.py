from __future__ import annotations

import random
from pathlib import Path

import pytest

from documents.errors import DocumentTooLong, UnsupportedDocument
from documents.limits import ReadLimits
from documents.page.lines import paragraphs
from documents.read import read
from documents.readers.text.encoding import NotText, decode
from standin.documents.builders import LIMITS, saved

LAW = Path(__file__).parents[3] / "samples" / "档案法(2020-06-20).md"
SIMPLIFIED = "滨河小区东门外的路灯不亮，请尽快派人维修。"
TRADITIONAL = "申請書已經收到，請於三個工作天內補交身分證明文件。"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "gbk", "gb2312"]
)
def test_simplified_chinese_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    assert read(saved(tmp_path, SIMPLIFIED.encode(encoding)), LIMITS).text == SIMPLIFIED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "big5", "big5hkscs", "cp950", "gb18030"])
def test_traditional_chinese_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    assert read(saved(tmp_path, TRADITIONAL.encode(encoding)), LIMITS).text == TRADITIONAL


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_is_read_in_both_byte_orders(tmp_path: Path, mark: bytes) -> None:
    order = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    data = mark + SIMPLIFIED.encode(order)
    assert read(saved(tmp_path, data), LIMITS).text == SIMPLIFIED


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "words", [SIMPLIFIED, TRADITIONAL, "Plain words\nof 2 lines", "机密★1年\n"]
)
def test_utf_16_is_read_without_its_mark(tmp_path: Path, order: str, words: str) -> None:
    assert decode(words.encode(order)) == words
    assert decode(words.encode(order)[:-1], cut=True) == words[:-1]
    assert read(saved(tmp_path, words.encode(order)), LIMITS).text.split() == words.split()


def test_hz_is_read(tmp_path: Path) -> None:
    assert read(saved(tmp_path, SIMPLIFIED.encode("hz")), LIMITS).text == SIMPLIFIED
    assert decode(f"{SIMPLIFIED} 5~6".encode("hz")) == f"{SIMPLIFIED} 5~6"


@pytest.mark.parametrize("words", ["a ~{b} c", "~{ab~}", "~/x ~{1}", "x = ~{flags~} | 1"])
def test_text_with_a_tilde_and_a_brace_is_not_hz(words: str) -> None:
    assert decode(words.encode()) == words


def test_short_pieces_of_official_text_are_not_taken_for_another_encoding() -> None:
    words = [line for line in LAW.read_text(encoding="utf-8").split("\n") if line.strip()]
    pieces = [line[start : start + 6] for line in words for start in range(0, len(line), 11)]
    assert len(pieces) > 500
    assert [piece for piece in pieces if decode(piece.encode("gb18030")) != piece] == []


@pytest.mark.parametrize(
    "words",
    [
        "通知",
        "申請書",
        "會議紀錄",
        "臺北市政府",
        "關於加強防災工作的函",
        "檔案管理辦法",
        "戶籍謄本",
    ],
)
def test_short_traditional_texts_in_big5_are_distinguished_from_gb18030(words: str) -> None:
    assert decode(words.encode("big5")) == words


def test_a_rare_name_is_still_gb18030() -> None:
    assert decode("张喆、李镕".encode("gb18030")) == "张喆、李镕"
    assert decode("喆".encode("gb18030")) == "喆"


def test_western_text_is_not_taken_for_chinese() -> None:
    words = "Le résumé de la réunion a été envoyé à tous les élus ; la séance était publique."
    assert decode(words.encode("cp1252")) == words


def test_a_broken_character_does_not_make_a_text_unreadable() -> None:
    words = SIMPLIFIED * 20
    for encoding in ("utf-8", "gb18030"):
        data = bytearray(words.encode(encoding))
        data[-1:] = b"\xff"
        assert decode(bytes(data)).startswith(words[:-2])


def test_a_text_cut_inside_a_character_is_read_up_to_there() -> None:
    data = SIMPLIFIED.encode("gb18030")[:-1]
    assert decode(data, cut=True) == SIMPLIFIED[:-1]


def test_bytes_with_zeros_are_not_taken_for_text_by_chance() -> None:
    noise = random.Random(3)
    for length in (9, 16, 100, 400) * 50:
        with pytest.raises(NotText):
            decode(noise.randbytes(length) + b"\x00")


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    noise = random.Random(3)
    for _ in range(20):
        path = saved(tmp_path, b"\x01" + noise.randbytes(4_000))
        with pytest.raises(UnsupportedDocument, match="Supported: plain text, Markdown"):
            read(path, LIMITS)


def test_bytes_that_are_not_text_after_a_readable_start_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a readable line\n" * 10_000 + b"\x00\x01\x02" * 100)
    with pytest.raises(UnsupportedDocument):
        read(path, LIMITS)


def test_a_file_far_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a\n" * 1_000)
    with pytest.raises(DocumentTooLong):
        read(path, ReadLimits(max_chars=100, max_pages=1))


def test_each_line_of_a_chinese_official_text_is_a_block() -> None:
    lines = [line for line in LAW.read_text(encoding="utf-8").split("\n") if line.strip()]
    assert paragraphs("\n".join(lines)) == lines


def test_wrapped_english_is_joined() -> None:
    text = (
        "The district office will keep the emergency line open day and night.\n"
        "Reports of flooded roads, fallen trees and broken lamps are to be\n"
        "passed on within thirty minutes of their arrival, and each of them is\n"
        "to be answered before noon.\n"
        "\n"
        "Offices that cannot do so tell the district office why they cannot\n"
        "and when they can.\n"
    )
    assert [len(part.split("\n")) for part in paragraphs(text)] == [1, 1]
    assert " ".join(paragraphs(text)) == " ".join(text.split())


def test_wrapped_chinese_is_joined_without_spaces() -> None:
    words = "为了加强档案管理，规范档案收集、整理工作，有效保护和利用档案，提高档案信息化建设水平"
    text = "\n".join(words[at : at + 22] for at in range(0, len(words), 22))
    assert paragraphs(text) == [words]


def test_short_lines_stay_separate() -> None:
    text = "Riverside District Office\n18 Mill Street\nRiverside\n"
    assert paragraphs(text) == ["Riverside District Office", "18 Mill Street", "Riverside"]


def test_numbered_lines_stay_separate_in_a_wrapped_text() -> None:
    text = (
        "The following are to be brought to the counter on the first floor of\n"
        "1. the articles of association, signed by each of those who founded\n"
        "2. the lease of the premises in the original, with one copy of it\n"
        "3. a receipt\n"
    )
    assert len(paragraphs(text)) == 4


def test_rows_of_separated_values_are_not_joined() -> None:
    rows = ["番号,名称,備考", "001,総務課,東京都千代田区の申請書について", "002,税務課,①から⑩まで"]
    assert paragraphs("\n".join(rows)) == rows
    quoted = ['name,"street, house",number', f'office,"{"x" * 30}, 7",0012', 'unit,"a, b",0013']
    assert paragraphs("\n".join(quoted)) == quoted
